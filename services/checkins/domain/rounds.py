"""When a programme asks its pairs how it goes, and until when a late turn is still asked.

A round is the first such weekday of a month, at a full hour of everybody's own wall clock. Its
number is that of its month in the calendar, so it means the same whatever becomes of the
programme's dates, weekday, hour and interval, and wherever somebody moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import MONTHLY, rrule, weekdays

SETTLING_IN = timedelta(days=14)
"""A new pair is asked no earlier: by then it should have met once at its default cadence."""

LATEST = timedelta(days=14)
"""A turn that comes later than this is passed over; it ends within the month of its round."""

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
        round: Which month: 12 times the year, and the months before it in that year.
        local_at: The time of the wall clock, without a zone.
        due_at: The instant that this makes, in UTC.
        asked_until: From this instant on nobody is asked for this round any more.
    """

    round: int
    local_at: datetime
    due_at: datetime
    asked_until: datetime


@lru_cache(maxsize=10_000)
def moments(rhythm: Rhythm, zone: str) -> tuple[Moment, ...]:
    """All rounds of a programme as they come in an IANA time zone, in order.

    A time that a change of the clocks skips comes as much later as they are put forward; of a time
    that comes twice it is the first (`fold=0` of PEP 495).
    """
    over_at = end_of_programme(rhythm.ends_on, zone)
    return tuple(
        Moment(round_of(local_at), local_at, due_at, min(due_at + LATEST, over_at))
        for local_at in _local_times(rhythm)
        if local_at.date() >= rhythm.starts_on and (due_at := _instant(local_at, zone)) < over_at
    )


def turn_after(
    calendar: Sequence[Moment], last_round: int, formed_at: datetime, now: datetime
) -> Moment | None:
    """The next moment at which a partner is asked; None if there is none.

    That is the first one after the last round for which they were asked, when their pair has
    settled in, that has not come too long ago.

    Args:
        calendar: The programme's moments where the partner is.
        last_round: For which they were asked the last time; -1 if never.
        formed_at: When the pair was formed.
        now: The present instant.
    """
    return next(
        (
            moment
            for moment in calendar
            if moment.round > last_round
            and moment.due_at >= formed_at + SETTLING_IN
            and moment.asked_until > now
        ),
        None,
    )


def round_of(day: date) -> int:
    """The number of the round that belongs to this day's month."""
    return _MONTHS_A_YEAR * day.year + day.month - 1


def end_of_programme(ends_on: date, zone: str) -> datetime:
    """The instant at which a programme's last day has passed in a time zone."""
    return _instant(datetime.combine(ends_on + timedelta(days=1), time.min), zone)


def _local_times(rhythm: Rhythm) -> rrule:
    return rrule(
        MONTHLY,
        interval=rhythm.every_months,
        byweekday=weekdays[rhythm.weekday - 1](1),
        dtstart=datetime.combine(rhythm.starts_on.replace(day=1), time(rhythm.hour)),
        until=datetime.combine(rhythm.ends_on, time.max),
    )


def _instant(local_at: datetime, zone: str) -> datetime:
    return local_at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
