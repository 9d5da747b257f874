"""Schedules and workers: what a service does by itself, again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from shared.bus.failures import Pause, is_passing
from shared.bus.wake import woken
from shared.bus.work import Units, Work
from shared.health import Health, StallTimer

log = structlog.get_logger()

_STALLED_AFTER_SECONDS = 300


async def _nothing_to_close() -> None:
    return None


async def never(_work: Work) -> datetime | None:
    """The next instant of a schedule that the domain's time has nothing to do with."""
    return None


async def _never_busy(_work: Work) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Schedule:
    """Acts on rows whose instant has come.

    Attributes:
        name: What it does, for logs and health.
        act: Claims due rows in the given unit (FOR UPDATE SKIP LOCKED, a bounded number), moves
            them on, publishes; returns how many.
        wakes_on: The channel that says there may be something due.
        next_due: Says when a row is due next, or since when one is.
        every: How long it sleeps at most.
    """

    name: str
    act: Callable[[Work], Awaitable[int]]
    wakes_on: str
    next_due: Callable[[Work], Awaitable[datetime | None]]
    every: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Worker:
    """Does what a transaction can't hold: sends, computes.

    Attributes:
        act: Claims with a lease, acts outside any transaction, records; returns how many.
        is_busy: Says whether it has, or any of its kind has, something to do now.
        close: Called once when the process stops.
    """

    name: str
    act: Callable[[], Awaitable[int]]
    wakes_on: str
    is_busy: Callable[[Work], Awaitable[bool]] = _never_busy
    every: timedelta = timedelta(seconds=1)
    close: Callable[[], Awaitable[None]] = _nothing_to_close


def as_worker(schedule: Schedule, units: Units) -> Worker:
    """A schedule's act, each time in a unit of its own."""

    async def act() -> int:
        async with units.begin() as work:
            return await schedule.act(work)

    return Worker(schedule.name, act, schedule.wakes_on, every=schedule.every)


async def keep_at_it(
    worker: Worker, wake: asyncio.Event, stopping: asyncio.Event, health: Health
) -> None:
    """Let a worker act while there is something to do, until the process stops.

    A failure makes the process unready and is tried again after a growing pause.
    """
    try:
        await _act_until(stopping, worker, wake, health)
    finally:
        await worker.close()


async def _act_until(
    stopping: asyncio.Event, worker: Worker, wake: asyncio.Event, health: Health
) -> None:
    pause = Pause()
    stall = StallTimer(_STALLED_AFTER_SECONDS)
    health.watch(worker.name, stall.check)
    while not stopping.is_set():
        stall.begin()
        try:
            done = await worker.act()
        except Exception as error:  # noqa: BLE001 - whatever it was: said, counted, tried again
            stall.end()
            _complain(worker.name, error, health)
            await woken(asyncio.Event(), stopping, pause.take())
            continue
        stall.end()
        pause.forget()
        health.well(worker.name)
        if not done:
            await woken(wake, stopping, worker.every.total_seconds())


def _complain(name: str, error: Exception, health: Health) -> None:
    if is_passing(error):
        log.warning("loop.waits", loop=name, error=type(error).__name__)
    else:
        log.error("loop.failed", loop=name, exc_info=error)
    health.problem(name, f"failed with {type(error).__name__} and will try again")
