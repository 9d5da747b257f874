"""`tandem up` from the first check to the last process gone."""

import contextlib
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from deploy.embedded.errors import CannotStart
from deploy.embedded.files import write_private
from deploy.embedded.kafka import java
from deploy.embedded.kafka_jars import installed_jars
from deploy.embedded.postgres import binary
from deploy.embedded.programs import HOST, Program, becomes_free, wait_until
from deploy.embedded.servers import EmbeddedServers
from deploy.up.access import let_services_in
from deploy.up.environment import Ports, service_environments
from deploy.up.lock import only_one
from deploy.up.progress import Progress
from deploy.up.supervision import Supervisor
from deploy.up.watch import Watch

SECONDS_FOR_A_SERVICE = 60
SECONDS_FOR_AN_END = 15
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NAMES_FOR_PEOPLE = {"postgres": "PostgreSQL", "kafka": "Kafka", "mailbox": "The mailbox"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the hooks of `up` work with."""

    folder: Path
    ports: Ports
    servers: EmbeddedServers
    environments: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about Tandem's services that `up` does not know by itself.

    Attributes:
        accepted: The names of settings that each service knows, in the order of their ports.
        serve: Returns the command that runs a service.
        provision: Migrates databases and makes topics; runs at every start, before the services.
        first_start: Fills a new installation, and says what happens.
        where_to_look: Returns lines that say what is where.
    """

    accepted: Mapping[str, frozenset[str]]
    serve: Callable[[str], list[str]]
    provision: Callable[[Surroundings], None]
    first_start: Callable[[Surroundings, Progress], None]
    where_to_look: Callable[[Surroundings], Sequence[str]]


def tandem_serve(service: str) -> list[str]:
    """Return the command of a service of this virtual environment."""
    return [str(Path(sys.executable).with_name("tandem")), "serve", service]


def up(folder: Path, plan: Plan, *, console: Console | None = None) -> None:
    """Run Tandem on `folder` until SIGINT or SIGTERM; raise `CannotStart` when that cannot be."""
    folder = folder.resolve()
    progress = Progress(console or Console())
    with _signals_that_end_us(), only_one(folder):
        surroundings = _surroundings(folder, plan)
        supervisor = Supervisor(run_folder=folder / "run", log_folder=folder / "logs")
        try:
            _check(surroundings, supervisor)
            _run(surroundings, plan, supervisor, progress)
        except KeyboardInterrupt:
            pass
        finally:
            _stop(supervisor, progress)


def _surroundings(folder: Path, plan: Plan) -> Surroundings:
    ports = Ports.chosen(os.environ)
    ports.remember(folder)
    servers = EmbeddedServers(
        folder,
        postgres_port=ports.postgres,
        kafka_port=ports.kafka,
        kafka_controller_port=ports.kafka_controller,
        smtp_port=ports.smtp,
    )
    environments = service_environments(
        plan.accepted, ports=ports, secrets=servers.secrets, caller=os.environ
    )
    return Surroundings(folder, ports, servers, environments)


def _check(surroundings: Surroundings, supervisor: Supervisor) -> None:
    """Say what stands in the way, before anything is started."""
    installed_jars()
    for program in (Path(java()), binary("postgres")):
        if not program.exists():
            raise CannotStart(f"{program} is missing: remove .venv and run `make run`.")
    patience = SECONDS_FOR_AN_END if supervisor.end_earlier() else 0
    for port, purpose in surroundings.ports.all_of(tuple(surroundings.environments)).items():
        if not becomes_free(port, seconds=patience):
            raise CannotStart(
                f"Port {port}, for {purpose}, is in use: stop what listens there, or move all of "
                "Tandem's ports, for example with `TANDEM_PORT_SHIFT=1000 make run`."
            )


def _run(
    surroundings: Surroundings, plan: Plan, supervisor: Supervisor, progress: Progress
) -> None:
    with progress.step("Preparing the data folder", f"Data folder: {surroundings.folder}"):
        surroundings.servers.prepare()
    watch = Watch()
    _start_servers(surroundings, plan, supervisor, progress, watch)
    with progress.step("Preparing databases and topics", "Databases and topics are ready"):
        let_services_in(
            list(surroundings.environments),
            surroundings.servers.secrets,
            postgres_admin=surroundings.servers.postgres_dsn_admin,
            kafka_admin=surroundings.servers.kafka_admin_configuration,
        )
        plan.provision(surroundings)
    _start_services(surroundings, supervisor, progress, watch)
    _fill_on_first_start(surroundings, plan, progress)
    progress.say(plan.where_to_look(surroundings))
    _keep_watch(supervisor, progress, watch)


def _start_servers(
    surroundings: Surroundings,
    plan: Plan,
    supervisor: Supervisor,
    progress: Progress,
    watch: Watch,
) -> None:
    services = [
        Program(name, plan.serve(name), environment)
        for name, environment in surroundings.environments.items()
    ]
    servers = surroundings.servers
    with progress.step("Starting the supervisor", "The supervisor runs"):
        supervisor.start(servers.programs(), services)
    for name, called in NAMES_FOR_PEOPLE.items():
        with progress.step(f"{called} is starting", f"{called} is ready"):
            servers.wait_until_ready(
                names=(name,), is_running=lambda _: _still_trying(supervisor, watch)
            )


def _still_trying(supervisor: Supervisor, watch: Watch) -> bool:
    """Say whether waiting makes sense; raise when a program keeps crashing."""
    if not supervisor.is_running():
        return False
    watch.refuse_crashing(supervisor.states().values())
    return True


def _start_services(
    surroundings: Surroundings, supervisor: Supervisor, progress: Progress, watch: Watch
) -> None:
    if not surroundings.environments:
        return
    supervisor.start_services()
    for name, environment in surroundings.environments.items():
        url = f"http://{HOST}:{environment['TANDEM_INTERNAL_PORT']}/readyz"
        with progress.step(f"{name} is starting", f"{name} is ready"):
            wait_until(
                partial(_says_ready, url),
                what=name,
                log=supervisor.log_folder / f"{name}.log",
                is_running=lambda: _still_trying(supervisor, watch),
                seconds=SECONDS_FOR_A_SERVICE,
            )


def _says_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own, on loopback
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own number
    except (OSError, urllib.error.URLError):
        return False


def _fill_on_first_start(surroundings: Surroundings, plan: Plan, progress: Progress) -> None:
    marker = surroundings.folder / "first-start-done"
    if marker.exists():
        return
    plan.first_start(surroundings, progress)
    write_private(marker, b"")


def _keep_watch(supervisor: Supervisor, progress: Progress, watch: Watch) -> None:
    """Report crashes until a signal ends us."""
    while supervisor.is_running():
        with contextlib.suppress(OSError):  # it may be ending just now
            for sentence in watch.notice(supervisor.states().values()):
                progress.warn(sentence)
        time.sleep(0.5)
    raise CannotStart(f"The supervisor has ended, and everything with it: see {supervisor.log}.")


def _stop(supervisor: Supervisor, progress: Progress) -> None:
    """Stop everything, whatever happened; a second Ctrl-C does not cut it short."""
    if not supervisor.is_running():
        supervisor.stop()
        return
    with _signals_ignored(), progress.step("Stopping", "Everything has stopped"):
        killed = supervisor.stop()
    if killed:
        progress.warn(f"{len(killed)} processes did not stop by themselves and were killed.")


@contextlib.contextmanager
def _signals_that_end_us() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end us as Ctrl-C does, in a background job too."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _signals_ignored() -> Iterator[None]:

    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
