"""The skeleton of a service: its parts, put together once, run by role until told to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from fastapi import APIRouter

from shared.api import build_api
from shared.bus import store
from shared.bus.consumer import Consumer
from shared.bus.kafka import client_options
from shared.bus.loops import Schedule, Worker, as_worker, keep_at_it
from shared.bus.publisher import Publisher
from shared.bus.reactions import Reactions
from shared.bus.relay import CHANNEL, Relay
from shared.bus.wake import Wakes
from shared.bus.work import Units, Work
from shared.clock import Clock, RealClock
from shared.database import Pool, connect, open_pool
from shared.health import Health, Watchdog
from shared.internal import build_internal
from shared.logs import configure_logs
from shared.settings import Role, ServiceSettings

log = structlog.get_logger()

_GRACE_SECONDS = 15.0
_INBOX_MEMORY = timedelta(days=7)
_HOUSEKEEPING_EVERY = timedelta(hours=1)


def _no_workers(_units: Units) -> list[Worker]:
    return []


@dataclass(frozen=True)
class Service:
    """What a service is made of.

    Attributes:
        workers: Makes the workers, given the units of work.
        migrations: The folder with the service's own migrations.
    """

    name: str
    settings: ServiceSettings
    reactions: Reactions
    routers: Sequence[APIRouter]
    migrations: Path
    schedules: Sequence[Schedule] = ()
    workers: Callable[[Units], list[Worker]] = _no_workers
    clock: Clock = field(default_factory=RealClock)

    async def run(self) -> None:
        """Run the roles that the settings name until SIGTERM or SIGINT."""
        configure_logs(self.name, self.settings.log_level)
        stopping = _stop_at_signals()
        health = Health()
        watchdog = Watchdog(health)
        watchdog.start()
        health.problem("start", "the database does not answer yet")
        internal = _http_server(build_internal(health), self._address(internal=True))
        async with _running(internal, stopping), asyncio.TaskGroup() as helpers:
            ticking = helpers.create_task(_tick(watchdog))
            pool = await _unless_stopped(open_pool(self.settings), stopping)
            if pool is not None:
                await self._run_roles(pool, health, stopping)
                await pool.close()
            ticking.cancel()
        watchdog.stop()
        log.info("service.stopped")

    async def _run_roles(self, pool: Pool, health: Health, stopping: asyncio.Event) -> None:
        settings = self.settings
        units = Units(pool, settings.source, self.clock, settings.topic_prefix)
        wakes = Wakes(lambda: connect(settings))
        parts = list(self._parts(pool, units, health, wakes, stopping))
        parts.append(wakes.run(stopping))
        health.well("start")
        log.info("service.started", roles=sorted(settings.roles))
        await _until_stopped(parts, stopping)

    def _parts(
        self, pool: Pool, units: Units, health: Health, wakes: Wakes, stopping: asyncio.Event
    ) -> Iterator[Coroutine[Any, Any, None]]:
        settings = self.settings
        if Role.API in settings.roles:
            app = build_api(settings, units, list(self.routers))
            yield _serve(_http_server(app, self._address(internal=False)), stopping)
        if Role.RELAY in settings.roles:
            publisher = Publisher(client_options(settings))
            relay = Relay(pool, publisher, health, settings.relay_batch_size)
            yield relay.run(wakes.event(CHANNEL), stopping)
        if Role.CONSUME in settings.roles and self.reactions.event_classes:
            yield Consumer(settings, pool, units, self.reactions, health).run(stopping)
        for worker in self._loops(units):
            yield keep_at_it(worker, wakes.event(worker.wakes_on), stopping, health)

    def _loops(self, units: Units) -> list[Worker]:
        loops: list[Worker] = []
        if Role.SCHEDULE in self.settings.roles:
            loops += [as_worker(schedule, units) for schedule in self.schedules]
            loops.append(as_worker(_HOUSEKEEPING, units))
        if Role.WORK in self.settings.roles:
            loops += self.workers(units)
        return loops

    def _address(self, *, internal: bool) -> tuple[str, int]:
        settings = self.settings
        if internal:
            return settings.internal_host, settings.internal_port
        return settings.api_host, settings.api_port


async def _keep_inbox(work: Work) -> int:
    await store.keep_inbox(work.connection, datetime.now(UTC), _INBOX_MEMORY)
    return 0


_HOUSEKEEPING = Schedule("keep-inbox", _keep_inbox, "bus_housekeeping", _HOUSEKEEPING_EVERY)


def _stop_at_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


async def _until_stopped(
    parts: Sequence[Coroutine[Any, Any, None]], stopping: asyncio.Event
) -> None:
    """Run the parts; when told to stop, let them finish what they do, but not for ever."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
        await stopping.wait()
        _, late = await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
        for task in late:
            task.cancel()


async def _unless_stopped(
    coroutine: Coroutine[Any, Any, Pool], stopping: asyncio.Event
) -> "Pool | None":
    task = asyncio.ensure_future(coroutine)
    stop = asyncio.ensure_future(stopping.wait())
    await asyncio.wait([task, stop], return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not task.done():
        task.cancel()
        return None
    return task.result()


async def _tick(watchdog: Watchdog) -> None:
    while True:
        watchdog.tick()
        await asyncio.sleep(0.5)


class _Server(uvicorn.Server):
    """Leaves the signals to the service, which stops all its parts together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _http_server(app: Any, address: tuple[str, int]) -> _Server:
    host, port = address
    config = uvicorn.Config(
        app, host, port, access_log=False, log_config=None, server_header=False, lifespan="off"
    )
    return _Server(config)


async def _serve(server: _Server, stopping: asyncio.Event) -> None:
    async with _running(server, stopping):
        await stopping.wait()


@contextlib.asynccontextmanager
async def _running(server: _Server, stopping: asyncio.Event) -> Any:
    """Serve for the length of the block. A port that can't be had ends the process."""
    task = asyncio.ensure_future(server.serve())
    task.add_done_callback(lambda _: stopping.set())
    try:
        yield
    finally:
        server.should_exit = True
        await task
