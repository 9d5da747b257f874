"""Waking on NOTIFY: whoever waits for rows need not poll for them."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from shared.bus.failures import Pause, is_passing

log = structlog.get_logger()

Connect = Callable[[], "Awaitable[asyncpg.Connection[asyncpg.Record]]"]


class Wakes:
    """One listening connection for a process; each channel has an event that is set when told.

    A lost connection is made again, and everybody is woken then, since something may have been
    missed; whoever waits polls now and then all the same.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._events: dict[str, asyncio.Event] = {}

    def event(self, channel: str) -> asyncio.Event:
        """The event that is set at each NOTIFY on the channel; the waiter clears it."""
        return self._events.setdefault(channel, asyncio.Event())

    async def run(self, stopping: asyncio.Event) -> None:
        """Listen until the process stops."""
        pause = Pause(first=0.2, longest=5.0)
        while not stopping.is_set():
            try:
                await self._listen(stopping, pause)
            except Exception as error:
                if not is_passing(error):
                    raise
                log.warning("wakes.lost", error=type(error).__name__)
                await asyncio.sleep(pause.take())

    async def _listen(self, stopping: asyncio.Event, pause: Pause) -> None:
        connection = await self._connect()
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            for channel in self._events:
                await connection.add_listener(channel, self._told)
            pause.forget()
            self.wake_all()
            await _first_of(stopping, lost)
        finally:
            await connection.close(timeout=1)

    def _told(self, _connection: object, _pid: int, channel: str, _payload: object) -> None:
        self._events[channel].set()

    def wake_all(self) -> None:
        """Wake everybody: something may have been missed, or the clock was stepped."""
        for event in self._events.values():
            event.set()


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def woken(event: asyncio.Event, stopping: asyncio.Event, at_most: float) -> None:
    """Wait until the event is set, the process stops, or the time is over; clears the event."""
    try:
        async with asyncio.timeout(at_most):
            await _first_of(event, stopping)
    except TimeoutError:
        pass
    event.clear()
