"""docker-compose.yml lives through a first match, and keeps what it promises."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.embedded.kafka_admin import client_configuration
from deploy.embedded.programs import HOST
from deploy.services import SERVICES
from tandem_events import PairFormed, PersonContact
from tests.containers.project import LONG_RUNNING, Project
from tests.support.kafka import may_read, may_write

PEOPLE, PARTICIPANTS = 300, 240


@dataclass(frozen=True)
class Outcome:
    """What a first match came to."""

    programme: str
    run: dict[str, Any]
    pairs: list[dict[str, Any]]
    mails: list[dict[str, Any]]


@pytest.fixture(scope="module")
def outcome(project: Project) -> Outcome:
    people = project.tandem("import", "people", "/given/people.csv")
    assert people["imported"] == PEOPLE
    programme = project.tandem("programme", "create", "Mentoring 2027", "--mentor-capacity", "2")
    chosen = programme["programme_id"]
    project.tandem("programme", "register", chosen, "/given/registrations.csv")
    _until(lambda: _in_pool(project, chosen) == PARTICIPANTS, "all are in the pool")
    run = project.tandem("match", "run", chosen)
    run = project.tandem("match", "publish", run["run_id"])
    expected = 2 * run["formed"] + run["told_unplaced"]
    _until(lambda: len(_mails(project)) >= expected, "every mail is there")
    return Outcome(chosen, run, project.tandem("pairs", chosen), _mails(project))


def _until(true: Any, what: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


def _in_pool(project: Project, programme: str) -> int:
    pool = project.tandem("programme", "show", programme)["pool"]
    return int(pool["participants"] if pool["programme_state"] else 0)


def _mails(project: Project) -> list[dict[str, Any]]:
    mails: list[dict[str, Any]] = project.tandem("mail", "--limit", "10000")
    return mails


class TestTheWholeRun:
    def test_pairs_as_many_as_there_are_places(self, outcome: Outcome) -> None:
        mentees = {pair["mentee_id"] for pair in outcome.pairs}

        assert len(mentees) == len(outcome.pairs) == outcome.run["formed"] == outcome.run["placed"]
        assert outcome.run["placed"] == min(outcome.run["places"], outcome.run["mentees"])

    def test_writes_once_to_both_partners_and_to_who_has_none(self, outcome: Outcome) -> None:
        expected = 2 * outcome.run["formed"] + outcome.run["told_unplaced"]

        assert len({mail["message_id"] for mail in outcome.mails}) == expected
        assert len(outcome.mails) == expected

    def test_leaves_nothing_waiting_and_nothing_dead(
        self, project: Project, outcome: Outcome
    ) -> None:
        states = project.tandem("status")

        assert outcome.pairs
        assert {state["state"] for state in states.values()} == {"ready"}
        assert {state["dead letters"] for state in states.values()} == {0}
        assert set(states) == set(SERVICES)


class TestTheContainers:
    def test_run_nothing_as_root(self, project: Project) -> None:
        users = {}
        for service, facts in project.containers().items():
            if service in LONG_RUNNING:
                lines = project.engine.run("docker", "top", facts["Id"], "-eo", "pid,uid")
                users[service] = {line.split()[1] for line in lines.splitlines()[1:]}

        assert set(users) == LONG_RUNNING
        assert not [service for service, uids in users.items() if not uids or "0" in uids]

    def test_write_to_their_volumes_alone_and_gain_no_rights(self, project: Project) -> None:
        hosts = {name: facts["HostConfig"] for name, facts in project.containers().items()}

        assert all(host["ReadonlyRootfs"] for host in hosts.values())
        assert all(host["CapDrop"] == ["ALL"] for host in hosts.values())
        assert all("no-new-privileges:true" in host["SecurityOpt"] for host in hosts.values())

    def test_show_no_secret_to_who_looks_at_them(self, project: Project, outcome: Outcome) -> None:
        passwords = [path.read_text() for path in project.secrets.glob("*.password")]
        keys = [
            "".join(path.read_text().split("\n")[1:-2]) for path in project.secrets.glob("*.key")
        ]
        shown = json.dumps(project.containers()) + project.logs()

        assert outcome.pairs
        assert len([secret for secret in passwords + keys if secret]) > 15
        assert not [secret for secret in passwords + keys if secret and secret in shown]

    def test_name_nobody_in_their_logs(self, project: Project, outcome: Outcome) -> None:
        addresses = {mail["to"].rpartition("<")[2].strip(">") for mail in outcome.mails}
        logs = project.logs()

        assert "service.started" in logs
        assert not [address for address in addresses if address in logs]


class TestKafka:
    """Asked from outside, where other teams are."""

    async def test_lets_nobody_in_without_a_password(self, project: Project) -> None:
        assert not may_read(_as(project, "tandem-notifications", "wrong"), PersonContact.topic.name)

    async def test_lets_only_notifications_read_how_people_are_reached(
        self, project: Project, team: dict[str, Any]
    ) -> None:
        topic = PersonContact.topic.name

        assert may_read(_of(project, "notifications"), topic)
        assert not may_read(_of(project, "matching"), topic)
        assert not may_read(team, topic)

    async def test_lets_only_the_owner_write(self, project: Project, team: dict[str, Any]) -> None:
        topic = PairFormed.topic.name

        assert not await may_write(_of(project, "checkins"), topic)
        assert not await may_write(team, topic)

    async def test_lets_another_team_read_what_is_public(self, team: dict[str, Any]) -> None:
        assert may_read(team, PairFormed.topic.name)


def _of(project: Project, service: str) -> dict[str, Any]:
    password = (project.secrets / f"kafka-{service}.password").read_text()
    return _as(project, f"tandem-{service}", password)


@pytest.fixture(scope="module")
def team(project: Project) -> Iterator[dict[str, Any]]:
    """Another team, with what the operator gives it."""
    alter = ["run", "--rm", "-T", "--user", "0", "consumers"]
    added = json.loads(project.compose(*alter, "add", "analytics", "--json"))
    access = json.loads((project.secrets / Path(added["kafka.json"]).name).read_text())
    assert access["bootstrap_servers"] == f"{HOST}:{project.kafka_port}"
    yield _as(project, access["sasl_plain_username"], access["sasl_plain_password"])
    project.compose(*alter, "remove", "analytics")


def _as(project: Project, user: str, password: str) -> dict[str, Any]:
    return client_configuration(f"{HOST}:{project.kafka_port}", user, password)


class TestAService:
    def test_that_is_killed_comes_back(self, project: Project) -> None:
        container = project.containers()["intake"]["Id"]

        project.engine.run("docker", "exec", container, "sh", "-c", "kill -9 -1", check=False)

        _until(lambda: project.containers()["intake"]["RestartCount"] == 1, "it was started again")
        _until(lambda: project.health()["intake"] == "healthy", "it is healthy again")


class TestTheData:
    def test_outlives_the_containers(self, project: Project, outcome: Outcome) -> None:
        project.compose("down", "-t", "20", seconds=120)
        project.up()

        pairs = project.tandem("pairs", outcome.programme)

        assert {pair["pair_id"] for pair in pairs} == {pair["pair_id"] for pair in outcome.pairs}
        assert len(_mails(project)) == len(outcome.mails)
