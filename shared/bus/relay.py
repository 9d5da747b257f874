"""The relay: from the outbox to Kafka, in order, at least once."""

import asyncio
import time
from collections.abc import Sequence

import asyncpg
import structlog

from shared.bus.failures import Pause, is_passing
from shared.bus.moments import Moment, Reached, unheard
from shared.bus.publisher import Message, NotDelivered, Publisher, Refusal
from shared.bus.refusals import Refusals
from shared.bus.store import outbox
from shared.bus.wake import woken
from shared.database import Connection, Pool
from shared.health import Health, StallTimer
from shared.metrics import OUTBOX_PUBLISHED, OUTBOX_REFUSED, OUTBOX_WAITING
from tandem_events import Envelope

log = structlog.get_logger()

CHANNEL = "bus_outbox"
_LOOK_EVERY_SECONDS = 1.0
_STALLED_AFTER_SECONDS = 120.0
_MANY = 50
_FILL_SECONDS = 0.02
"""While events come in numbers, the next batch may fill: each batch costs everybody, of whatever
size. A few events at a time go out at once."""
_COUNT_AT_MOST = 100_000
_COUNT_EVERY_SECONDS = 5.0


class Relay:
    """Publishes what waits in the outbox and deletes it when Kafka has acknowledged it.

    A relay locks lanes for the length of one batch, so several relays share the work without
    overtaking one another within a key; a killed relay's locks end with its connection. What
    Kafka refuses is set aside with what follows it under its key, and makes the process unready.
    """

    def __init__(
        self,
        pool: Pool,
        publisher: Publisher,
        health: Health,
        batch_size: int = 2000,
        reached: Reached = unheard,
    ) -> None:
        self._reached = reached
        self._pool = pool
        self._publisher = publisher
        self._health = health
        self._batch_size = batch_size
        self._refusals = Refusals()
        self._is_behind = False
        self._turn = 0
        self._stopping = asyncio.Event()
        self._stall = StallTimer(_STALLED_AFTER_SECONDS)
        self._count_next_at = 0.0
        health.watch("relay", self._stall.check)

    async def run(self, wake: asyncio.Event, stopping: asyncio.Event) -> None:
        """Relay until the process stops. Raises ProducerBroken when only a new process helps."""
        self._stopping = stopping
        pause = Pause()
        while not stopping.is_set():
            self._stall.begin()
            try:
                published = await self.relay_batch()
            except Exception as error:
                self._stall.end()
                if not (isinstance(error, NotDelivered) or is_passing(error)):
                    raise
                self._health.problem("relay", f"can't publish: {type(error).__name__}")
                await woken(asyncio.Event(), stopping, pause.take())
                continue
            self._stall.end()
            pause.forget()
            self._say_how_it_is()
            if not published:
                await woken(wake, stopping, _LOOK_EVERY_SECONDS)
            elif _MANY <= published < self._batch_size:
                await asyncio.sleep(_FILL_SECONDS)
        await self.close()

    async def close(self) -> None:
        """Let the producer go."""
        await self._publisher.close()

    async def relay_batch(self) -> int:
        """Publish and delete one batch; returns how many events it looked at.

        Raises:
            NotDelivered: Kafka has not acknowledged; everything stays in the outbox.
        """
        await self._publisher.open()
        async with self._pool.acquire() as connection, connection.transaction():
            lanes = await self._lock_lanes(connection)
            self._refusals.forget_in_time()
            events = await outbox.waiting_events(
                connection, lanes, self._batch_size, self._refusals.topics, self._refusals.keys
            )
            await self._measure(connection, len(events))
            self._is_behind = len(events) == self._batch_size
            if not events:
                return 0
            try:
                published = await self._publish(events)
            except NotDelivered:
                await self._keep_lanes_until_settled(connection)
                raise
            self._reached(Moment.PUBLISHED)
            await outbox.delete_published(connection, [event["position"] for event in published])
        OUTBOX_PUBLISHED.inc(len(published))
        return len(events)

    async def _lock_lanes(self, connection: Connection) -> list[int]:
        """Lock the free lanes; while much waits, half of them, to leave work to other relays."""
        if not self._is_behind:
            return await outbox.lock_free_lanes(connection, range(outbox.LANES))
        self._turn += 1
        halves = [range(start % 2, outbox.LANES, 2) for start in (self._turn, self._turn + 1)]
        lanes = await outbox.lock_free_lanes(connection, halves[0])
        return lanes or await outbox.lock_free_lanes(connection, halves[1])

    async def _publish(self, events: Sequence[asyncpg.Record]) -> list[asyncpg.Record]:
        """Publish in order all that Kafka takes; returns what left.

        What it refuses is found by halving, as the consumer finds what its handler can't take.
        """
        left = [event for event in events if not self._refusals.concern(event)]
        outcome = await self._publisher.publish([message_of(event) for event in left])
        published = [left[index] for index in outcome.delivered]
        for refusal in outcome.refused:
            refused = [left[index] for index in refusal.messages]
            if len(refused) == 1 or refusal.of_topic:
                self._set_aside(refused[0], refusal)
                continue
            middle = len(refused) // 2
            published += await self._publish(refused[:middle])
            published += await self._publish(refused[middle:])
        return published

    async def _keep_lanes_until_settled(self, connection: Connection) -> None:
        """Let no other relay pass while aiokafka still holds what was handed over.

        It would publish newer events of a subject, the old ones would arrive after them, and a
        compacted topic would keep an old state as the last.
        """
        self._health.problem("relay", "can't publish: Kafka does not acknowledge")
        while not self._stopping.is_set() and not await self._publisher.settle():
            self._stall.begin()  # waiting for Kafka is right
            await outbox.keep_lanes(connection)

    def _set_aside(self, event: asyncpg.Record, refusal: Refusal) -> None:
        log.error(
            "relay.refused",
            event_id=str(event["id"]),
            topic=event["aggregatetype"],
            reason=refusal.reason,
        )
        self._refusals.add(event, refusal.reason, of_topic=refusal.of_topic)
        self._stall.begin()  # this was progress

    def _say_how_it_is(self) -> None:
        self._health.well("relay")
        OUTBOX_REFUSED.set(len(self._refusals))
        if self._refusals:
            self._health.problem("relay-refused", str(self._refusals))
        else:
            self._health.well("relay-refused")

    async def _measure(self, connection: Connection, seen: int) -> None:
        """Say how many wait; a long queue is counted now and then, for that takes a while."""
        if seen < self._batch_size:
            OUTBOX_WAITING.set(seen)
        elif time.monotonic() >= self._count_next_at:
            OUTBOX_WAITING.set(await outbox.count_waiting(connection, _COUNT_AT_MOST))
            self._count_next_at = time.monotonic() + _COUNT_EVERY_SECONDS


def message_of(event: asyncpg.Record) -> Message:
    """The Kafka message of an outbox row: CloudEvents in binary mode."""
    envelope = Envelope(
        id=event["id"],
        source=event["source"],
        type=event["type"],
        time=event["time"],
        subject=event["subject"],
        sequence=event["sequence"],
        correlation_id=event["correlationid"],
        causation_id=event["causationid"],
        traceparent=event["traceparent"],
    )
    payload = event["payload"]
    return Message(
        topic=event["aggregatetype"],
        key=event["aggregateid"].encode(),
        value=None if payload is None else payload.encode(),
        headers=envelope.headers(),
    )
