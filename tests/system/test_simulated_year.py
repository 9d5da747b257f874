"""A year of check-ins of 500 pairs in twelve time zones, every service killed amid its work."""

import csv
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from aiokafka import ConsumerRecord

from deploy.embedded.mailbox import Mail, read_mailbox
from deploy.services import SERVICES
from deploy.simulation import Simulation
from services.notifications.sending import BATCH
from shared.clock import SteppingClock
from tandem_events import CheckinAnswered, CheckinDue, Envelope
from tests.support.databases import as_superuser
from tests.support.kafka import read_all
from tests.support.servers import servers_of
from tests.system.lives import ANSWERING, BUSIEST, Answerers, Nemesis
from tests.system.running import Running, running_tandem

pytestmark = pytest.mark.timeout(900)

SEED = 20260101
PAIRS = 500
ZONES = (
    "Pacific/Kiritimati", "Pacific/Chatham", "Australia/Sydney", "Australia/Lord_Howe",
    "Asia/Tokyo", "Asia/Kathmandu", "Africa/Cairo", "Europe/Vienna", "Europe/London",
    "America/St_Johns", "America/New_York", "Pacific/Honolulu",
)  # fmt: skip
SUNDAY, TWO_O_CLOCK = 7, 2
"""In October the clocks of Sydney and Lord Howe skip this hour of this day."""
BEGIN = datetime(2025, 12, 1, tzinfo=UTC)
END = datetime(2027, 1, 15, tzinfo=UTC)
ROUNDS = 12


@dataclass(frozen=True)
class Year:
    """What there is when the year is over."""

    zones: dict[str, str]
    checkins: list[asyncpg.Record]
    records: "list[ConsumerRecord[bytes, bytes]]"
    mails: list[Mail]
    answered: list[str]
    told_answers: "list[ConsumerRecord[bytes, bytes]]"
    kills: Counter[str]
    amid_work: Counter[str]


@pytest.fixture(scope="module")
async def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    folder = tmp_path_factory.mktemp("year")
    clock = SteppingClock.start(folder / "clock", BEGIN)
    settings = {"TANDEM_SIMULATED_CLOCK": str(folder / "clock"), "TANDEM_SEND_TIMEOUT_SECONDS": "2"}
    with running_tandem(folder / "tandem", "--empty", **settings) as running:
        _found_programme(running, _write_company(folder))
        installation = running.installation
        simulation = Simulation(clock, {s: installation.internal_url(s) for s in SERVICES})
        simulation.settle()
        nemesis = Nemesis(running, random.Random(SEED))
        answerers = Answerers(running, nemesis, (await _people(running))[:ANSWERING])
        answerers.live(simulation)
        simulation.run(END, after_step=nemesis.perhaps_strike)
        nemesis.come_to_rest()
        servers = servers_of(installation.servers)
        return Year(
            await _zones(running), await _checkins(running),
            await read_all(servers, CheckinDue.topic.name), read_mailbox(servers.mailbox),
            answerers.answered, await read_all(servers, CheckinAnswered.topic.name),
            nemesis.kills, nemesis.amid_work,
        )  # fmt: skip


def _write_company(folder: Path) -> Path:
    path = folder / "people.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["employee_number", "name", "email", "department", "seniority",
                         "time_zone", "role", "capacity"])  # fmt: skip
        writer.writerows(_rows())
    return path


def _rows() -> Iterator[tuple[object, ...]]:
    for number in range(2 * PAIRS):
        role, level, capacity = ("mentor", 5, 1) if number % 2 else ("mentee", 2, 0)
        zone = ZONES[number % len(ZONES)]
        address = f"p{number}@example.com"
        yield number, f"Person {number}", address, "Sales", level, zone, role, capacity


def _found_programme(running: Running, company: Path) -> None:
    """Import, register, match and publish at the beginning of December."""
    running.tandem("import", "people", str(company))
    request: dict[str, Any] = {
        "name": "Mentoring 2026",
        "enrolment_opens_at": BEGIN.isoformat(),
        "enrolment_closes_at": (BEGIN + timedelta(days=20)).isoformat(),
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "policies": {"checkins": {"weekday": SUNDAY, "hour": TWO_O_CLOCK}},
    }
    with running.installation.api("intake") as intake:
        programme = intake.post("/v1/programmes", json=request)["programme_id"]
        intake.post(f"/v1/programmes/{programme}/open")
    running.tandem("programme", "register", programme, str(company))
    _wait_for_pool(running, programme)
    run = running.tandem("match", "run", programme)
    assert running.tandem("match", "publish", run["run_id"])["formed"] == PAIRS


def _wait_for_pool(running: Running, programme: str) -> None:
    from deploy.cli.first_start import wait_for_pool  # noqa: PLC0415 - the command line's own

    with running.installation.api("matching") as matching:
        wait_for_pool(matching, programme, 2 * PAIRS)


async def _rows_of(running: Running, service: str, query: str) -> list[asyncpg.Record]:
    return await as_superuser(running.installation.servers, service, query)


async def _zones(running: Running) -> dict[str, str]:
    rows = await _rows_of(running, "checkins", "SELECT participant_id, time_zone FROM participant")
    return {str(row["participant_id"]): row["time_zone"] for row in rows}


async def _people(running: Running) -> list[str]:
    query = "SELECT person_id FROM participant ORDER BY participant_id"
    return [str(row["person_id"]) for row in await _rows_of(running, "checkins", query)]


async def _checkins(running: Running) -> list[asyncpg.Record]:
    return await _rows_of(running, "checkins", "SELECT * FROM checkin")


def first_sundays() -> list[date]:
    """Reckoned from the calendar alone, apart from the service's own rule."""
    firsts = [date(2026, month, 1) for month in range(1, 13)]
    return [first + timedelta(days=(6 - first.weekday()) % 7) for first in firsts]


def expected_instants(zone: str) -> list[datetime]:
    """Two o'clock of every first Sunday; a skipped hour is read with the offset before the jump."""
    there = ZoneInfo(zone)
    locals_ = [datetime(d.year, d.month, d.day, TWO_O_CLOCK, tzinfo=there) for d in first_sundays()]
    return [local.astimezone(UTC) for local in locals_]


class TestTheYear:
    async def test_asks_everybody_at_each_due_moment_exactly_once(self, year: Year) -> None:
        expected = Counter(
            (participant, instant)
            for participant, zone in year.zones.items()
            for instant in expected_instants(zone)
        )

        asked = Counter((str(row["participant_id"]), row["due_at"]) for row in year.checkins)

        assert asked == expected
        assert len(year.checkins) == 2 * PAIRS * ROUNDS

    async def test_asks_at_the_very_moment(self, year: Year) -> None:
        late = [row for row in year.checkins if row["announced_at"] != row["due_at"]]

        assert late == []

    async def test_asks_at_two_o_clock_where_everybody_is(self, year: Year) -> None:
        shown = Counter(
            (zone, row["due_at"].astimezone(ZoneInfo(zone)).time().isoformat("minutes"))
            for row in year.checkins
            for zone in [year.zones[str(row["participant_id"])]]
        )

        odd = {place: times for place, times in shown.items() if place[1] != "02:00"}
        assert set(odd) == {("Australia/Sydney", "03:00"), ("Australia/Lord_Howe", "02:30")}

    async def test_crosses_both_changes_of_the_clocks(self, year: Year) -> None:
        vienna = {row["due_at"].hour for row in year.checkins
                  if year.zones[str(row["participant_id"])] == "Europe/Vienna"}  # fmt: skip

        assert vienna == {0, 1}  # two o'clock in summer and in winter

    async def test_tells_of_each_check_in_under_one_id(self, year: Year) -> None:
        events = {
            (envelope.subject, envelope.id)
            for record in year.records
            for envelope in [Envelope.from_headers(record.headers)]
        }

        assert {subject for subject, _ in events} == {str(r["checkin_id"]) for r in year.checkins}
        assert len(events) == len(year.checkins)

    async def test_mails_everybody_every_check_in_once(
        self, year: Year, record_property: Any
    ) -> None:
        mails = [mail for mail in year.mails if "check-in" in mail.subject]
        first = {mail.message_id: mail for mail in mails}
        record_property("repeated_mails", len(mails) - len(first))

        told = Counter(parseaddr(mail.to)[1] for mail in first.values())

        assert set(told.values()) == {ROUNDS}
        assert len(told) == 2 * PAIRS
        assert len(mails) - len(first) <= BATCH * year.kills["notifications"]

    async def test_keeps_every_answer_and_tells_of_it_once(self, year: Year) -> None:
        kept = [str(row["checkin_id"]) for row in year.checkins if row["answered_at"]]
        told = {
            (envelope.subject, envelope.id)
            for record in year.told_answers
            for envelope in [Envelope.from_headers(record.headers)]
        }

        assert len(year.answered) == ANSWERING // 2 * ROUNDS
        assert sorted(kept) == sorted(year.answered) == sorted(subject for subject, _ in told)

    async def test_killed_every_service_meanwhile_and_most_amid_their_work(
        self, year: Year, record_property: Any
    ) -> None:
        record_property("kills", dict(year.kills))
        record_property("amid_work", dict(year.amid_work))

        assert set(year.kills) == set(SERVICES)
        assert sum(year.kills[service] for service in BUSIEST) > year.kills.total() / 2
        assert min(year.amid_work[service] for service in BUSIEST) > 0
