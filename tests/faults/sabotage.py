"""Guarantees broken on purpose, one by one, to show that the checker sees what they are for."""

from collections.abc import Callable, Collection, Sequence

import asyncpg
from faststream.kafka import KafkaMessage

from shared.bus import consumer, inbox
from shared.bus.publisher import Message, Outcome, Publisher
from shared.bus.store import inbox as inbox_store
from shared.bus.store import outbox
from shared.bus.work import Work
from shared.database import Connection
from tandem_events import Received


def forget_event_ids() -> None:
    """The inbox asks nobody whether it has seen an event's id before."""

    async def all_are_new(received: Sequence[Received], work: Work) -> list[Received]:
        del work
        return list(received)

    inbox._not_yet_known = all_are_new


def ignore_positions() -> None:
    """The inbox takes every record for a fresh one, wherever the position row stands."""

    async def all_are_fresh(
        self: inbox.Inbox, readings: Sequence[inbox.Reading], work: Work
    ) -> list[inbox.Reading]:
        partitions = sorted({reading.partition for reading in readings})
        await inbox_store.lock_positions(work.connection, self._group, partitions)
        return list(readings)

    inbox.Inbox._not_yet_taken = all_are_fresh  # type: ignore[method-assign]


def relay_backwards() -> None:
    """The relay publishes the newest first."""
    in_order = outbox.waiting_events

    async def backwards(
        connection: Connection,
        lanes: Sequence[int],
        limit: int,
        but_topics: Collection[str] = (),
        but_keys: Collection[tuple[str, str]] = (),
    ) -> list[asyncpg.Record]:
        return (await in_order(connection, lanes, limit, but_topics, but_keys))[::-1]

    outbox.waiting_events = backwards


def acknowledge_first() -> None:
    """The consumer acknowledges a batch before it takes effect."""
    take = consumer.Consumer._take_message

    async def acknowledge_and_take(self: consumer.Consumer, message: KafkaMessage) -> None:
        await message.ack()
        await take(self, message)

    consumer.Consumer._take_message = acknowledge_and_take  # type: ignore[method-assign]


def delete_unacknowledged() -> None:
    """The relay does not wait for Kafka's acknowledgement before it deletes."""

    async def say_so_only(self: Publisher, messages: Sequence[Message]) -> Outcome:
        del self
        return Outcome(delivered=list(range(len(messages))))

    Publisher.publish = say_so_only  # type: ignore[method-assign]


SABOTAGES: dict[str, Callable[[], None]] = {
    "event-ids": forget_event_ids,
    "position-row": ignore_positions,
    "relay-order": relay_backwards,
    "acknowledgement": acknowledge_first,
    "deletion": delete_unacknowledged,
}
