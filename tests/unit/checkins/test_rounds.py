"""When a programme asks, in every zone and across changes of the clocks."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.checkins.domain.rounds import (
    LATEST,
    Rhythm,
    end_of_programme,
    moments,
    round_of,
)

ZONES = (
    "Europe/Vienna", "America/New_York", "Australia/Sydney", "America/St_Johns", "Asia/Kolkata",
    "Pacific/Chatham", "America/Sao_Paulo", "Africa/Cairo", "UTC", "Pacific/Kiritimati",
    "Australia/Lord_Howe", "Asia/Kathmandu",
)  # fmt: skip
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
SUNDAY = 7

rhythms = st.builds(
    lambda every, weekday, hour, start, days: Rhythm(
        every, weekday, hour, start, start + timedelta(days)
    ),
    st.integers(1, 12), st.integers(1, 7), st.integers(0, 23),
    st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(1, 1200),
)  # fmt: skip


class TestTheRoundsOfAYear:
    def test_come_on_the_first_wednesday_of_each_month_at_ten(self) -> None:
        year = moments(Rhythm(1, 3, 10, *YEAR), "Europe/Vienna")

        assert len(year) == 12
        assert [m.local_at.isoformat() for m in year[:3]] == [
            "2026-01-07T10:00:00", "2026-02-04T10:00:00", "2026-03-04T10:00:00",
        ]  # fmt: skip
        assert (year[0].due_at.hour, year[6].due_at.hour) == (9, 8)  # winter and summer

    def test_begin_no_earlier_than_the_programme(self) -> None:
        first = moments(Rhythm(1, 3, 10, date(2026, 1, 8), YEAR[1]), "UTC")[0]

        assert first.local_at.date() == date(2026, 2, 4)

    def test_are_numbered_by_their_month_in_the_calendar(self) -> None:
        year = moments(Rhythm(3, 1, 9, *YEAR), "UTC")

        january = 12 * 2026
        assert [m.round for m in year] == [january, january + 3, january + 6, january + 9]

    @pytest.mark.parametrize(
        "other",
        [
            Rhythm(1, 1, 8, *YEAR),
            Rhythm(1, 3, 10, date(2025, 11, 17), YEAR[1]),
            Rhythm(2, 3, 10, date(2026, 2, 1), date(2027, 6, 30)),
        ],
    )
    def test_keep_their_numbers_when_weekday_dates_or_interval_change(self, other: Rhythm) -> None:
        for moment in [*moments(Rhythm(1, 3, 10, *YEAR), "UTC"), *moments(other, "UTC")]:
            assert moment.round == 12 * moment.local_at.year + moment.local_at.month - 1

    def test_are_asked_for_two_weeks_but_not_after_the_programmes_last_day(self) -> None:
        rhythm = Rhythm(1, 3, 10, YEAR[0], date(2026, 2, 6))

        january, february = moments(rhythm, "Pacific/Kiritimati")

        assert january.asked_until == january.due_at + LATEST
        assert february.asked_until == datetime(2026, 2, 6, 10, tzinfo=UTC)  # midnight there


class TestAChangeOfTheClocks:
    def test_that_skips_the_hour_lets_it_come_as_much_later(self) -> None:
        october = moments(Rhythm(1, SUNDAY, 2, *YEAR), "Australia/Sydney")[9]

        shown = october.due_at.astimezone(ZoneInfo("Australia/Sydney"))

        assert october.local_at == datetime(2026, 10, 4, 2)  # noqa: DTZ001 - the wall clock's
        assert (shown.hour, shown.minute) == (3, 0)

    def test_that_brings_the_hour_twice_takes_the_first(self) -> None:
        november = moments(Rhythm(1, SUNDAY, 1, *YEAR), "America/New_York")[10]

        assert november.due_at == datetime(2026, 11, 1, 5, tzinfo=UTC)  # still summer time


class TestAnyRhythm:
    @given(rhythm=rhythms, zone=st.sampled_from(ZONES))
    def test_keeps_weekday_hour_and_bounds(self, rhythm: Rhythm, zone: str) -> None:
        for moment in moments(rhythm, zone):
            local = moment.local_at

            assert (local.isoweekday(), local.hour) == (rhythm.weekday, rhythm.hour)
            assert local.day <= 7
            assert rhythm.starts_on <= local.date() <= rhythm.ends_on
            assert moment.round == round_of(local)

    @given(rhythm=rhythms, zone=st.sampled_from(ZONES))
    def test_lets_nothing_be_asked_in_another_month_or_after_the_end(
        self, rhythm: Rhythm, zone: str
    ) -> None:
        for moment in moments(rhythm, zone):
            last = (moment.asked_until - timedelta(microseconds=1)).astimezone(ZoneInfo(zone))

            assert moment.due_at < moment.asked_until <= end_of_programme(rhythm.ends_on, zone)
            assert round_of(last) == moment.round

    @given(rhythm=rhythms, zone=st.sampled_from(ZONES))
    def test_comes_when_the_zones_clocks_show_it(self, rhythm: Rhythm, zone: str) -> None:
        for moment in moments(rhythm, zone):
            shown = moment.due_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

            late = shown - moment.local_at
            assert late == timedelta(0) or _is_skipped(moment.local_at, zone)

    @given(rhythm=rhythms, zone=st.sampled_from(ZONES))
    def test_goes_forward_by_its_interval(self, rhythm: Rhythm, zone: str) -> None:
        found = moments(rhythm, zone)

        for earlier, later in pairwise(found):
            assert later.round - earlier.round == rhythm.every_months
            assert later.due_at - earlier.due_at >= timedelta(days=27 * rhythm.every_months)


def _is_skipped(local_at: datetime, zone: str) -> bool:
    there = local_at.replace(tzinfo=ZoneInfo(zone))
    return there.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local_at


@pytest.mark.parametrize("hour", range(24))
def test_every_hour_of_a_day_can_be_chosen(hour: int) -> None:
    assert moments(Rhythm(1, 1, hour, *YEAR), "UTC")[0].due_at.hour == hour
