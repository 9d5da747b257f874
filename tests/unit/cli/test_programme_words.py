"""Programmes as a coordinator reads them in a terminal."""

from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.cli.programme_words import (
    dates_from,
    facts_of,
    listed,
    name_later,
    what_opening_does,
    years_later,
)

AN_ID = "019aa3f2-7c1d-7f3e-9d0a-0123456789ab"


def a_programme(**other: object) -> dict[str, Any]:
    return {
        "programme_id": AN_ID, "name": "Mentoring for everybody, 2027", "state": "running",
        "kind": "yearly", "enrolment_opens_at": "2027-03-01T08:00:00Z",
        "enrolment_closes_at": "2027-04-01T07:00:00Z", "starts_on": "2027-04-15",
        "ends_on": "2027-12-31", "time_zone": "Europe/Berlin", "opens_by_date": False,
        "audience": [], "incentives": [], "campaign": None, "test_for": None,
        "policies": {
            "mentor_capacity": 2, "may_end_sooner": True, "may_continue": False,
            "checkins": {"every_months": 1, "weekday": 3, "hour": 10},
        },
    } | other  # fmt: skip


def a_step(step: str, number: int = 1, people: int = 40) -> dict[str, Any]:
    return {"step": step, "number": number, "people": people}


class TestListed:
    def test_fits_80_columns_and_has_the_id_on_a_line_of_its_own(self) -> None:
        lines = list(listed(a_programme(test_for=AN_ID)))

        assert lines == [
            "Mentoring for everybody, 2027 (yearly, test)",
            "  running, 2027-04-15 to 2027-12-31, enrolment until 2027-04-01 09:00",
            f"  {AN_ID}",
        ]
        assert max(map(len, lines)) <= 80


class TestFacts:
    def test_say_who_is_invited_and_what_pairs_may(self) -> None:
        facts = facts_of(a_programme())

        assert facts["invites"] == "nobody"
        assert facts["for"] == "all departments"
        assert facts["pairs"] == "may end sooner, may not go on afterwards"
        assert "test" not in facts

    def test_of_a_draft_say_how_it_opens(self) -> None:
        assert facts_of(a_programme(state="draft"))["state"] == "draft, opens by hand"

    def test_of_a_test_say_whom_it_mails(self) -> None:
        facts = facts_of(a_programme(test_for=AN_ID))

        assert facts["test"] == f"mails nobody but coordinator {AN_ID}"


class TestYearsLater:
    def test_keeps_the_hours_of_the_wall_clock(self) -> None:
        """In 2028 the clocks go forward on 26 March, in 2027 on the 28th."""
        last = a_programme(enrolment_closes_at="2027-03-27T08:00:00Z")

        later = years_later(last, 1)

        assert later == {
            "enrolment_opens_at": "2028-03-01T09:00:00+01:00",
            "enrolment_closes_at": "2028-03-27T09:00:00+02:00",
            "starts_on": "2028-04-15",
            "ends_on": "2028-12-31",
        }

    def test_of_a_leap_day_is_the_day_before(self) -> None:
        later = years_later(a_programme(starts_on="2028-02-29"), 1)

        assert later["starts_on"] == "2029-02-28"

    @pytest.mark.parametrize(
        ("name", "later"),
        [("Mentoring 2027", "Mentoring 2028"), ("2027/2028", "2028/2029"), ("Spring", "Spring")],
    )
    def test_counts_the_years_in_a_name_on(self, name: str, later: str) -> None:
        assert name_later(name, 1) == later


class TestWhatOpeningDoes:
    def test_says_how_many_are_mailed_how_often(self) -> None:
        steps = [
            a_step("announcement"), a_step("invitation"), a_step("reminder", 1, 39),
            a_step("reminder", 2, 38), a_step("last-call"),
        ]  # fmt: skip

        assert what_opening_does(steps, "Spring") == (
            "Opening Spring invites 40 people by mail, with up to 2 reminders and a last call to "
            "those who do not answer."
        )

    @pytest.mark.parametrize("steps", [[], [a_step("invitation", people=0)]])
    def test_says_nothing_where_nobody_is_mailed(self, steps: list[dict[str, Any]]) -> None:
        assert what_opening_does(steps, "Spring") is None


class TestDatesFrom:
    def test_runs_for_so_many_weeks_after_enrolment(self) -> None:
        assert dates_from(datetime(2027, 1, 4, tzinfo=UTC), weeks=2, enrolment_days=14) == {
            "enrolment_opens_at": "2027-01-04T00:00:00+00:00",
            "enrolment_closes_at": "2027-01-18T00:00:00+00:00",
            "starts_on": "2027-01-18",
            "ends_on": "2027-02-01",
        }
