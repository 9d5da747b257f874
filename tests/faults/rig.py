"""The whole installation as the nemesis finds it: real servers and services, under the supervisor.

What differs from `tandem up`: services run through `tests.faults.run_service`, reach their own
databases each through a proxy, and reach Kafka through one; the clock steps when told.
"""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import asyncpg
import httpx

from deploy.cli.installation import Installation, accepted_settings
from deploy.cli.running import provision_everything
from deploy.embedded.kafka_admin import ensure_users
from deploy.embedded.postgres import ensure_databases
from deploy.embedded.programs import HOST, Program, RunningProgram, free_port
from deploy.embedded.servers import EmbeddedServers
from deploy.services import SERVICES
from deploy.simulation import Simulation
from deploy.up.environment import Ports, service_environments
from deploy.up.sequence import Surroundings
from deploy.up.supervision import Supervisor
from shared.bus.moments import Moment
from shared.clock import SteppingClock
from tests.faults import witness
from tests.faults.proxy import Proxy
from tests.faults.run_service import ORDERS
from tests.support.until import until
from tests.system.running import _free_ports

ROOT = Path(__file__).parents[2]
QUICK_RETURN = "broker.session.timeout.ms=2000\nbroker.heartbeat.interval.ms=500\n"
"""A killed broker is not let in again before its old session is over, nine seconds otherwise."""


class HiddenKafka(EmbeddedServers):
    """Servers whose Kafka says that it is where the proxy is, and listens elsewhere."""

    hidden_port: int

    def prepare(self) -> None:
        """Prepare all, then move the broker's own listener behind the proxy."""
        super().prepare()
        self.hidden_port = free_port()
        path = self.kafka.folder / "server.properties"
        told, hidden = (f"listeners=CLIENT://{HOST}:{p},CONTROLLER"
                        for p in (self.kafka.port, self.hidden_port))  # fmt: skip
        text = path.read_text()
        assert told in text
        path.write_text(text.replace(told, hidden) + QUICK_RETURN)


@dataclass
class Rig:
    """A running installation with its ways of being hurt."""

    folder: Path
    ports: Ports
    servers: HiddenKafka
    clock: SteppingClock
    supervisor: Supervisor
    environments: dict[str, dict[str, str]]
    kafka_way: Proxy
    database_ways: dict[str, Proxy]
    seconds: dict[str, RunningProgram] = field(default_factory=dict)

    @property
    def installation(self) -> Installation:
        """The same as the command line sees it."""
        return Installation(self.folder, self.ports)

    def kill(self, name: str) -> bool:
        """SIGKILL a service or a server; says whether it was there to be killed."""
        return self.signal(name, signal.SIGKILL)

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal to a program of the supervisor's."""
        pid = self.supervisor.states()[name].pid
        if not pid:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            return True
        return False

    def arm(self, service: str, moment: Moment, nth: int) -> None:
        """Have a service kill itself at the n-th time that it reaches a moment."""
        path = self._orders(service)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps([moment, nth]))
        unfinished.replace(path)

    def is_armed(self, service: str) -> bool:
        """Whether the order still waits."""
        return self._orders(service).exists()

    def disarm(self, service: str) -> None:
        """Take the order back."""
        self._orders(service).unlink(missing_ok=True)

    def start_second(self, service: str) -> None:
        """Start a second process of a service: its group is rebalanced, and two relays share."""
        environment = self.environments[service] | {
            "TANDEM_ROLES": "consume,relay",
            "TANDEM_API_PORT": "0",
            "TANDEM_INTERNAL_PORT": "0",
        }
        program = replace(_program(service, environment), name=f"{service}-second")
        self.seconds[service] = RunningProgram(
            program, run_folder=self.folder / "run", log_folder=self.folder / "logs"
        )

    def kill_second(self, service: str) -> None:
        """Kill it: its partitions come back when its session is over."""
        self.seconds[service].process.kill()
        self._forget_second(service)

    def stop_second(self, service: str) -> None:
        """Stop it in good order: it leaves the group."""
        self.seconds[service].ask_to_stop()
        self._forget_second(service)

    async def all_ready(self, within_seconds: float = 300) -> None:
        """Wait until servers and services can be used."""
        await asyncio.to_thread(self.servers.wait_until_ready, seconds=within_seconds)
        async with httpx.AsyncClient(timeout=5) as client:
            for service in SERVICES:
                ready = partial(_is_ok, client, f"{self.installation.internal_url(service)}/readyz")
                await until(ready, f"{service} is ready", within_seconds)

    async def settle(self) -> None:
        """Wait until nothing is on its way any more."""
        urls = {service: self.installation.internal_url(service) for service in SERVICES}
        await asyncio.to_thread(Simulation(self.clock, urls).settle)

    async def rows(self, service: str, query: str) -> list[asyncpg.Record]:
        """Look into a service's database, past the proxies."""
        servers = self.servers
        password = servers.secrets.password("postgres-superuser")
        dsn = servers.postgres_dsn("postgres", password, f"tandem_{service}")
        connection = await asyncpg.connect(dsn)
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    def _orders(self, service: str) -> Path:
        return self.folder / "orders" / service

    def _forget_second(self, service: str) -> None:
        self.seconds.pop(service).wait()


@asynccontextmanager
async def running_rig(folder: Path, begin: datetime, seed: int) -> AsyncIterator[Rig]:
    """An installation without people, until the block ends."""
    ports = _free_ports()
    chance = random.Random(seed)
    (folder / "orders").mkdir(parents=True)
    clock = SteppingClock.start(folder / "clock", begin)
    servers = HiddenKafka(
        folder, postgres_port=ports.postgres, kafka_port=ports.kafka,
        kafka_controller_port=ports.kafka_controller, smtp_port=ports.smtp,
    )  # fmt: skip
    await asyncio.to_thread(servers.prepare)
    caller = {
        "TANDEM_SIMULATED_CLOCK": str(folder / "clock"), "TANDEM_SEND_TIMEOUT_SECONDS": "2",
        "TANDEM_LEASE_SECONDS": "4", "TANDEM_LOG_LEVEL": "info",
    }  # fmt: skip
    plain = service_environments(
        accepted_settings(), ports=ports, secrets=servers.secrets, caller=caller
    )
    async with AsyncExitStack() as stack:
        way = Proxy(servers.hidden_port, chance)
        await stack.enter_async_context(way.running(ports.kafka))
        database_ways = {}
        for service in SERVICES:
            proxy = Proxy(ports.postgres, chance)
            database_ways[service] = await stack.enter_async_context(proxy.running())
        environments = {
            service: _through_proxy(values, database_ways[service], ports, folder, service)
            for service, values in plain.items()
        }
        supervisor = Supervisor(run_folder=folder / "run", log_folder=folder / "logs")
        rig = Rig(folder, ports, servers, clock, supervisor, environments, way, database_ways)
        programs = [_program(name, values) for name, values in environments.items()]
        supervisor.start(servers.programs(), programs)
        try:
            await _prepare(rig, plain)
            supervisor.start_services()
            await rig.all_ready()
            yield rig
        finally:
            for service in list(rig.seconds):
                rig.kill_second(service)
            await asyncio.to_thread(supervisor.stop)


async def _prepare(rig: Rig, plain: dict[str, dict[str, str]]) -> None:
    servers = rig.servers
    await asyncio.to_thread(servers.wait_until_ready)
    secrets = servers.secrets
    passwords = {name: secrets.database_password_file(name).read_text() for name in SERVICES}
    users = {f"tandem-{name}": secrets.kafka_password_file(name).read_text() for name in SERVICES}
    await ensure_databases(servers.postgres_dsn_admin, passwords)
    await asyncio.to_thread(ensure_users, servers.kafka_admin_configuration, users)
    around = Surroundings(rig.folder, rig.ports, servers, plain)
    await asyncio.to_thread(provision_everything, around)
    for name in SERVICES:
        database = f"tandem_{name}"
        await witness.prepare(servers.postgres_dsn(database, passwords[name], database))


def _through_proxy(
    environment: dict[str, str], proxy: Proxy, ports: Ports, folder: Path, service: str
) -> dict[str, str]:
    direct = environment["TANDEM_DATABASE_URL"]
    return environment | {
        "TANDEM_DATABASE_URL": direct.replace(f":{ports.postgres}/", f":{proxy.port}/"),
        ORDERS: str(folder / "orders" / service),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'shared/contracts'}",
    }


def _program(service: str, environment: dict[str, str]) -> Program:
    command = [sys.executable, "-m", "tests.faults.run_service", service]
    return Program(service, command, environment)


async def _is_ok(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).is_success
    except httpx.TransportError:
        return False
