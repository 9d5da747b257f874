"""The previous and the next version of a contract on one topic of a real Kafka."""

import asyncio
from uuid import uuid4

import pytest

from shared.bus.consumer import Consumer
from shared.bus.kafka import client_options
from shared.bus.publisher import Publisher
from shared.bus.relay import Relay
from shared.health import Health
from tandem_events import ParticipantRegistered, decode
from tests.conftest import OpenRoom
from tests.support.kafka import make_topics, read_all
from tests.support.newer import NewerRegistration, newer, read_by_newer
from tests.support.probe import a_registration, reactions
from tests.support.room import Room
from tests.support.servers import Servers
from tests.support.until import until


@pytest.fixture
async def room(servers: Servers, open_room: OpenRoom) -> Room:
    """A service whose outbox has told, in turn, with the older and with the newer contracts."""
    prefix = f"n{uuid4().hex[:8]}."
    make_topics(servers, prefix, {})
    room = await open_room("probe", TOPIC_PREFIX=prefix)
    for capacity in range(1, 21):
        registration = a_registration(capacity=capacity)
        async with room.units.begin() as work:
            work.publish(registration)
            work.publish(newer(registration, role="observer", remote=True))
    relay = Relay(room.pool, Publisher(client_options(room.settings)), Health())
    while await relay.relay_batch():
        pass
    return room


class TestVersionsOnOneTopic:
    async def test_all_take_effect_at_an_older_reader(self, room: Room) -> None:
        stopping = asyncio.Event()
        consumer = Consumer(room.settings, room.pool, room.units, reactions, Health())
        running = asyncio.ensure_future(consumer.run(stopping))

        await until(lambda: _effects(room, 40), "both versions took effect")
        stopping.set()
        await running

        assert await room.rows("SELECT * FROM bus.dead_letter") == []

    async def test_are_all_read_by_a_newer_reader(
        self, room: Room, servers: Servers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read_by_newer(monkeypatch)
        topic = room.settings.topic_prefix + ParticipantRegistered.topic.name

        records = await read_all(servers, topic)

        events = [decode(record.headers, record.value).event for record in records]
        told = [(e.role, e.remote) for e in events if isinstance(e, NewerRegistration)]
        assert sorted(told) == [("mentor", False)] * 20 + [("observer", True)] * 20


async def _effects(room: Room, wanted: int) -> bool:
    return bool(await room.pool.fetchval("SELECT coalesce(sum(times), 0) FROM effect") == wanted)
