"""The main job on real input: an HR file becomes pairs, and both partners are told by mail."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import ConsumerRecord
from jsonschema import Draft202012Validator, FormatChecker

from deploy.embedded.mailbox import Mail, read_mailbox
from services.notifications.sending import BATCH
from tandem_events import EVENTS, TOPICS, Envelope
from tests.support.kafka import read_all
from tests.support.servers import servers_of
from tests.support.until import until
from tests.system.company import Company, make_company
from tests.system.optimum import best_total
from tests.system.running import Running, running_tandem

SCHEMAS = Path(__file__).parents[2] / "docs" / "events"
PAIRS, UNPLACED = 786, 291
MAILS = 2 * PAIRS + UNPLACED


@dataclass(frozen=True)
class Outcome:
    """What is there when everything has come to rest."""

    company: Company
    running: Running
    programme: str
    run: dict[str, Any]
    mails: list[Mail]
    records: "list[ConsumerRecord[bytes, bytes]]"
    killed: bool

    async def rows(self, service: str, query: str) -> list[asyncpg.Record]:
        servers = self.running.installation.servers
        password = servers.secrets.password("postgres-superuser")
        connection = await asyncpg.connect(
            servers.postgres_dsn("postgres", password, f"tandem_{service}")
        )
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()


@pytest.fixture(scope="module", params=[False, True], ids=["undisturbed", "each-service-killed"])
async def outcome(
    request: pytest.FixtureRequest, hr_employees: Path, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    folder = tmp_path_factory.mktemp("company")
    company = make_company(hr_employees, folder)
    settings = {"TANDEM_SEND_TIMEOUT_SECONDS": "2"}
    with running_tandem(folder / "tandem", "--empty", **settings) as running:
        yield await _live_through(company, running, killing=request.param)


async def _live_through(company: Company, running: Running, *, killing: bool) -> Outcome:
    """Import, register, match, publish; with `killing`, SIGKILL each service amid its work."""

    def perhaps_kill(service: str) -> None:
        if killing:
            running.kill(service)

    mapping = f"--mapping={company.people_mapping}"
    running.tandem("import", "people", str(company.file), mapping)
    programme = running.tandem("programme", "create", "Mentoring 2027")["programme_id"]
    mapping = f"--mapping={company.registration_mapping}"
    running.tandem("programme", "register", programme, str(company.file), mapping)
    perhaps_kill("intake")
    await until(lambda: _all_in_pool(running, programme), "all 1,470 are in the pool", 60)
    with running.installation.api("matching") as matching:
        run_id = matching.post(f"/v1/programmes/{programme}/runs")["run_id"]
    perhaps_kill("matching")
    await until(lambda: _is_proposed(running, run_id), "the run is proposed", 90)
    run = running.tandem("match", "publish", run_id)
    await until(lambda: _some_mail_went_out(running), "the first mails went out", 60)
    perhaps_kill("notifications")
    await until(lambda: _all_sent(running, programme), "every mail is sent and told of", 120)
    servers = servers_of(running.installation.servers)
    return Outcome(
        company, running, programme, run, read_mailbox(servers.mailbox),
        await read_all(servers, *(topic.name for topic in TOPICS)), killed=killing,
    )  # fmt: skip


async def _asked(ask: Callable[[], bool]) -> bool:
    """Ask a service; while it is being restarted the answer is no."""
    try:
        return await asyncio.to_thread(ask)
    except Exception:  # noqa: BLE001 - it was killed a moment ago
        return False


async def _all_in_pool(running: Running, programme: str) -> bool:
    def ask() -> bool:
        with running.installation.api("matching") as matching:
            pool = matching.get(f"/v1/programmes/{programme}/pool")
        return bool(pool["participants"] == 1470 and pool["programme_state"])

    return await _asked(ask)


async def _is_proposed(running: Running, run_id: str) -> bool:
    def ask() -> bool:
        with running.installation.api("matching") as matching:
            return bool(matching.get(f"/v1/runs/{run_id}")["state"] == "proposed")

    return await _asked(ask)


async def _some_mail_went_out(running: Running) -> bool:
    folder = running.installation.servers.mailbox_folder
    return any(True for _ in (folder / "new").iterdir())


async def _all_sent(running: Running, programme: str) -> bool:
    def ask() -> bool:
        with running.installation.api("notifications") as notifications:
            counts = notifications.get("/v1/deliveries/summary", programme_id=programme)["counts"]
        sent = sum(count["deliveries"] for count in counts if count["state"] == "sent")
        return sent == MAILS and all(
            not _state(running, service)["waiting"] for service in ("matching", "notifications")
        )

    return await _asked(ask)


def _state(running: Running, service: str) -> dict[str, Any]:
    state: dict[str, Any] = running.tandem("status")[service]
    return state


class TestTheCompany:
    async def test_gets_as_many_pairs_as_there_are_places(self, outcome: Outcome) -> None:
        assert (outcome.run["formed"], outcome.run["told_unplaced"]) == (PAIRS, UNPLACED)

    async def test_gets_the_best_pairs_there_are(self, outcome: Outcome) -> None:
        pairs = outcome.running.tandem("pairs", outcome.programme)

        total = sum(reason["points"] for pair in pairs for reason in pair["reasons"])

        assert (len(pairs), total) == best_total(outcome.company)

    async def test_has_no_mentor_above_capacity_and_no_mentee_twice(self, outcome: Outcome) -> None:
        pairs = await outcome.rows("matching", "SELECT mentor_id, mentee_id FROM pair")

        mentors = Counter(pair["mentor_id"] for pair in pairs)
        mentees = Counter(pair["mentee_id"] for pair in pairs)

        assert (len(pairs), max(mentors.values()), max(mentees.values())) == (PAIRS, 2, 1)


class TestTheMails:
    async def test_reach_both_partners_and_everyone_unplaced(self, outcome: Outcome) -> None:
        first = {mail.message_id: mail for mail in outcome.mails}.values()
        told = Counter(_employee_in(mail.to) for mail in first)

        expected = {row["EmployeeNumber"]: 1 for row in outcome.company.mentees}
        expected |= {row["EmployeeNumber"]: 2 for row in outcome.company.mentors}

        assert told == expected
        assert len(first) == MAILS

    async def test_repeat_only_after_a_kill_and_then_under_the_same_id(
        self, outcome: Outcome, record_property: Callable[[str, object], None]
    ) -> None:
        """What was sent and not yet recorded when the kill fell: one batch at most."""
        repeated = len(outcome.mails) - len({mail.message_id for mail in outcome.mails})
        record_property("repeated_mails", repeated)

        assert repeated <= (BATCH if outcome.killed else 0)

    async def test_say_why_in_words(self, outcome: Outcome) -> None:
        letters = [mail for mail in outcome.mails if "pair" in mail.subject]

        assert len(letters) >= 2 * PAIRS
        assert all("Why we matched you" in mail.text for mail in letters)


class TestTheTopics:
    async def test_hold_only_events_that_keep_their_schema(self, outcome: Outcome) -> None:
        validators = {e.topic.name: _validator(e.topic.name) for e in EVENTS}

        for record in outcome.records:
            if record.value is not None:
                validators[record.topic].validate(json.loads(record.value))

        assert {record.topic for record in outcome.records} >= {
            "programme-changed", "person-contact", "participant-registered", "pair-formed",
            "participant-unplaced", "notification-sent",
        }  # fmt: skip

    async def test_tell_everything_and_no_event_under_two_ids(self, outcome: Outcome) -> None:
        events = {
            (r.topic, envelope.subject, envelope.sequence, envelope.id)
            for r in outcome.records
            for envelope in [Envelope.from_headers(r.headers)]
        }
        versions = {(topic, subject, sequence) for topic, subject, sequence, _ in events}
        per_topic = Counter(topic for topic, *_ in events)

        assert len(versions) == len(events)
        assert per_topic["person-contact"] == per_topic["participant-registered"] == 1470
        assert per_topic["pair-formed"] == PAIRS
        assert per_topic["participant-unplaced"] == UNPLACED
        assert per_topic["notification-sent"] == MAILS

    async def test_repeat_nothing_unless_a_relay_was_killed(self, outcome: Outcome) -> None:
        ids = Counter(Envelope.from_headers(record.headers).id for record in outcome.records)

        assert outcome.killed or max(ids.values()) == 1

    async def test_name_nobody_but_on_the_restricted_one(self, outcome: Outcome) -> None:
        restricted = {topic.name for topic in TOPICS if topic.readers}

        canaries = [
            record.topic
            for record in outcome.records
            if record.topic not in restricted
            and b"canary.example" in b"".join([record.key or b"", record.value or b""])
        ]

        assert canaries == []


class TestTheTables:
    async def test_hold_each_effect_once(self, outcome: Outcome) -> None:
        contacts = await outcome.rows("notifications", "SELECT count(*) FROM contact")
        deliveries = await outcome.rows(
            "notifications",
            "SELECT count(*), count(DISTINCT id) FROM delivery WHERE state = 'sent'",
        )
        dead = [
            (await outcome.rows(service, "SELECT count(*) FROM bus.dead_letter"))[0][0]
            for service in ("intake", "matching", "notifications")
        ]

        assert contacts[0][0] == 1470
        assert tuple(deliveries[0]) == (MAILS, MAILS)
        assert dead == [0, 0, 0]


class TestTheLogs:
    async def test_name_nobody(self, outcome: Outcome) -> None:
        folder = outcome.running.installation.folder / "logs"
        texts = {path.name: path.read_text(errors="replace") for path in folder.rglob("*.log*")}

        assert [name for name, text in texts.items() if "canary.example" in text] == []
        assert len(texts) >= 6


def _employee_in(address: str) -> str:
    return address.rpartition("employee.")[2].partition("@")[0]


def _validator(topic: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{topic}.schema.json").read_text())
    return Draft202012Validator(schema, format_checker=FormatChecker())
