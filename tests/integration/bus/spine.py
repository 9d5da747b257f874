"""What the spine's tests share: parts that run for the length of a block, and raw records."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from uuid import UUID

from shared.bus.consumer import Consumer
from shared.bus.kafka import client_options
from shared.bus.publisher import Publisher
from shared.bus.relay import Relay
from shared.health import Health
from shared.ids import new_id
from tandem_events import Envelope, Event, ParticipantRegistered
from tests.support import probe
from tests.support.kafka import RawRecord
from tests.support.room import NOON, Room

TOPIC = ParticipantRegistered.topic.name


@asynccontextmanager
async def relaying(room: Room) -> AsyncIterator[Health]:
    health, stopping = Health(), asyncio.Event()
    relay = Relay(room.pool, Publisher(client_options(room.settings)), health, 500)
    async with running(relay.run(asyncio.Event(), stopping), stopping):
        yield health


@asynccontextmanager
async def consuming(room: Room) -> AsyncIterator[Health]:
    health, stopping = Health(), asyncio.Event()
    consumer = Consumer(room.settings, room.pool, room.units, probe.reactions, health)
    async with running(consumer.run(stopping), stopping):
        yield health


@asynccontextmanager
async def running(
    part: Coroutine[None, None, None], stopping: asyncio.Event
) -> AsyncIterator[None]:
    task = asyncio.ensure_future(part)
    try:
        yield
    finally:
        stopping.set()
        await asyncio.wait([task], timeout=15)
        task.cancel()


async def says(health: Health, reason: str) -> bool:
    """Whether a part of the process reports this."""
    return any(reason in problem for problem in health.problems().values())


async def effects(room: Room) -> int:
    return int(await room.pool.fetchval("SELECT coalesce(sum(times), 0) FROM effect"))


async def has(room: Room, count: int) -> bool:
    return await effects(room) >= count


async def outbox_is_empty(room: Room) -> bool:
    return not await room.pool.fetchval("SELECT EXISTS (SELECT FROM bus.outbox)")


async def is_ready(health: Health) -> bool:
    return not health.problems()


async def not_ready(health: Health, reason: str) -> bool:
    return any(reason in problem for problem in health.problems().values())


def raw(event: Event, sequence: int = 1, event_id: UUID | None = None) -> RawRecord:
    """An event as its owner's relay would put it on the topic."""
    story = str(new_id())
    envelope = Envelope(
        id=event_id or new_id(), source="/tandem/local/intake", type=event.topic.event_type,
        time=NOON, subject=event.subject, sequence=sequence, correlation_id=story,
        causation_id=story, traceparent="",
    )  # fmt: skip
    return event.key.encode(), event.model_dump_json().encode(), list(envelope.headers())
