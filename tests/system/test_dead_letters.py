"""An operator's way with dead letters, in a running Tandem, from the command line."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.support.databases import as_superuser
from tests.support.kafka import send_raw
from tests.support.servers import servers_of
from tests.support.until import until
from tests.system.running import Running, running_tandem


@pytest.fixture(scope="module")
def tandem(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_tandem(tmp_path_factory.mktemp("letters") / "tandem", "--empty") as running:
        yield running


async def waiting(running: Running, service: str, topic: str) -> list[dict[str, Any]]:
    """The dead letters of a service from a topic, once there are some."""
    words = ("dead-letters", "list", "--service", service, "--topic", topic)
    found: list[dict[str, Any]] = []

    async def there_are_some() -> bool:
        found[:] = await asyncio.to_thread(running.tandem, *words)
        return bool(found)

    await until(there_are_some, "a dead letter is listed")
    return found


async def audit(running: Running, service: str, letter: str) -> list[tuple[str, str]]:
    with running.installation.api(service) as api:
        entries = api.get("/v1/audit", about=letter)["items"]
    return [(entry["who"], entry["action"]) for entry in entries]


class TestAPoisonedTopic:
    async def test_is_listed_shown_and_discarded_and_that_is_audited(self, tandem: Running) -> None:
        servers = servers_of(tandem.installation.servers)
        await send_raw(
            servers, "participant-unplaced", [(b"k", b'{"half": ', [("n\udcffte", b"x")])]
        )
        (letter,) = await waiting(tandem, "notifications", "participant-unplaced")

        shown = tandem.tandem("dead-letters", "show", letter["id"])
        unasked = tandem.failure("dead-letters", "discard", letter["id"])
        discarded = tandem.tandem("dead-letters", "discard", letter["id"], "--yes")
        events = tandem.lines("events", "--topic", "participant-unplaced")
        left = tandem.tandem("dead-letters", "list", "--topic", "participant-unplaced")

        assert shown["service"] == "notifications"
        assert shown["value"]["utf8"] == '{"half": '
        assert [header["name"] for header in shown["headers"]] == ["n\\xffte"]
        assert [event["data"].keys() for event in events] == [{"unreadable"}]
        assert "--yes" in unasked["error"]
        assert [each["state"] for each in discarded] == ["discarded"]
        assert left == []
        assert await audit(tandem, "notifications", letter["id"]) == [
            ("tandem-command", "dead-letter.read"),
            ("tandem-command", "dead-letter.discarded"),
        ]


class TestAnEventThatItsHandlerCannotTake:
    async def test_is_replayed_when_the_cause_is_mended_and_all_of_it_is_audited(
        self, tandem: Running
    ) -> None:
        await as_superuser(
            tandem.installation.servers, "matching", "ALTER TABLE programme RENAME TO mislaid"
        )
        created = tandem.tandem("programme", "create", "Mentoring 2027")
        await waiting(tandem, "matching", "programme-changed")
        too_early = tandem.failure("dead-letters", "replay", "--all", "--service", "matching")
        await as_superuser(
            tandem.installation.servers, "matching", "ALTER TABLE mislaid RENAME TO programme"
        )

        replayed = tandem.tandem("dead-letters", "replay", "--all")
        again = tandem.tandem("dead-letters", "replay", replayed[0]["id"])

        assert {each["state"] for each in too_early} == {"waiting"}
        assert "UndefinedTableError" in too_early[0]["error"]
        assert {each["state"] for each in [*replayed, *again]} == {"replayed"}
        assert tandem.tandem("programme", "show", created["programme_id"])["pool"]["mentees"] == 0
        assert await audit(tandem, "matching", replayed[0]["id"]) == [
            ("tandem-command", "dead-letter.replay-failed"),
            ("tandem-command", "dead-letter.replayed"),
        ]


class TestMistakes:
    def test_are_explained(self, tandem: Running) -> None:
        nothing = tandem.failure("dead-letters", "replay")
        unknown = tandem.failure("dead-letters", "show", str(new_id()))
        no_topic = tandem.failure("dead-letters", "list", "--topic", "session-rate")
        deaf = tandem.failure("dead-letters", "list", "--service", "portal")

        assert "--all" in nothing["error"]
        assert "There is no dead letter" in unknown["error"]
        assert "No service listens to session-rate" in no_topic["error"]
        assert "listens to no topic" in deaf["error"]

    def test_of_calling_without_being_an_operator_are_refused(self, tandem: Running) -> None:
        token = tandem.tandem("token", "--role", Role.COORDINATOR)["token"]
        answer = httpx.get(
            tandem.installation.url("matching") + "/v1/dead-letters",
            headers={"Authorization": f"Bearer {token}"},
        )

        assert answer.status_code == 403
