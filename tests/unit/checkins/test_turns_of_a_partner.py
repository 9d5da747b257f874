"""Whatever becomes of rule, zone and machine: nobody is asked twice a month or after the end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.checkins.domain.rounds import (
    LATEST,
    SETTLING_IN,
    Moment,
    Rhythm,
    end_of_programme,
    moments,
    round_of,
    turn_after,
)

FORMED = datetime(2026, 1, 5, 12, tzinfo=UTC)
MONTHLY = Rhythm(1, 3, 10, date(2026, 1, 1), date(2026, 12, 18))
MARCH = datetime(2026, 3, 4, 10, tzinfo=UTC)
ZONES = (
    "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati",
    "Pacific/Honolulu", "Pacific/Chatham",
)  # fmt: skip

changes_of_rule = st.builds(
    lambda every, weekday, hour, start, days: Rhythm(
        every, weekday, hour, start, start + timedelta(days)
    ),
    st.integers(1, 4), st.integers(1, 7), st.integers(0, 23),
    st.dates(date(2025, 10, 1), date(2026, 9, 1)), st.integers(1, 500),
)  # fmt: skip
outages = st.timedeltas(timedelta(0), timedelta(days=80))
steps = st.lists(st.one_of(changes_of_rule, st.sampled_from(ZONES), outages), max_size=25)


@dataclass(frozen=True)
class Asked:
    """One check-in, and what was true when it was announced."""

    moment: Moment
    at: datetime
    rhythm: Rhythm
    zone: str


@dataclass
class Partner:
    """One partner's turn, as the store keeps it with the pure rule."""

    rhythm: Rhythm = MONTHLY
    zone: str = "UTC"
    now: datetime = FORMED
    last_round: int = -1
    next: Moment | None = None
    asked: list[Asked] = field(default_factory=list)

    def settle(self) -> None:
        calendar = moments(self.rhythm, self.zone)
        self.next = turn_after(calendar, self.last_round, FORMED, self.now)

    def change(self, step: Rhythm | str) -> None:
        if isinstance(step, Rhythm):
            self.rhythm = step
        else:
            self.zone = step
        self.settle()

    def ask_after(self, outage: timedelta) -> None:
        """Let the schedule act again after so long, until nothing is due."""
        self.now += outage
        while self.next and self.next.due_at <= self.now:
            if self.next.asked_until > self.now:
                self.asked.append(Asked(self.next, self.now, self.rhythm, self.zone))
                self.last_round = self.next.round
            self.settle()


def lived(steps: Sequence[Rhythm | str | timedelta]) -> list[Asked]:
    partner = Partner()
    partner.settle()
    for step in steps:
        if isinstance(step, timedelta):
            partner.ask_after(step)
        else:
            partner.change(step)
    return partner.asked


class TestAnyCourseOfThings:
    @given(steps)
    def test_asks_at_most_once_for_a_month_and_in_that_month(
        self, steps: list[Rhythm | str | timedelta]
    ) -> None:
        asked = lived(steps)

        rounds = [each.moment.round for each in asked]
        assert rounds == sorted(set(rounds))
        for each in asked:
            assert round_of(each.at.astimezone(ZoneInfo(each.zone))) == each.moment.round

    @given(steps)
    def test_asks_nobody_early_late_or_after_the_end(
        self, steps: list[Rhythm | str | timedelta]
    ) -> None:
        for each in lived(steps):
            assert timedelta(0) <= each.at - each.moment.due_at < LATEST
            assert each.at < end_of_programme(each.rhythm.ends_on, each.zone)
            assert each.moment.due_at >= FORMED + SETTLING_IN

    @given(steps)
    def test_asks_for_the_hour_where_the_partner_is(
        self, steps: list[Rhythm | str | timedelta]
    ) -> None:
        for each in lived(steps):
            local_at = each.moment.local_at

            assert (local_at.hour, local_at.isoweekday()) == (
                each.rhythm.hour, each.rhythm.weekday,
            )  # fmt: skip
            there = local_at.replace(tzinfo=ZoneInfo(each.zone))
            assert each.moment.due_at == there.astimezone(UTC)


class TestAnOutage:
    @pytest.mark.parametrize(
        ("late", "asked"),
        [
            (timedelta(0), 1),
            (timedelta(days=13, hours=23), 1),
            (timedelta(days=14), 0),
            (timedelta(days=25), 0),
        ],
    )
    def test_lets_a_turn_be_asked_two_weeks_late_at_most(self, late: timedelta, asked: int) -> None:
        february = moments(MONTHLY, "UTC")[1]

        assert len(lived([february.due_at + late - FORMED])) == asked

    def test_of_many_months_brings_one_check_in_only(self) -> None:
        june = datetime(2026, 6, 10, 10, tzinfo=UTC)

        asked = lived([june - FORMED])

        assert [each.moment.due_at for each in asked] == [datetime(2026, 6, 3, 10, tzinfo=UTC)]


class TestAChange:
    def test_that_makes_a_round_of_this_month_asks_for_it_late(self) -> None:
        quarterly = Rhythm(3, 3, 10, MONTHLY.starts_on, MONTHLY.ends_on)

        asked = lived([quarterly, MARCH + timedelta(days=3) - FORMED, MONTHLY, timedelta(0)])

        assert [each.moment.due_at for each in asked] == [MARCH]

    def test_that_ends_the_programme_leaves_a_waiting_turn_unasked(self) -> None:
        shortened = Rhythm(1, 3, 10, MONTHLY.starts_on, date(2026, 2, 10))

        assert lived([shortened, timedelta(days=40)]) == []
