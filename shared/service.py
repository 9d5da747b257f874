"""The skeleton of a service: its parts, put together once, run by role until told to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any, TypeAlias

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI

from shared import operations
from shared.api import build_api
from shared.bus.consumer import Consumer
from shared.bus.dead_letters import DeadLetters
from shared.bus.kafka import client_options
from shared.bus.loops import Schedule, Worker, as_worker, keep_at_it, never
from shared.bus.moments import Reached, unheard
from shared.bus.pending import Outlook, Pending
from shared.bus.publisher import Publisher
from shared.bus.reactions import Reactions
from shared.bus.relay import CHANNEL, Relay
from shared.bus.store import dead_letters, inbox
from shared.bus.wake import Wakes
from shared.bus.work import Units, Work
from shared.clock import Clock, RealClock, SteppingClock
from shared.database import Pool, connect, open_pool
from shared.health import Health, Watchdog
from shared.internal import build_internal
from shared.logs import configure_logs
from shared.settings import Role, ServiceSettings

log = structlog.get_logger()

ASGIApplication: TypeAlias = Any

_GRACE_SECONDS = 15.0
_INBOX_MEMORY = timedelta(days=7)
_SETTLED_LETTERS_STAY = timedelta(days=30)
_HOUSEKEEPING_EVERY = timedelta(hours=1)
_CLOCK_LOOK_SECONDS = 0.002


def _no_workers(_units: Units) -> list[Worker]:
    return []


@dataclass(frozen=True)
class Service:
    """What a service is made of.

    Attributes:
        workers: Makes the workers, given the units of work.
        migrations: The folder with the service's own migrations.
        mounts: Makes applications that are served beside the API, by the path that they begin at.
            Each lets callers in by a way of its own; the measures, the log and the limits of the
            API are theirs too.
        web: Makes the pages of a service that serves people instead of an API.
        publishes: Whether it tells anything at all; what does not needs no relay.
        reached: Told of each moment that the spine reaches; only tests of faults listen.
    """

    name: str
    settings: ServiceSettings
    reactions: Reactions
    routers: Sequence[APIRouter]
    migrations: Path
    schedules: Sequence[Schedule] = ()
    workers: Callable[[Units], list[Worker]] = _no_workers
    web: Callable[[Units], ASGIApplication] | None = None
    mounts: Mapping[str, Callable[[Units], ASGIApplication]] = field(default_factory=dict)
    publishes: bool = True
    reached: Reached = unheard

    async def run(self) -> None:
        """Run the roles that the settings name until SIGTERM or SIGINT."""
        configure_logs(self.name, self.settings.log_level)
        stopping = _stop_at_signals()
        health = Health()
        watchdog = Watchdog(health, patience_ticks=ceil(self.settings.stuck_after_seconds / 3))
        watchdog.start()
        health.problem("start", "the database does not answer yet")
        pending: list[Pending] = []

        async def look() -> Outlook | None:
            return await pending[0].look() if pending else None

        internal = _http_server(build_internal(health, look), self._address(internal=True))
        async with _running(internal, stopping), asyncio.TaskGroup() as helpers:
            ticking = helpers.create_task(_tick(watchdog))
            pool = await _unless_stopped(open_pool(self.settings), stopping)
            if pool is not None:
                await self._run_roles(pool, health, stopping, pending)
                await pool.close()
            ticking.cancel()
        watchdog.stop()
        log.info("service.stopped")

    def api(self, units: Units) -> FastAPI:
        """The service's API, with what every service lets an operator do."""
        app = build_api(self.settings, units, [*self.routers, operations.router])
        group = self.settings.consumer_group
        app.state.dead_letters = DeadLetters(units, self.reactions, group)
        for path, make in self.mounts.items():
            app.mount(path, make(units))
        return app

    async def _run_roles(
        self, pool: Pool, health: Health, stopping: asyncio.Event, pending: list[Pending]
    ) -> None:
        settings = self.settings
        clock = _clock(settings)
        units = Units(pool, settings.source, clock, settings.topic_prefix, self.reached)
        wakes = Wakes(lambda: connect(settings))
        workers = self.workers(units) if Role.WORK in settings.roles else []
        parts = list(self._parts(pool, units, health, wakes, stopping))
        parts += [
            keep_at_it(loop, wakes.event(loop.wakes_on), stopping, health)
            for loop in [*self._schedules_as_workers(units), *workers]
        ]
        parts.append(wakes.run(stopping))
        if isinstance(clock, SteppingClock):
            parts.append(_wake_at_steps(clock, wakes, stopping))
        pending.append(Pending(settings, units, self._topics(), self.schedules, workers))
        health.well("start")
        log.info("service.started", roles=sorted(settings.roles))
        await _until_stopped(parts, stopping)

    def _parts(
        self, pool: Pool, units: Units, health: Health, wakes: Wakes, stopping: asyncio.Event
    ) -> Iterator[Coroutine[Any, Any, None]]:
        settings = self.settings
        if Role.API in settings.roles:
            app = self.web(units) if self.web else self.api(units)
            yield _serve(_http_server(app, self._address(internal=False)), stopping)
        if Role.RELAY in settings.roles and self.publishes:
            publisher = Publisher(client_options(settings))
            relay = Relay(pool, publisher, health, settings.relay_batch_size, self.reached)
            yield relay.run(wakes.event(CHANNEL), stopping)
        if Role.CONSUME in settings.roles and self.reactions.event_classes:
            yield Consumer(settings, pool, units, self.reactions, health).run(stopping)

    def _schedules_as_workers(self, units: Units) -> list[Worker]:
        if Role.SCHEDULE not in self.settings.roles:
            return []
        return [as_worker(schedule, units) for schedule in [*self.schedules, _HOUSEKEEPING]]

    def _topics(self) -> list[str]:
        prefix = self.settings.topic_prefix
        return [prefix + event_class.topic.name for event_class in self.reactions.event_classes]

    def _address(self, *, internal: bool) -> tuple[str, int]:
        settings = self.settings
        if internal:
            return settings.internal_host, settings.internal_port
        return settings.api_host, settings.api_port


async def keep_house(work: Work) -> int:
    """Make room for new event ids, and forget what is over: old ids and settled dead letters."""
    now = datetime.now(UTC)
    await inbox.keep_inbox(work.connection, now, _INBOX_MEMORY)
    await dead_letters.forget_settled(work.connection, now - _SETTLED_LETTERS_STAY)
    return 0


_HOUSEKEEPING = Schedule(
    "keep-house", keep_house, "bus_housekeeping", never, every=_HOUSEKEEPING_EVERY
)


def _clock(settings: ServiceSettings) -> Clock:
    path = settings.simulated_clock
    return RealClock() if path is None else SteppingClock(path)


async def _wake_at_steps(clock: SteppingClock, wakes: Wakes, stopping: asyncio.Event) -> None:
    """In a simulation, let nobody sleep through a step of the clock."""
    seen = clock.now()
    while not stopping.is_set():
        await asyncio.sleep(_CLOCK_LOOK_SECONDS)
        if clock.now() != seen:
            seen = clock.now()
            wakes.wake_all()


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
        app,
        host,
        port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # uvicorn believes anybody on the same machine; who asks decides
        lifespan="auto",
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
