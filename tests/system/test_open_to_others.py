"""Other teams and HR systems are let in and out; states are told again: from the command line."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from deploy.cli.first_start import SAMPLE
from tandem_events import Envelope, decode
from tests.support.kafka import read_all
from tests.support.servers import servers_of
from tests.support.until import until
from tests.system.running import Running, running_tandem


@pytest.fixture(scope="module")
def tandem(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_tandem(tmp_path_factory.mktemp("open") / "tandem", "--empty") as running:
        yield running


class TestAnotherTeam:
    async def test_is_let_in_reads_and_is_let_out(self, tandem: Running, tmp_path: Path) -> None:
        async def run(*words: str) -> Any:
            return await asyncio.to_thread(tandem.tandem, *words)

        made = await run("programme", "create", "Mentoring 2027")
        file = tmp_path / "kafka.json"

        facts = await run("consumers", "add", "analytics", "--file", str(file))

        access = json.loads(file.read_text())
        assert facts["user"] == access["sasl_plain_username"] == "team-analytics"
        assert file.stat().st_mode & 0o077 == 0
        assert await run("consumers", "list") == ["analytics"]
        assert made["programme_id"] == (await _first_event(access, "programme-changed"))["key"]

        await run("consumers", "remove", "analytics")

        assert await run("consumers", "list") == []
        await until(lambda: _is_refused(access), "it gets in no more")

    def test_has_a_name_that_can_stand_in_a_users_name(self, tandem: Running) -> None:
        refusal = tandem.failure("consumers", "add", "Tea.m")

        assert "is no name for a team" in refusal["error"]


class TestAnHrSystem:
    def test_gets_a_token_that_can_be_revoked(self, tandem: Running) -> None:
        made = tandem.tandem("scim-token", "create", "Entra", "--days", "90")

        def pushed() -> int:
            headers = {"Authorization": f"Bearer {made['token']}"}
            return httpx.get(f"{made['address']}/Users", headers=headers, timeout=30).status_code

        assert pushed() == 200

        tandem.tandem("scim-token", "revoke", made["token_id"])

        assert pushed() == 401
        [listed] = tandem.tandem("scim-token", "list")
        assert listed["token_id"] == made["token_id"]
        assert listed["revoked_at"] is not None
        assert "token" not in listed


class TestRepublishing:
    async def test_tells_every_state_of_a_topic_again(self, tandem: Running) -> None:
        people = str(SAMPLE / "people.csv")
        imported = await asyncio.to_thread(tandem.tandem, "import", "people", people)

        told = await asyncio.to_thread(
            tandem.tandem, "republish", "person-contact", "--batch", "100"
        )

        assert told == {"topic": "person-contact", "republished": imported["rows"]}
        servers = servers_of(tandem.installation.servers)

        async def all_came_twice() -> bool:
            records = await read_all(servers, "person-contact")
            envelopes = [Envelope.from_headers(record.headers) for record in records]
            assert {envelope.sequence for envelope in envelopes} <= {1}
            assert len(envelopes) == len({envelope.id for envelope in envelopes})
            return len(envelopes) == 2 * int(imported["rows"])

        await until(all_came_twice, "each state came twice, under one version")

    def test_of_facts_is_refused_with_a_sentence(self, tandem: Running) -> None:
        refusal = tandem.failure("republish", "pair-formed")

        assert "holds facts, which Kafka keeps" in refusal["error"]

    def test_of_a_topic_that_is_not_there_is_refused(self, tandem: Running) -> None:
        refusal = tandem.failure("republish", "nonsense")

        assert "There is no topic nonsense" in refusal["error"]


async def _first_event(access: dict[str, str], topic: str) -> dict[str, Any]:
    consumer = AIOKafkaConsumer(topic, group_id="team.analytics.test", **access)
    async with consumer, asyncio.timeout(30):
        record = await consumer.getone()
    assert decode(record.headers, record.value).event is not None
    return {"key": (record.key or b"").decode()}


async def _is_refused(access: dict[str, str]) -> bool:
    consumer = AIOKafkaConsumer("programme-changed", **access)
    try:
        await consumer.start()
    except KafkaError:
        return True
    else:
        return False
    finally:
        await consumer.stop()
