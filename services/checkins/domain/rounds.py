"""When a programme asks its pairs how it goes.

A round is the first such weekday of a month, at a full hour of everybody's own wall clock. Rounds
are counted in months from the month in which the programme starts, so they keep their numbers when
the weekday, the hour or the interval changes.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import MONTHLY, rrule, weekdays

SETTLING_IN = timedelta(days=14)
"""A new pair is asked no earlier: by then it should have met once at its default cadence."""

_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A programme's rule.

    Attributes:
        every_months: At intervals of so many months.
        weekday: 1 is Monday, 7 is Sunday.
        hour: 0 to 23, of the wall clock.
        starts_on: The programme's first day.
        ends_on: Its last day, on which may still be asked.
    """

    every_months: int
    weekday: int
    hour: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Moment:
    """One round as it comes in one time zone.

    Attributes:
        round: Months since the month of the programme's start.
        local_at: The time of the wall clock, without a zone.
        due_at: The instant that this makes, in UTC.
    """

    round: int
    local_at: datetime
    due_at: datetime


@lru_cache(maxsize=10_000)
def moments(rhythm: Rhythm, zone: str) -> tuple[Moment, ...]:
    """All rounds of a programme as they come in an IANA time zone, in order.

    A time that a change of the clocks skips comes as much later as they are put forward; of a time
    that comes twice it is the first (`fold=0` of PEP 495).
    """
    first_month = rhythm.starts_on.replace(day=1)
    there = ZoneInfo(zone)
    return tuple(
        Moment(
            _months_between(first_month, local_at),
            local_at,
            local_at.replace(tzinfo=there).astimezone(UTC),
        )
        for local_at in _local_times(rhythm, first_month)
        if local_at.date() >= rhythm.starts_on
    )


def _local_times(rhythm: Rhythm, first_month: date) -> rrule:
    return rrule(
        MONTHLY,
        interval=rhythm.every_months,
        byweekday=weekdays[rhythm.weekday - 1](1),
        dtstart=datetime.combine(first_month, time(rhythm.hour)),
        until=datetime.combine(rhythm.ends_on, time.max),
    )


def _months_between(first: date, moment: datetime) -> int:
    return (moment.year - first.year) * _MONTHS_A_YEAR + moment.month - first.month
