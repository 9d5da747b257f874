"""The spine from outbox to effect, on real servers."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.bus.consumer import Consumer
from shared.bus.kafka import client_options
from shared.bus.publisher import Publisher
from shared.bus.relay import Relay
from shared.bus.store import inbox
from shared.health import Health
from shared.ids import new_id
from tandem_events import Envelope, ParticipantRegistered
from tests.conftest import OpenRoom
from tests.support import probe
from tests.support.kafka import make_topics, read_all, send_raw
from tests.support.probe import BUG, a_registration
from tests.support.room import NOON, Room
from tests.support.servers import Servers
from tests.support.until import until

TOPIC = ParticipantRegistered.topic.name


@pytest.fixture
async def room(servers: Servers, open_room: OpenRoom) -> Room:
    prefix = f"t{uuid4().hex[:8]}."
    make_topics(servers, prefix, {})
    return await open_room("probe", TOPIC_PREFIX=prefix)


@asynccontextmanager
async def relaying(room: Room) -> AsyncIterator[Health]:
    health, stopping = Health(), asyncio.Event()
    relay = Relay(room.pool, Publisher(client_options(room.settings)), health, 500)
    async with _running(relay.run(asyncio.Event(), stopping), stopping):
        yield health


@asynccontextmanager
async def consuming(room: Room) -> AsyncIterator[Health]:
    health, stopping = Health(), asyncio.Event()
    consumer = Consumer(room.settings, room.pool, room.units, probe.reactions, health)
    async with _running(consumer.run(stopping), stopping):
        yield health


@asynccontextmanager
async def _running(
    part: Coroutine[None, None, None], stopping: asyncio.Event
) -> AsyncIterator[None]:
    task = asyncio.ensure_future(part)
    try:
        yield
    finally:
        stopping.set()
        await asyncio.wait([task], timeout=15)
        task.cancel()


async def effects(room: Room) -> int:
    return int(await room.pool.fetchval("SELECT coalesce(sum(times), 0) FROM effect"))


class TestTheSpine:
    async def test_brings_a_thousand_events_to_effect_once_each(self, room: Room) -> None:
        async with room.units.begin() as work:
            for _ in range(1000):
                work.publish(a_registration())

        async with relaying(room), consuming(room):
            await until(lambda: _has(room, 1000), "all events took effect")

        assert await effects(room) == 1000
        assert await room.outbox() == []

    async def test_numbers_the_versions_of_a_subject_in_the_order_of_their_commits(
        self, room: Room, servers: Servers
    ) -> None:
        participant = new_id()
        for capacity in range(1, 6):
            async with room.units.begin() as work:
                work.publish(a_registration(participant, capacity=capacity))
                work.publish(a_registration(participant, capacity=capacity + 10))
        async with relaying(room):
            await until(lambda: _outbox_is_empty(room), "all left")

        records = await read_all(servers, room.settings.topic_prefix + TOPIC)

        sequences = [Envelope.from_headers(record.headers).sequence for record in records]
        assert sequences == list(range(1, 11))

    async def test_a_unit_that_fails_tells_nothing(self, room: Room) -> None:
        async def fail() -> None:
            async with room.units.begin() as work:
                work.publish(a_registration())
                raise probe.ProbeBug

        with pytest.raises(probe.ProbeBug):
            await fail()

        assert await room.outbox() == []

    async def test_two_relays_side_by_side_keep_each_subjects_order(
        self, room: Room, servers: Servers
    ) -> None:
        subjects = [new_id() for _ in range(40)]
        for capacity in range(25):
            async with room.units.begin() as work:
                for subject in subjects:
                    work.publish(a_registration(subject, capacity=capacity))
        async with relaying(room), relaying(room):
            await until(lambda: _outbox_is_empty(room), "all left")

        records = await read_all(servers, room.settings.topic_prefix + TOPIC)

        seen: dict[str, list[int]] = {}
        for record in records:
            envelope = Envelope.from_headers(record.headers)
            seen.setdefault(envelope.subject, []).append(envelope.sequence)
        assert all(sequences == list(range(1, 26)) for sequences in seen.values())
        assert len(seen) == 40


class TestTheConsumer:
    async def test_ends_rather_than_step_past_what_it_can_neither_take_nor_put_aside(
        self, room: Room, servers: Servers
    ) -> None:
        topic = room.settings.topic_prefix + TOPIC
        await room.pool.execute("DROP TABLE bus.dead_letter")
        await send_raw(servers, topic, [(b"k", b"no event", [])])
        consumer = Consumer(room.settings, room.pool, room.units, probe.reactions, Health())

        with pytest.raises(asyncpg.UndefinedTableError):
            await asyncio.wait_for(consumer.run(asyncio.Event()), 30)
        await consumer.broker.stop()

        assert await room.rows("SELECT * FROM bus.inbox_position WHERE next_offset > 0") == []


class TestTheInbox:
    async def test_makes_room_for_a_day_whose_events_came_first(self, room: Room) -> None:
        in_ten_days = datetime.now(UTC) + timedelta(days=10)
        event_id = UUID(int=(int(in_ten_days.timestamp() * 1000) << 80) | 1)
        await room.pool.execute("INSERT INTO bus.inbox_event VALUES ($1)", event_id)

        async with room.pool.acquire() as connection:
            await inbox.keep_inbox(connection, in_ten_days, timedelta(days=7))
            again = await inbox.remember_events(connection, [event_id])

        partition = f"bus.inbox_event_{in_ten_days:%Y%m%d}"
        assert again == set()
        assert await room.pool.fetchval("SELECT to_regclass($1) IS NOT NULL", partition)
        assert not await room.rows("SELECT * FROM bus.inbox_event_other")


class TestKafkaAway:
    async def test_loses_nothing_and_is_caught_up_with(self, room: Room, servers: Servers) -> None:
        servers.embedded.stop_one("kafka")
        try:
            async with room.units.begin() as work:
                work.publish(a_registration())
            async with relaying(room) as health, consuming(room):
                await until(lambda: _not_ready(health, "can't publish"), "the relay says so")
                waiting = len(await room.outbox())
                await _start_kafka(servers)
                await until(lambda: _has(room, 1), "the event took effect")
                await until(lambda: _is_ready(health), "the relay is well again")
        finally:
            await _start_kafka(servers)

        assert waiting == 1
        assert await effects(room) == 1

    async def test_between_two_events_does_the_same(self, room: Room, servers: Servers) -> None:
        async with relaying(room), consuming(room):
            async with room.units.begin() as work:
                work.publish(a_registration())
            await until(lambda: _has(room, 1), "the first took effect")
            servers.embedded.stop_one("kafka")
            async with room.units.begin() as work:
                work.publish(a_registration())
            await _start_kafka(servers)
            await until(lambda: _has(room, 2), "the second took effect", 60)

        assert await effects(room) == 2


class TestBadRecords:
    async def test_among_good_ones_are_put_aside_and_the_good_ones_take_effect(
        self, room: Room, servers: Servers
    ) -> None:
        topic = room.settings.topic_prefix + TOPIC
        good = [_raw(a_registration()) for _ in range(3)]
        key, value, headers = _raw(a_registration())
        bad = [
            (key, value, [*headers, ("note", None)]),
            (key, value, [*headers, ("note", b"\xff\xfe")]),
            (key, b'{"participant_id": ', headers),
            (key, value, [*headers, ("a\x00b", None)]),
            (key, value, [(n, b"9" * 5000 if n == "ce_sequence" else v) for n, v in headers]),
            (key, value, [h for h in headers if h[0] != "ce_sequence"]),
            (key, value, [(n, b"tandem.unheard-of" if n == "ce_type" else v) for n, v in headers]),
            (b"another key", value, headers),
            (key, value, []),
            (b"key", None, []),
        ]
        await send_raw(servers, topic, [good[0], *bad[:4], good[1], *bad[4:], good[2]])

        async with consuming(room):
            await until(lambda: _has(room, 3), "the good ones took effect")

        dead = await room.rows("SELECT * FROM bus.dead_letter ORDER BY record_offset")
        assert await effects(room) == 3
        assert len(dead) == len(bad)
        assert dead[0]["record_value"] == value
        assert b"note" in dead[0]["header_names"]

    async def test_an_event_that_its_handler_cannot_take_is_found_among_many(
        self, room: Room, servers: Servers
    ) -> None:
        topic = room.settings.topic_prefix + TOPIC
        good = [_raw(a_registration()) for _ in range(30)]
        culprit = _raw(a_registration(department=BUG))
        await send_raw(servers, topic, [*good[:17], culprit, *good[17:]])

        async with consuming(room):
            await until(lambda: _has(room, 30), "the others took effect")

        dead = await room.rows("SELECT record_offset, problem FROM bus.dead_letter")
        assert [row["record_offset"] for row in dead] == [17]
        assert "ProbeBug" in dead[0]["problem"]

    async def test_in_numbers_stop_the_consumer_and_make_it_unready(
        self, room: Room, servers: Servers
    ) -> None:
        topic = room.settings.topic_prefix + TOPIC
        await send_raw(servers, topic, [(b"k", b"no event", []) for _ in range(60)])

        async with consuming(room) as health:
            await until(lambda: _not_ready(health, "dead letters"), "it stopped")
            await send_raw(servers, topic, [_raw(a_registration())])

        assert await effects(room) == 0


def _raw(
    event: ParticipantRegistered,
) -> tuple[bytes, bytes, list[tuple[str, bytes | None]]]:
    story = str(new_id())
    envelope = Envelope(
        id=new_id(), source="/tandem/local/intake", type=event.topic.event_type, time=NOON,
        subject=event.subject, sequence=1, correlation_id=story, causation_id=story, traceparent="",
    )  # fmt: skip
    return event.key.encode(), event.model_dump_json().encode(), list(envelope.headers())


async def _has(room: Room, count: int) -> bool:
    return await effects(room) >= count


async def _outbox_is_empty(room: Room) -> bool:
    return not await room.pool.fetchval("SELECT EXISTS (SELECT FROM bus.outbox)")


async def _start_kafka(servers: Servers) -> None:
    servers.embedded.start_one("kafka")
    await asyncio.to_thread(servers.embedded.wait_until_ready, names=("kafka",))


async def _is_ready(health: Health) -> bool:
    return not health.problems()


async def _not_ready(health: Health, reason: str) -> bool:
    return any(reason in problem for problem in health.problems().values())
