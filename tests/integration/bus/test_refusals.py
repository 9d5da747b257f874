"""What Kafka refuses does not hold up what it would take."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
)

from shared.bus.kafka import client_options
from shared.bus.publisher import Publisher
from shared.bus.relay import Relay
from shared.health import Health
from shared.ids import new_id
from tandem_events import (
    Envelope,
    ParticipantRegistered,
    ParticipantUnplaced,
    ParticipantWithdrawn,
)
from tests.conftest import OpenRoom
from tests.integration.bus.spine import says
from tests.support.kafka import make_topics, read_all
from tests.support.probe import a_registration
from tests.support.room import NOON, Room
from tests.support.servers import Servers
from tests.support.until import LOOK_EVERY_SECONDS, until

TOPIC = ParticipantRegistered.topic.name


@pytest.fixture
async def room(servers: Servers, open_room: OpenRoom) -> Room:
    """Intake, which may write its own topics only, and no large message."""
    prefix = f"t{uuid4().hex[:8]}."
    make_topics(servers, prefix, {"intake": []})
    _take_at_most(servers, prefix + TOPIC, 10_000)
    return await open_room("intake", TOPIC_PREFIX=prefix)


@asynccontextmanager
async def relaying(room: Room) -> AsyncIterator[Health]:
    health, stopping = Health(), asyncio.Event()
    relay = Relay(room.pool, Publisher(client_options(room.settings)), health)
    task = asyncio.create_task(relay.run(asyncio.Event(), stopping))
    try:
        yield health
    finally:
        stopping.set()
        await asyncio.wait_for(task, 15)


class TestAnEventThatKafkaRefuses:
    async def test_stays_while_all_others_leave_in_order(
        self, room: Room, servers: Servers
    ) -> None:
        refused, fine = new_id(), new_id()
        async with room.units.begin() as work:
            work.publish(a_registration(fine))
            work.publish(a_registration(refused))
            work.publish(_large(a_registration(refused)))
            work.publish(a_registration(refused))
            for _ in range(20):
                work.publish(a_registration())
            work.publish(a_registration(fine))

        async with relaying(room) as health:
            await until(lambda: _left(room, 2), "all but the refused one and its follower left")
            await until(lambda: says(health, f"{TOPIC} (MessageSizeTooLarge)"), "it says why")

        records = await read_all(servers, room.settings.topic_prefix + TOPIC)
        assert [row["sequence"] for row in await room.outbox()] == [2, 3]
        assert _first_seen(records, str(fine)) == [1, 2]
        assert _first_seen(records, str(refused)) == [1]

    async def test_lets_nothing_of_its_key_pass_however_large_they_are(
        self, room: Room, servers: Servers
    ) -> None:
        whole = room.settings.topic_prefix + TOPIC
        first, second = new_id(), new_id()
        async with room.units.begin() as work:
            for subject, sizes in ((first, (300_000, 1, 1)), (second, (1, 300_000, 1))):
                for size in sizes:
                    work.publish(_large(a_registration(subject), size))

        async with relaying(room) as health:
            await until(lambda: says(health, "MessageSizeTooLarge"), "it is refused")
            await until(lambda: _left(room, 5), "the one before the refused one left")
            _take_at_most(servers, whole, 1_000_000)
            await until(lambda: _left(room, 0), "all left")

        records = await read_all(servers, whole)
        assert _sequences(records, str(first)) == [1, 2, 3]
        assert _sequences(records, str(second)) == [1, 2, 3]

    async def test_because_a_right_comes_late_keeps_the_order(
        self, room: Room, servers: Servers
    ) -> None:
        subject, topic = new_id(), room.settings.topic_prefix + ParticipantUnplaced.topic.name
        async with room.units.begin() as work:
            for _ in range(3):
                work.publish(_of_matching(subject, "x" * 200_000))

        async with relaying(room) as health:
            await until(lambda: says(health, "TopicAuthorizationFailed"), "it is refused")
            _let_write(servers, "tandem-intake", topic)
            await until(lambda: _left(room, 0), "all left")

        assert _sequences(await read_all(servers, topic), str(subject)) == [1, 2, 3]

    async def test_because_its_topic_is_not_there_holds_up_nothing_else(
        self, room: Room, servers: Servers
    ) -> None:
        topic = room.settings.topic_prefix + ParticipantWithdrawn.topic.name
        _delete(servers, topic)
        async with room.units.begin() as work:
            work.publish(_withdrawal())
            for _ in range(20):
                work.publish(a_registration())

        async with relaying(room) as health:
            await until(lambda: _left(room, 1), "all others left")
            await until(lambda: says(health, "withdrawn ("), "it says which topic")

        records = await read_all(servers, room.settings.topic_prefix + TOPIC)
        assert len(records) == 20

    async def test_leaves_once_the_reason_is_gone(self, room: Room, servers: Servers) -> None:
        async with room.units.begin() as work:
            work.publish(_large(a_registration()))

        async with relaying(room) as health:
            await until(lambda: says(health, "MessageSizeTooLarge"), "it is refused")
            _take_at_most(servers, room.settings.topic_prefix + TOPIC, 100_000)
            await until(lambda: _left(room, 0), "it left")
            await until(lambda: _is_well(health), "the relay is well again")

    async def test_because_of_its_topic_holds_up_that_topic_alone(self, room: Room) -> None:
        async with room.units.begin() as work:
            for _ in range(30):
                work.publish(_of_matching())
                work.publish(a_registration())

        async with relaying(room) as health:
            await until(lambda: _left(room, 30), "intake's own events left")
            await until(lambda: says(health, "unplaced (TopicAuthorizationFailed"), "it says so")

        waiting = {row["type"] for row in await room.outbox()}
        assert waiting == {ParticipantUnplaced.topic.event_type}


def _take_at_most(servers: Servers, topic: str, size: int) -> None:
    change = ConfigEntry(
        "max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET
    )
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[change])
    admin = servers.admin_client()
    for outcome in admin.incremental_alter_configs([resource]).values():
        outcome.result(30)
    asked = ConfigResource(ConfigResource.Type.TOPIC, topic)
    for _ in range(600):  # the broker follows the controller's notes a moment later
        [now] = admin.describe_configs([asked]).values()
        if now.result(30)["max.message.bytes"].value == str(size):
            return
        time.sleep(LOOK_EVERY_SECONDS)
    raise AssertionError("the broker does not know the new limit")


def _large(registration: ParticipantRegistered, size: int = 20_000) -> ParticipantRegistered:
    return registration.model_copy(update={"time_zone": "x" * size})


def _of_matching(
    participant_id: UUID | None = None, reason: str = "no-place-left"
) -> ParticipantUnplaced:
    return ParticipantUnplaced(
        participant_id=participant_id or new_id(), programme_id=new_id(), run_id=new_id(),
        reason=reason, published_at=NOON,
    )  # fmt: skip


def _withdrawal() -> ParticipantWithdrawn:
    return ParticipantWithdrawn(
        participant_id=new_id(), person_id=new_id(), programme_id=new_id(), reason="other",
        withdrawn_at=NOON,
    )  # fmt: skip


def _let_write(servers: Servers, user: str, topic: str) -> None:
    right = AclBinding(
        ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, f"User:{user}", "*",
        AclOperation.WRITE, AclPermissionType.ALLOW,
    )  # fmt: skip
    admin = servers.admin_client()
    for outcome in admin.create_acls([right]).values():
        outcome.result(30)


def _delete(servers: Servers, topic: str) -> None:
    admin = servers.admin_client()
    for outcome in admin.delete_topics([topic]).values():
        outcome.result(30)


def _sequences(records: "list[ConsumerRecord[bytes, bytes]]", subject: str) -> list[int]:
    """A subject's sequences as they stand on the topic."""
    envelopes = [Envelope.from_headers(record.headers) for record in records]
    return [e.sequence for e in envelopes if e.subject == subject]


def _first_seen(records: "list[ConsumerRecord[bytes, bytes]]", subject: str) -> list[int]:
    """The sequences of a subject in the order in which each was first there."""
    return list(dict.fromkeys(_sequences(records, subject)))


async def _left(room: Room, count: int) -> bool:
    return len(await room.outbox()) == count


async def _is_well(health: Health) -> bool:
    return not health.problems()
