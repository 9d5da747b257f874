"""The sample company in deploy/sample."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from deploy.sample.generate import FOLDER, PARTICIPANTS, PEOPLE, sample_files
from deploy.sample.programme import programme_request
from services.intake.api.programme_rules import NewProgramme
from services.intake.domain.decoding import lines_of
from services.intake.domain.people import read_people
from services.intake.domain.registrations import read_registrations

FILES = ("people.csv", "registrations.csv")


class TestSampleFiles:
    @pytest.mark.parametrize("name", FILES)
    def test_are_the_ones_in_the_tree(self, name: str) -> None:
        assert sample_files()[name] == (FOLDER / name).read_bytes()

    def test_are_people_whom_intake_takes(self) -> None:
        people = read_people(lines_of([sample_files()["people.csv"]]), {}).whole

        assert len(people) == PEOPLE
        assert any(not person.details.name.isascii() for person in people)
        assert all(person.details.email.endswith("@example.com") for person in people)

    def test_leave_some_mentees_without_a_place(self) -> None:
        rows = read_registrations(lines_of([sample_files()["registrations.csv"]]), {}).whole

        places = sum(row.capacity or 0 for row in rows)
        roles = Counter(row.role for row in rows)
        assert len(rows) == PARTICIPANTS
        assert 0 < places < roles["mentee"]


class TestProgrammeRequest:
    def test_is_one_that_intake_takes(self) -> None:
        now = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)

        asked = NewProgramme.model_validate(programme_request(now))

        assert asked.enrolment_opens_at == now
        assert now < asked.enrolment_closes_at
        assert asked.enrolment_closes_at.date() < asked.starts_on < asked.ends_on
