"""Several relays of one service, while Kafka does not answer."""

import asyncio
from uuid import uuid4

from shared.bus.kafka import client_options
from shared.bus.publisher import Publisher
from shared.bus.relay import Relay
from shared.bus.store import outbox
from shared.health import Health
from tests.conftest import OpenRoom
from tests.integration.bus.spine import says
from tests.support.kafka import make_topics
from tests.support.probe import a_registration
from tests.support.room import Room
from tests.support.servers import Servers
from tests.support.until import until


class TestARelayWhoseEventsKafkaHasNotAcknowledged:
    async def test_lets_no_other_one_pass_until_it_has(
        self, servers: Servers, open_room: OpenRoom
    ) -> None:
        prefix = f"t{uuid4().hex[:8]}."
        make_topics(servers, prefix, {})
        room = await open_room("probe", TOPIC_PREFIX=prefix)
        health, stopping = Health(), asyncio.Event()
        publisher = Publisher(client_options(room.settings), patience_seconds=1)
        relay = Relay(room.pool, publisher, health)
        running = asyncio.create_task(relay.run(asyncio.Event(), stopping))
        await _tell_and_see_it_leave(room)

        servers.embedded.stop_one("kafka")
        try:
            await _tell(room)
            await until(lambda: says(health, "does not acknowledge"), "the relay says so")
            free_meanwhile = await _free_lanes(room)
        finally:
            servers.embedded.start_one("kafka")
            await asyncio.to_thread(servers.embedded.wait_until_ready, names=("kafka",))
        await until(lambda: _has_left(room), "the event left", 60)

        stopping.set()
        await running
        assert free_meanwhile == []
        assert len(await _free_lanes(room)) == outbox.LANES


class TestRelaysSideBySide:
    async def test_share_the_work_while_much_waits(
        self, servers: Servers, open_room: OpenRoom
    ) -> None:
        prefix = f"t{uuid4().hex[:8]}."
        make_topics(servers, prefix, {})
        room = await open_room("probe", TOPIC_PREFIX=prefix)
        async with room.units.begin() as work:
            for _ in range(4_000):
                work.publish(a_registration())
        relays = [
            Relay(room.pool, Publisher(client_options(room.settings)), Health(), batch_size=100)
            for _ in range(2)
        ]

        done = await asyncio.gather(*(_relay_all(relay, room) for relay in relays))

        assert sum(done) == 4_000
        assert min(done) >= 1_000


async def _relay_all(relay: Relay, room: Room) -> int:
    """Relay until nothing waits; returns how many events this one has published."""
    count = 0
    while not await _has_left(room):
        count += await relay.relay_batch()
    await relay.close()
    return count


async def _tell(room: Room) -> None:
    async with room.units.begin() as work:
        work.publish(a_registration())


async def _tell_and_see_it_leave(room: Room) -> None:
    await _tell(room)
    await until(lambda: _has_left(room), "the first event left")


async def _has_left(room: Room) -> bool:
    return not await room.outbox()


async def _free_lanes(room: Room) -> list[int]:
    """What another relay could have."""
    async with room.pool.acquire() as connection, connection.transaction():
        return await outbox.lock_free_lanes(connection, range(outbox.LANES))
