"""What a service says when it is asked what it has to do, also when it can't know."""

from typing import Any

import httpx
import pytest

from shared.bus import pending
from shared.bus.pending import Pending
from shared.health import Health
from shared.internal import build_internal
from tests.conftest import OpenRoom
from tests.support.kafka import make_topics
from tests.support.room import Room
from tests.support.servers import Servers
from tests.support.until import until


async def ask(room: Room, *topics: str) -> tuple[int, Any]:
    """Ask on the internal port; returns the status and what was said."""
    look = Pending(room.settings, room.units, topics, (), ()).look
    transport = httpx.ASGITransport(build_internal(Health(), look))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        answer = await client.get("/pending")
    return answer.status_code, answer.json()


class TestPending:
    async def test_says_what_waits_and_how_much_there_has_been(
        self, open_room: OpenRoom, servers: Servers
    ) -> None:
        room = await open_room("probe", TOPIC_PREFIX="pending.")
        make_topics(servers, "pending.", {})

        async def settled() -> bool:  # a new topic's leaders are found in a moment
            return (await ask(room, "pending.participant-registered"))[0] == 200

        await until(settled, "the new topic can be looked at")
        _, said = await ask(room, "pending.participant-registered")

        assert (said["outbox"], said["lag"], said["next_due"]) == (0, 0, None)

    async def test_says_which_topic_is_not_there(self, open_room: OpenRoom) -> None:
        room = await open_room("probe")

        status, said = await ask(room, "nowhere.a", "nowhere.b")

        assert status == 503
        assert said["reason"] == "there is no topic nowhere.a and no nowhere.b on Kafka"

    async def test_says_that_the_database_is_away(self, open_room: OpenRoom) -> None:
        room = await open_room("probe")
        await room.pool.close()

        status, said = await ask(room)

        assert status == 503
        assert said["reason"].startswith("the database does not answer")

    async def test_says_that_kafka_is_away(
        self, open_room: OpenRoom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pending, "_PATIENCE_SECONDS", 1)
        room = await open_room("probe", KAFKA_BOOTSTRAP="127.0.0.1:1")

        status, said = await ask(room, "participant-registered")

        assert status == 503
        assert said["reason"].startswith("Kafka does not say where its topics end")

    async def test_says_that_the_service_is_still_starting(self) -> None:
        async def nobody_knows() -> None:
            return None

        transport = httpx.ASGITransport(build_internal(Health(), nobody_knows))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            answer = await client.get("/pending")

        assert answer.status_code == 503
        assert answer.json() == {"reason": "the service is still starting"}
