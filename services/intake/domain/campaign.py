"""When people hear of a programme that they can join: a pure rule from its dates and a policy.

Every step comes at the campaign's hour of each person's own wall clock, on one of their working
days. A step that could not be told in time is passed over, but for the invitation; nobody hears
twice within a day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

A_DAY = timedelta(days=1)
PAUSE = timedelta(hours=20)
"""The least time between two steps: a day, even if the clocks change and work begins earlier."""

_DAYS_TO_LOOK_AT = range(8)
"""Who works on one day of the week has a slot within as many."""
_EVERY_DAY = tuple(range(1, 8))


class Step(StrEnum):
    """What somebody hears, in the order in which they hear it."""

    ANNOUNCEMENT = "announcement"
    INVITATION = "invitation"
    REMINDER = "reminder"
    LAST_CALL = "last-call"


ORDER = tuple(Step)


@dataclass(frozen=True, slots=True)
class CampaignPolicy:
    """How a programme invites.

    Attributes:
        hour: 0 to 23, of each person's own wall clock.
        announce_days_before: So long before enrolment opens; None announces nothing.
        reminder_every_days: At intervals of so many days after the invitation.
        most_reminders: To those who have not answered.
        last_call_days_before: At least so long before enrolment closes; None makes no last call.
    """

    hour: int = 9
    announce_days_before: int | None = 7
    reminder_every_days: int = 7
    most_reminders: int = 3
    last_call_days_before: int | None = 2


@dataclass(frozen=True, slots=True)
class Window:
    """In which time somebody can sign up.

    Attributes:
        since: From when they can be told of it at all; they may be hired within the window.
        is_late: Whether it is the time after the others' enrolment: no announcement, no last call.
    """

    opens_at: datetime
    closes_at: datetime
    since: datetime
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """Where somebody is, and on which days they work (1 is Monday; none stands for all)."""

    time_zone: str
    working_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """One step as it comes to one person.

    Attributes:
        number: Which reminder; 1 for all other steps.
        due_at: The instant, in UTC.
        until: From this instant on it is told no more.
    """

    step: Step
    number: int
    due_at: datetime
    until: datetime

    @property
    def rank(self) -> tuple[int, int]:
        """Its place in the order of all steps."""
        return rank_of(self.step, self.number)


@dataclass(frozen=True, slots=True)
class Heard:
    """The last step that somebody heard, and when."""

    step: Step
    number: int
    at: datetime


def rank_of(step: Step, number: int) -> tuple[int, int]:
    """The place of a step in the order of all."""
    return ORDER.index(step), number


@lru_cache(maxsize=10_000)
def moments(window: Window, policy: CampaignPolicy, reader: Reader) -> tuple[Moment, ...]:
    """All steps of a campaign as they come to somebody who never answers, in order."""
    invited_at = _slot_from(max(window.opens_at, window.since), policy, reader)
    if invited_at >= window.closes_at:  # too short a window for the hour: at once, then
        invited_at = max(window.opens_at, window.since)
    if invited_at >= window.closes_at:
        return ()
    last_call_at = _last_call(window, policy, reader, invited_at)
    found = [(Step.INVITATION, 1, invited_at)]
    reminders_end = last_call_at - PAUSE if last_call_at else window.closes_at
    found += _reminders(invited_at, reminders_end, policy, reader)
    if last_call_at:
        found.append((Step.LAST_CALL, 1, last_call_at))
    announced = _announcement(window, policy, reader)
    return (*announced, *_with_ends(found, window.closes_at))


def turn(calendar: Sequence[Moment], heard: Heard | None, now: datetime) -> Moment | None:
    """The next step for somebody who has not answered; None if there is none.

    Args:
        calendar: The steps as they come to this person.
        heard: The last one that they heard.
        now: The present instant.
    """
    after = rank_of(heard.step, heard.number) if heard else (-1, 0)
    earliest = heard.at + PAUSE if heard else datetime.min.replace(tzinfo=UTC)
    return next(
        (
            moment
            for moment in calendar
            if moment.rank > after and moment.until > now and moment.due_at >= earliest
        ),
        None,
    )


def _announcement(window: Window, policy: CampaignPolicy, reader: Reader) -> Iterator[Moment]:
    if policy.announce_days_before is None or window.is_late:
        return
    earliest = window.opens_at - timedelta(days=policy.announce_days_before)
    due_at = _slot_from(max(earliest, window.since), policy, reader)
    if due_at < window.opens_at:
        yield Moment(Step.ANNOUNCEMENT, 1, due_at, until=window.opens_at)


def _reminders(
    invited_at: datetime, end: datetime, policy: CampaignPolicy, reader: Reader
) -> Iterator[tuple[Step, int, datetime]]:
    before = invited_at
    zone = ZoneInfo(reader.time_zone)
    invited_on = invited_at.astimezone(zone).date()
    for number in range(1, policy.most_reminders + 1):
        day = invited_on + number * timedelta(days=policy.reminder_every_days)
        begins = datetime.combine(day, time.min, zone).astimezone(UTC)
        due_at = _slot_from(begins, policy, reader)
        if due_at >= end:
            return
        if due_at >= before + PAUSE:
            yield Step.REMINDER, number, due_at
            before = due_at


def _last_call(
    window: Window, policy: CampaignPolicy, reader: Reader, invited_at: datetime
) -> datetime | None:
    if policy.last_call_days_before is None or window.is_late:
        return None
    latest = window.closes_at - timedelta(days=policy.last_call_days_before)
    due_at = _slot_until(latest, policy, reader)
    return due_at if due_at >= invited_at + PAUSE else None


def _with_ends(
    found: Sequence[tuple[Step, int, datetime]], closes_at: datetime
) -> Iterator[Moment]:
    """Each step ends when the next one comes, but for the invitation: without it nobody knows."""
    for place, (step, number, due_at) in enumerate(found):
        is_last = step is Step.INVITATION or place + 1 == len(found)
        yield Moment(step, number, due_at, until=closes_at if is_last else found[place + 1][2])


def _slot_from(instant: datetime, policy: CampaignPolicy, reader: Reader) -> datetime:
    """The first hour of telling on a working day, not before an instant."""
    slots = (_slot(instant, days, policy.hour, reader) for days in _DAYS_TO_LOOK_AT)
    return next(slot for slot in slots if slot is not None and slot >= instant)


def _slot_until(instant: datetime, policy: CampaignPolicy, reader: Reader) -> datetime:
    """The last hour of telling on a working day, not after an instant."""
    slots = (_slot(instant, -days, policy.hour, reader) for days in _DAYS_TO_LOOK_AT)
    return next(slot for slot in slots if slot is not None and slot <= instant)


def _slot(instant: datetime, days: int, hour: int, reader: Reader) -> datetime | None:
    """The hour of telling so many days from an instant's day; None if that is no working day.

    An hour that a change of the clocks skips comes as much later as they are put forward; of one
    that comes twice it is the first (`fold=0` of PEP 495).
    """
    zone = ZoneInfo(reader.time_zone)
    day = instant.astimezone(zone).date() + timedelta(days=days)
    if day.isoweekday() not in (reader.working_days or _EVERY_DAY):
        return None
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
