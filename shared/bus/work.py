"""The unit of work: state and the events that tell of it, in one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from uuid import UUID

from shared.bus.kafka import LARGEST_MESSAGE_BYTES
from shared.bus.moments import Moment, Reached, unheard
from shared.bus.store import outbox
from shared.clock import Clock
from shared.database import Connection, Pool
from shared.ids import new_id
from tandem_events import Event, Kind


@dataclass(frozen=True, slots=True)
class Cause:
    """What led to a unit of work, carried on by every event that it publishes.

    Attributes:
        correlation_id: The request or schedule that set everything off.
        causation_id: The event or request that led directly here.
        traceparent: W3C trace context (https://www.w3.org/TR/trace-context/).
    """

    correlation_id: str
    causation_id: str
    traceparent: str

    @classmethod
    def fresh(cls) -> "Cause":
        """The beginning of a new story: a request from outside, or an instant that came."""
        identifier = str(new_id())
        return cls(identifier, identifier, f"00-{token_hex(16)}-{token_hex(8)}-01")


LARGEST_EVENT_CHARACTERS = LARGEST_MESSAGE_BYTES // 5
"""Four bytes a character at most, and room for headers: the broker would refuse more."""


class EventTooLarge(ValueError):
    """An event is larger than Kafka takes; it would hold up all that wait behind it."""

    def __init__(self, event_class: type[Event]) -> None:
        self.event_class = event_class
        super().__init__(f"A {event_class.__name__} is larger than Kafka takes.")


class NotAState(TypeError):
    """Only a state can be retired, or told again; a fact stays true."""

    def __init__(self, event_class: type[Event]) -> None:
        self.event_class = event_class
        super().__init__(f"{event_class.__name__} is a fact: it stays as it was told.")


@dataclass(slots=True)
class Work:
    """One open transaction, the present domain time, and the events to publish with it.

    Attributes:
        connection: The database connection, inside the transaction.
        now: The domain's time, in UTC, the same for the whole unit.
        cause: What led here.
    """

    connection: Connection
    now: datetime
    cause: Cause
    _topic_prefix: str = ""
    _drafts: list[outbox.Draft] = field(default_factory=list)
    _again: list[tuple[outbox.Draft, int]] = field(default_factory=list)
    _channels: set[str] = field(default_factory=set)

    def publish(self, event: Event, because: Cause | None = None) -> None:
        """Tell an event when this unit commits; `because` names a nearer cause than the unit's."""
        payload = event.model_dump_json()
        draft = self._draft(type(event), event.key, event.subject, payload, because)
        self._drafts.append(draft)

    def publish_again(self, event: Event, sequence: int) -> None:
        """Tell a state once more when this unit commits, under the version that it has.

        The caller holds the version (shared.bus.republish), so that nobody tells a newer one first.

        Raises:
            NotAState: The event is a fact, and was told for ever.
        """
        if event.topic.kind is not Kind.STATE:
            raise NotAState(type(event))
        payload = event.model_dump_json()
        draft = self._draft(type(event), event.key, event.subject, payload, None)
        self._again.append((draft, sequence))

    def retire(self, event_class: type[Event], key: UUID, because: Cause | None = None) -> None:
        """Tell, when this unit commits, that a subject's state has ended: a tombstone.

        Raises:
            NotAState: The event is a fact.
        """
        if event_class.topic.kind is not Kind.STATE:
            raise NotAState(event_class)
        self._drafts.append(self._draft(event_class, str(key), str(key), None, because))

    @property
    def tells(self) -> bool:
        """Whether there is an event to tell so far."""
        return bool(self._drafts or self._again)

    def wake(self, channel: str) -> None:
        """Wake the workers and schedules that wait on this channel when this unit commits."""
        self._channels.add(channel)

    async def finish(self, source: str) -> None:
        """Write the outbox and ask for the wake-ups; the spine calls this before it commits."""
        if self._drafts:
            await outbox.add_to_outbox(self.connection, source, self._drafts, self.now)
        if self._again:
            await outbox.add_again_to_outbox(self.connection, source, self._again, self.now)
        for channel in sorted(self._channels):
            await self.connection.execute("SELECT pg_notify($1, '')", channel)

    def _draft(
        self,
        event_class: type[Event],
        key: str,
        subject: str,
        payload: str | None,
        because: Cause | None,
    ) -> outbox.Draft:
        if payload is not None and len(payload) > LARGEST_EVENT_CHARACTERS:
            raise EventTooLarge(event_class)
        cause = because or self.cause
        topic = event_class.topic
        return outbox.Draft(
            id=new_id(),
            topic=self._topic_prefix + topic.name,
            key=key,
            type=topic.event_type,
            payload=payload,
            subject=subject,
            correlation_id=cause.correlation_id,
            causation_id=cause.causation_id,
            traceparent=cause.traceparent,
        )


class Units:
    """Opens units of work on a service's database. Nothing else commits.

    Attributes:
        reached: Told of each moment that this process reaches.
    """

    def __init__(
        self,
        pool: Pool,
        source: str,
        clock: Clock,
        topic_prefix: str = "",
        reached: Reached = unheard,
    ) -> None:
        self.reached = reached
        self._pool = pool
        self._source = source
        self._clock = clock
        self._topic_prefix = topic_prefix

    @asynccontextmanager
    async def begin(self, cause: Cause | None = None) -> AsyncIterator[Work]:
        """A unit that commits at the end of the block, all or nothing."""
        async with self._pool.acquire() as connection, connection.transaction():
            work = Work(connection, self._clock.now(), cause or Cause.fresh(), self._topic_prefix)
            yield work
            await work.finish(self._source)
            if work.tells:
                self.reached(Moment.WRITTEN)
        if work.tells:
            self.reached(Moment.COMMITTED)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Work]:
        """A unit that only reads, from one consistent view."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield Work(connection, self._clock.now(), Cause.fresh())
