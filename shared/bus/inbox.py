"""The inbox: a batch of records takes effect once, in one transaction."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import structlog
from aiokafka import ConsumerRecord
from structlog.contextvars import bind_contextvars

from shared.bus.moments import Moment
from shared.bus.reactions import Reactions, cause_of
from shared.bus.store import dead_letters, inbox
from shared.bus.work import Cause, Units, Work
from shared.ids import new_id
from shared.metrics import DEAD_LETTERS, INBOX_SKIPPED, INBOX_TAKEN
from tandem_events import MalformedEnvelope, Received, UnreadableEvent, read_record
from tandem_events.envelope import HEADER_NAMES

log = structlog.get_logger()

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"


@dataclass(frozen=True, slots=True)
class Reading:
    """A record as read: either an event, or the problem that makes it a dead letter."""

    record: Record
    received: Received | None
    problem: str = ""

    @property
    def partition(self) -> tuple[str, int]:
        """Topic and partition number."""
        return self.record.topic, self.record.partition


def read(record: Record) -> Reading:
    """Read a record; never raises."""
    try:
        return _checked(record, read_record(record.headers, record.key, record.value))
    except (MalformedEnvelope, UnreadableEvent) as error:
        return Reading(record, None, str(error))
    except Exception as error:  # noqa: BLE001 - whatever a record does to us, it is one record
        return Reading(record, None, f"It can't be read: {type(error).__name__}.")


def problem_of_handler(error: Exception) -> str:
    """What is wrong with a record whose handler fails; the error's own words may quote data."""
    return f"Its handler fails: {type(error).__name__}."


class Inbox:
    """Takes batches for one service."""

    def __init__(self, units: Units, reactions: Reactions, group: str) -> None:
        self._units = units
        self._reactions = reactions
        self._group = group

    async def take(self, readings: Sequence[Reading]) -> int:
        """Let a batch take effect, step past it, and put aside what is unreadable; all or nothing.

        Positions are locked first: a redelivered record is before them, and a consumer that lost
        its partitions finds them moved on. Returns how many dead letters there were.
        """
        events = [reading.received for reading in readings if reading.received]
        cause = cause_of(events[0]) if events else Cause.fresh()
        bind_contextvars(correlation_id=cause.correlation_id, first_event_id=cause.causation_id)
        async with self._units.begin(cause) as work:
            fresh = await self._not_yet_taken(readings, work)
            unreadable = [reading for reading in fresh if reading.received is None]
            await self._bury(unreadable, work)
            new = await _not_yet_known([r.received for r in fresh if r.received], work)
            await self._reactions.react(new, work)
            await self._step_past(fresh, work)
            self._units.reached(Moment.HANDLED)
        _count(len(readings) - len(fresh), new, unreadable)
        return len(unreadable)

    async def lock_place(self, reading: Reading, work: Work) -> None:
        """Let no batch of the record's partition take effect until the unit ends."""
        await inbox.lock_positions(work.connection, self._group, [reading.partition])

    async def take_late(self, reading: Reading, work: Work) -> None:
        """Let a record that was put aside take effect, unless its event has by another way."""
        new = await _not_yet_known([reading.received] if reading.received else [], work)
        await self._reactions.react(new, work)

    async def _not_yet_taken(self, readings: Sequence[Reading], work: Work) -> list[Reading]:
        partitions = sorted({reading.partition for reading in readings})
        positions = await inbox.lock_positions(work.connection, self._group, partitions)
        return [r for r in readings if r.record.offset >= positions[r.partition]]

    async def _step_past(self, readings: Sequence[Reading], work: Work) -> None:
        ends: dict[tuple[str, int], int] = {}
        for reading in readings:
            end = max(ends.get(reading.partition, 0), reading.record.offset + 1)
            ends[reading.partition] = end
        if ends:
            await inbox.advance_positions(work.connection, self._group, ends)

    async def _bury(self, unreadable: Sequence[Reading], work: Work) -> None:
        if unreadable:
            burials = [_burial(reading) for reading in unreadable]
            await dead_letters.bury(work.connection, self._group, burials, datetime.now(UTC))


def _checked(record: Record, received: Received) -> Reading:
    """Whoever may write to one topic must not tell on it what belongs to another."""
    if not record.topic.endswith(received.event_class.topic.name):
        return Reading(record, None, "Its type belongs to another topic.")
    names = tuple(name for name, _ in record.headers)
    if names != HEADER_NAMES and any(_is_broken(name) for name in names):
        return Reading(record, None, "A header's name is not UTF-8.")
    return Reading(record, received)


def _is_broken(name: str) -> bool:
    """Whether a name was no UTF-8: its bytes are then lone surrogates (PEP 383)."""
    return not name.isascii() and any("\udc80" <= letter <= "\udcff" for letter in name)


async def _not_yet_known(received: Sequence[Received], work: Work) -> list[Received]:
    """Drop events whose id was seen before: a relay published them twice."""
    first = {item.envelope.id: item for item in reversed(received)}
    if not first:
        return []
    new_ids = await inbox.remember_events(work.connection, list(first))
    return [
        item for item in received if item.envelope.id in new_ids and first[item.envelope.id] is item
    ]


def _burial(reading: Reading) -> dead_letters.Burial:
    record = reading.record
    return dead_letters.Burial(
        id=new_id(),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        headers=list(record.headers),
        value=record.value,
        problem=reading.problem,
    )


def _count(skipped: int, new: Sequence[Received], unreadable: Sequence[Reading]) -> None:
    INBOX_SKIPPED.inc(skipped)
    DEAD_LETTERS.inc(len(unreadable))
    for event_type, times in Counter(received.envelope.type for received in new).items():
        INBOX_TAKEN.labels(event_type).inc(times)
    if log.is_enabled_for(logging.DEBUG):
        _name(new)
    for reading in unreadable:
        log.error(
            "event.dead-letter",
            topic=reading.record.topic,
            partition=reading.record.partition,
            offset=reading.record.offset,
            problem=reading.problem,
        )


def _name(new: Sequence[Received]) -> None:
    for received in new:
        envelope = received.envelope
        log.debug("event.taken", event_id=str(envelope.id), correlation_id=envelope.correlation_id)
