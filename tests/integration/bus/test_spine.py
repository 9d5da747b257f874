"""The spine from outbox to effect, on real servers."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from prometheus_client import REGISTRY

from shared.bus.consumer import Consumer
from shared.bus.store import inbox
from shared.health import Health
from shared.ids import new_id
from shared.metrics import DEAD_LETTERS_WAITING
from tandem_events import Envelope
from tests.integration.bus.spine import (
    TOPIC,
    consuming,
    effects,
    has,
    is_ready,
    not_ready,
    outbox_is_empty,
    relaying,
    says,
)
from tests.support import probe
from tests.support.kafka import read_all, send_raw
from tests.support.probe import a_registration
from tests.support.room import Room
from tests.support.servers import Servers
from tests.support.until import until


class TestTheSpine:
    async def test_brings_a_thousand_events_to_effect_once_each(self, room: Room) -> None:
        async with room.units.begin() as work:
            for _ in range(1000):
                work.publish(a_registration())

        async with relaying(room), consuming(room):
            await until(lambda: has(room, 1000), "all events took effect")

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
            await until(lambda: outbox_is_empty(room), "all left")

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
            await until(lambda: outbox_is_empty(room), "all left")

        records = await read_all(servers, room.settings.topic_prefix + TOPIC)

        seen: dict[str, list[int]] = {}
        for record in records:
            envelope = Envelope.from_headers(record.headers)
            seen.setdefault(envelope.subject, []).append(envelope.sequence)
        assert all(sequences == list(range(1, 26)) for sequences in seen.values())
        assert len(seen) == 40


class TestTheConsumer:
    async def test_says_that_a_topic_was_made_anew_behind_its_back(self, room: Room) -> None:
        topic = room.settings.topic_prefix + TOPIC
        await room.pool.execute(
            "INSERT INTO bus.inbox_position VALUES ($1, $2, 0, 20)",
            room.settings.consumer_group, topic,
        )  # fmt: skip

        async with consuming(room) as health:
            await until(lambda: says(health, "made anew"), "it says so")

    async def test_counts_the_dead_letters_that_wait_also_those_of_earlier_processes(
        self, room: Room, servers: Servers
    ) -> None:
        topic = room.settings.topic_prefix + TOPIC
        await send_raw(servers, topic, [(b"k", b"no event", [])])
        async with consuming(room):
            await until(lambda: _have_died(room, 1), "it died")
        DEAD_LETTERS_WAITING.set(0)

        async with consuming(room):
            await until(_one_waits, "it is counted")

    async def test_ends_rather_than_step_past_what_it_can_neither_take_nor_put_aside(
        self, room: Room, servers: Servers
    ) -> None:
        topic = room.settings.topic_prefix + TOPIC
        await room.pool.execute("ALTER TABLE bus.dead_letter ADD CHECK (times < 1)")
        await send_raw(servers, topic, [(b"k", b"no event", [])])
        consumer = Consumer(room.settings, room.pool, room.units, probe.reactions, Health())

        with pytest.raises(asyncpg.CheckViolationError):
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
                await until(lambda: not_ready(health, "can't publish"), "the relay says so")
                waiting = len(await room.outbox())
                await _start_kafka(servers)
                await until(lambda: has(room, 1), "the event took effect")
                await until(lambda: is_ready(health), "the relay is well again")
        finally:
            await _start_kafka(servers)

        assert waiting == 1
        assert await effects(room) == 1

    async def test_between_two_events_does_the_same(self, room: Room, servers: Servers) -> None:
        async with relaying(room), consuming(room):
            async with room.units.begin() as work:
                work.publish(a_registration())
            await until(lambda: has(room, 1), "the first took effect")
            servers.embedded.stop_one("kafka")
            async with room.units.begin() as work:
                work.publish(a_registration())
            await _start_kafka(servers)
            await until(lambda: has(room, 2), "the second took effect", 60)

        assert await effects(room) == 2


async def _start_kafka(servers: Servers) -> None:
    servers.embedded.start_one("kafka")
    await asyncio.to_thread(servers.embedded.wait_until_ready, names=("kafka",))


async def _have_died(room: Room, count: int) -> bool:
    return bool(await room.pool.fetchval("SELECT count(*) FROM bus.dead_letter") == count)


async def _one_waits() -> bool:
    return REGISTRY.get_sample_value("tandem_dead_letters_waiting") == 1
