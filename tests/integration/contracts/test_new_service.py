"""A service that starts from nothing on compacted topics comes to what the others know."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from deploy.services import SERVICES, topics_read_by
from shared.auth import Role
from shared.bus.consumer import Consumer
from shared.bus.kafka import client_options
from shared.bus.publisher import Publisher
from shared.bus.relay import Relay
from shared.health import Health
from tandem_events import TOPICS, Envelope, Kind
from tests.conftest import OpenRoom
from tests.integration.intake.company import (
    a_person,
    an_open_programme,
    call,
    import_people,
    participants,
    register,
)
from tests.support.kafka import count_records, make_topics, read_all
from tests.support.room import Room
from tests.support.servers import Servers
from tests.support.until import until

PEOPLE = 30
VERSIONS = 8
STATES = [topic.name for topic in TOPICS if topic.kind is Kind.STATE]
READERS = [service for service in SERVICES if topics_read_by(service)]
CURRENT = {
    "matching": ("programme", "candidate WHERE active"),
    "checkins": ("programme", "participant WHERE time_zone IS NOT NULL"),
    "notifications": ("programme", "contact", "participant WHERE role IS NOT NULL"),
}
"""What each service keeps of states that have not ended."""


@pytest.fixture
def prefix(servers: Servers) -> Iterator[str]:
    """Topics that are compacted within moments."""
    prefix = f"c{uuid4().hex[:8]}."
    make_topics(servers, prefix, {service: topics_read_by(service) for service in SERVICES})
    admin = servers.admin_client()
    quick = {"min.compaction.lag.ms": "0", "segment.ms": "50", "min.cleanable.dirty.ratio": "0.001"}
    for name in STATES:
        _configure(admin, ResourceType.TOPIC, prefix + name, quick)
    broker = str(next(iter(admin.list_topics(timeout=10).brokers)))
    _configure(admin, ResourceType.BROKER, broker, {"log.cleaner.backoff.ms": "100"})
    yield prefix
    _configure(admin, ResourceType.BROKER, broker, {"log.cleaner.backoff.ms": None})


class TestANewService:
    async def test_that_starts_on_compacted_topics_knows_what_the_others_know(
        self, servers: Servers, open_room: OpenRoom, prefix: str
    ) -> None:
        intake = await open_room("intake", TOPIC_PREFIX=prefix)
        await a_company_that_changes(intake)
        await relay_all(intake)
        old = {name: await open_room(name, TOPIC_PREFIX=prefix) for name in CURRENT}
        for room in old.values():
            await catch_up(room, servers)
        await republish_all(intake)
        await compacted(servers, intake, prefix)
        for name, room in old.items():
            await catch_up(room, servers)
            _forget_group(servers, room)
            new = await open_room(name, TOPIC_PREFIX=prefix)

            await catch_up(new, servers)

            known = await current(new)
            assert known == await current(room)
            assert all(known)
            assert await new.rows("SELECT * FROM bus.dead_letter") == []


class TestRepublishing:
    async def test_changes_nothing_at_who_is_up_to_date(
        self, servers: Servers, open_room: OpenRoom, prefix: str
    ) -> None:
        intake = await open_room("intake", TOPIC_PREFIX=prefix)
        await a_company_that_changes(intake)
        await relay_all(intake)
        rooms = [await open_room(name, TOPIC_PREFIX=prefix) for name in CURRENT]
        for room in rooms:
            await catch_up(room, servers)
        before = [await everything(room) for room in rooms]

        await republish_all(intake)
        for room in rooms:
            await catch_up(room, servers)

        assert [await everything(room) for room in rooms] == before

    async def test_brings_back_what_a_consumer_has_lost(
        self, servers: Servers, open_room: OpenRoom, prefix: str
    ) -> None:
        intake = await open_room("intake", TOPIC_PREFIX=prefix)
        await a_company_that_changes(intake)
        await relay_all(intake)
        room = await open_room("notifications", TOPIC_PREFIX=prefix)
        await catch_up(room, servers)
        before = await current(room)
        await room.pool.execute("DELETE FROM contact")

        await republish_all(intake)
        await catch_up(room, servers)

        assert await current(room) == before


async def a_company_that_changes(intake: Room) -> None:
    """People who register, change their minds again and again, and partly leave."""
    programme_id = await an_open_programme(intake)
    for version in range(1, VERSIONS + 1):
        people = [a_person(n, seniority=version, name=f"P{n} v{version}") for n in range(PEOPLE)]
        await import_people(intake, *people)
        items = [
            {"employee_number": f"E{n}", "role": "mentor", "capacity": version}
            for n in range(PEOPLE)
        ]
        assert (await register(intake, programme_id, *items)).is_success
    known = await participants(intake, programme_id)
    for gone in [item["participant_id"] for item in known.values()][:5]:
        path = f"/v1/registrations/{gone}/withdraw"
        assert (await call(intake, "POST", path, {"reason": "own-wish"})).is_success


async def republish_all(intake: Room) -> None:
    for topic in STATES:
        answer = await call(intake, "POST", "/v1/republish", {"topic": topic}, Role.OPERATOR)
        assert answer.json()["done"]
    await relay_all(intake)


async def relay_all(room: Room) -> None:
    publisher = Publisher(client_options(room.settings))
    relay = Relay(room.pool, publisher, Health())
    while await relay.relay_batch():
        pass
    await publisher.close()


async def catch_up(room: Room, servers: Servers) -> None:
    """Let a service consume until nothing is left."""
    settings = room.settings
    ends = _ends(servers, room)
    async with consuming(room):
        await until(lambda: _is_past(room, ends), f"{settings.service} has caught up")


@asynccontextmanager
async def consuming(room: Room) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    consumer = Consumer(room.settings, room.pool, room.units, room.service.reactions, Health())
    running = asyncio.ensure_future(consumer.run(stopping))
    try:
        yield
    finally:
        stopping.set()
        await running


async def compacted(servers: Servers, intake: Room, prefix: str) -> None:
    """Wait until Kafka has really dropped old versions, while the topics' last segments roll."""
    told = {name: count_records(servers.admin_client(), prefix + name) for name in STATES}

    async def few_are_left() -> bool:
        await republish_all(intake)  # a write after segment.ms rolls the segment
        records = await read_all(servers, prefix + "participant-registered")
        versions = [Envelope.from_headers(record.headers).sequence for record in records]
        return len(records) < told["participant-registered"] and min(versions) > VERSIONS

    await until(few_are_left, "the old versions are compacted away", 60)


async def current(room: Room) -> list[list[Any]]:
    """What the service knows of states that have not ended."""
    return [await _rows(room, table) for table in CURRENT[room.settings.service]]


async def everything(room: Room) -> dict[str, object]:
    """All that the service's own tables hold."""
    tables = await room.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row["tablename"]: await _rows(room, row["tablename"]) for row in tables}


async def _rows(room: Room, table: str) -> list[Any]:
    rows = await room.rows(f"SELECT to_jsonb(t) AS row FROM (SELECT * FROM {table}) AS t")  # noqa: S608
    return sorted(rows and [row["row"] for row in rows], key=str)


def _ends(servers: Servers, room: Room) -> dict[str, int]:
    prefix = room.settings.topic_prefix
    return {
        prefix + event.topic.name: count_records(
            servers.admin_client(), prefix + event.topic.name
        )
        for event in room.service.reactions.event_classes
    }  # fmt: skip


async def _is_past(room: Room, ends: dict[str, int]) -> bool:
    places = await room.rows(
        "SELECT topic, sum(next_offset) AS offset FROM bus.inbox_position GROUP BY topic"
    )
    reached = {row["topic"]: row["offset"] for row in places}
    return all(reached.get(topic, 0) >= end for topic, end in ends.items())


def _forget_group(servers: Servers, room: Room) -> None:
    """Let the group begin anew, as a service that has never been there."""
    admin = servers.admin_client()  # named: collected, it would drop the request
    groups = admin.delete_consumer_groups([room.settings.consumer_group])
    for done in groups.values():
        done.result(30)


def _configure(
    admin: AdminClient, kind: ResourceType, name: str, values: Mapping[str, str | None]
) -> None:
    entries = [
        ConfigEntry(
            setting,
            value or "",
            incremental_operation=AlterConfigOpType.SET if value else AlterConfigOpType.DELETE,
        )
        for setting, value in values.items()
    ]
    resource = ConfigResource(kind, name, incremental_configs=entries)
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(30)
