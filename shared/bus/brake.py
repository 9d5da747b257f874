"""The brake: a consumer whose records die in numbers stops, instead of diverting the topic."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from shared.bus.failures import is_passing
from shared.bus.store import dead_letters
from shared.bus.wake import woken
from shared.database import Pool
from shared.health import Health

log = structlog.get_logger()

LIMIT = 50
WINDOW = timedelta(minutes=1)
_LOOK_EVERY_SECONDS = 1.0
_PART = "dead-letters"


class Brake:
    """Counts the dead letters that wait in the table, so a restart forgets none of them.

    So many within a minute are a bad release, not bad data. Once stopped, a consumer goes on when
    an operator has replayed or discarded enough of them. A new process, which may be the mended
    release, also goes on when its last minute holds fewer.
    """

    def __init__(self, pool: Pool, group: str, health: Health) -> None:
        self._pool = pool
        self._group = group
        self._health = health

    async def wait_until_few(self, stopping: asyncio.Event) -> None:
        """At the start: wait until the last minute holds few enough."""
        await self._hold(_a_minute_ago, stopping)

    async def stop_if_many(self, stopping: asyncio.Event) -> None:
        """After a dead letter: if it is one too many, stop until an operator has dealt with them.

        Raises:
            CancelledError: The process stops meanwhile; nothing more may be acknowledged.
        """
        since = _a_minute_ago()
        await self._hold(lambda: since, stopping)
        if stopping.is_set():
            raise asyncio.CancelledError

    async def _hold(self, since: Callable[[], datetime], stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                waiting = await self._count(since())
            except Exception as error:
                if not is_passing(error):
                    raise
                log.warning("brake.waits", error=type(error).__name__)
            else:
                if waiting < LIMIT:
                    self._health.well(_PART)
                    return
                self._health.problem(_PART, _stopped(waiting))
            await woken(asyncio.Event(), stopping, _LOOK_EVERY_SECONDS)

    async def _count(self, since: datetime) -> int:
        async with self._pool.acquire() as connection:
            return await dead_letters.count_waiting_since(connection, self._group, since)


def _a_minute_ago() -> datetime:
    return datetime.now(UTC) - WINDOW


def _stopped(waiting: int) -> str:
    return (
        f"the consumer is stopped: {waiting} dead letters within a minute wait; mend the cause, "
        "then replay or discard them"
    )
