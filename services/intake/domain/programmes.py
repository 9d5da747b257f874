"""A programme: a run of mentoring with dates and rules, and the states it goes through."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.intake.domain.campaign import CampaignPolicy
from services.intake.domain.errors import IntakeError
from tandem_events import Policies, ProgrammeChanged

A_DAY = timedelta(days=1)
AN_INSTANT = timedelta(microseconds=1)
YEARS = range(2000, 2200)
_DATES = ("enrolment_opens_at", "enrolment_closes_at", "starts_on", "ends_on")


class Kind(StrEnum):
    """For whom enrolment goes on while mentoring is running."""

    YEARLY = "yearly"
    """For who joins the company after enrolment has closed."""
    CAMPAIGN = "campaign"
    """For nobody."""
    ALWAYS_OPEN = "always-open"
    """For everybody, until enrolment closes."""


class State(StrEnum):
    """Where a programme stands."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    RUNNING = "running"
    ENDED = "ended"


MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.OPEN}),
    State.OPEN: frozenset({State.CLOSED}),
    State.CLOSED: frozenset({State.OPEN, State.RUNNING}),
    State.RUNNING: frozenset({State.ENDED}),
    State.ENDED: frozenset(),
}
"""The legal moves. Enrolment may be opened again while mentoring has not begun."""

FIXED_ONCE_OPENED = ("kind", "test_for")
"""What people have relied on from the opening on."""


@dataclass(frozen=True, slots=True)
class Incentive:
    """What people get for taking part: a code for programs, and words for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme, whole.

    Attributes:
        enrolment_opens_at: From when people are invited to sign up.
        enrolment_closes_at: The first instant at which nobody can sign up any more; in a yearly
            programme those who join the company later still can.
        starts_on: The first day of mentoring.
        ends_on: The last day of mentoring.
        time_zone: Where these days begin and end.
        opens_by_date: Whether a draft opens by itself.
        audience: The departments that are invited; none stands for all.
        campaign: How people are invited; None invites nobody.
        test_for: If set, it is a test: this coordinator alone is invited and mailed.
    """

    programme_id: UUID
    name: str
    state: State
    enrolment_opens_at: datetime
    enrolment_closes_at: datetime
    starts_on: date
    ends_on: date
    policies: Policies
    kind: Kind = Kind.CAMPAIGN
    time_zone: str = "UTC"
    opens_by_date: bool = False
    audience: tuple[str, ...] = ()
    incentives: tuple[Incentive, ...] = ()
    campaign: CampaignPolicy | None = None
    test_for: UUID | None = None


class Enrolment(StrEnum):
    """Who can register now."""

    OF_EVERYBODY = "everybody"
    OF_NEWCOMERS = "newcomers"


class NoSuchProgramme(IntakeError):
    """There is no programme with this id."""

    def __init__(self, programme_id: UUID) -> None:
        self.programme_id = programme_id
        super().__init__(f"There is no programme {programme_id}.")


class IllegalMove(IntakeError):
    """A programme can't go from its state to the one asked for."""

    def __init__(self, programme_id: UUID, state: State, to: State) -> None:
        self.programme_id = programme_id
        self.state = state
        self.to = to
        super().__init__(f"Programme {programme_id} is {state} and can't become {to}.")


class EnrolmentOver(IntakeError):
    """A programme can't be opened after its enrolment's end."""

    def __init__(self, programme_id: UUID) -> None:
        self.programme_id = programme_id
        super().__init__(
            f"Enrolment in programme {programme_id} has ended; set a later enrolment_closes_at "
            "before opening it."
        )


class NotOpen(IntakeError):
    """Nobody can register in a programme that is not open."""

    def __init__(self, programme_id: UUID, state: State) -> None:
        self.programme_id = programme_id
        self.state = state
        over = "its enrolment has ended" if state is State.OPEN else f"it is {state}"
        super().__init__(f"Nobody can register in programme {programme_id}: {over}.")


class WrongDates(IntakeError):
    """A programme's dates contradict one another; `field` is the one to look at."""

    def __init__(self, field: str, other: str) -> None:
        self.field = field
        self.other = other
        super().__init__(f"{field} must be after {other}.")


class FarDate(IntakeError):
    """A date is so far away that it is a mistake; zones and clocks end somewhere, too."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"{field} must be in the years from {YEARS.start} to {YEARS.stop - 1}.")


class HasEnded(IntakeError):
    """A programme that has ended stays as it is."""

    def __init__(self, programme_id: UUID) -> None:
        self.programme_id = programme_id
        super().__init__(f"Programme {programme_id} has ended and can't be changed.")


class Fixed(IntakeError):
    """Something can't be changed any more once a programme has been opened."""

    def __init__(self, programme_id: UUID, field: str) -> None:
        self.programme_id = programme_id
        self.field = field
        super().__init__(
            f"Programme {programme_id} has been opened, and its {field} stays as it is. "
            "Clone it to have another."
        )


def drafted(programme: Programme) -> Programme:
    """Check the dates of a new programme.

    Raises:
        FarDate: One of them is out of reach.
        WrongDates: They contradict one another.
    """
    for field in _DATES:
        if getattr(programme, field).year not in YEARS:
            raise FarDate(field)
    if programme.enrolment_closes_at <= programme.enrolment_opens_at:
        raise WrongDates("enrolment_closes_at", "enrolment_opens_at")
    if programme.ends_on <= programme.starts_on:
        raise WrongDates("ends_on", "starts_on")
    if programme.ends_on <= _local_day(programme.enrolment_closes_at, programme):
        raise WrongDates("ends_on", "enrolment_closes_at")
    return programme


def cloned(programme: Programme, programme_id: UUID, changes: dict[str, Any]) -> Programme:
    """A new draft with the rules of another programme; a clone of a test is no test.

    Args:
        programme: The one that is cloned; it stays as it is.
        programme_id: Of the draft.
        changes: Its name and dates, and what else is to differ, by the fields' names.

    Raises:
        WrongDates: The new dates contradict one another.
    """
    fresh: dict[str, Any] = {"state": State.DRAFT, "opens_by_date": False, "test_for": None}
    return drafted(replace(programme, **(fresh | changes), programme_id=programme_id))


def moved(programme: Programme, to: State) -> Programme:
    """The programme in its next state.

    An always-open programme runs while it is open: it needs not be closed before.

    Raises:
        IllegalMove: Its state does not lead there.
    """
    if to not in moves_of(programme.kind, programme.state):
        raise IllegalMove(programme.programme_id, programme.state, to)
    return replace(programme, state=to)


def moves_of(kind: Kind, state: State) -> frozenset[State]:
    """The states to which a programme of this kind can go."""
    runs_open = kind is Kind.ALWAYS_OPEN and state is State.OPEN
    return MOVES[state] | {State.RUNNING} if runs_open else MOVES[state]


def opened(programme: Programme, now: datetime) -> Programme:
    """The programme with its enrolment open; if that is before its time, the time was now.

    Raises:
        IllegalMove: Its state does not lead there.
        EnrolmentOver: It would have to be closed again at once.
    """
    if now >= programme.enrolment_closes_at:
        raise EnrolmentOver(programme.programme_id)
    opens_at = min(now, programme.enrolment_opens_at)
    programme = replace(programme, enrolment_opens_at=opens_at, opens_by_date=False)
    return moved(programme, State.OPEN)


def started(programme: Programme, now: datetime) -> Programme:
    """The programme running; if that is before its first day, its first day is today.

    Enrolment is over then, at the latest, but for an always-open programme: who joins the company
    from now on is a newcomer.

    Raises:
        IllegalMove: Its state does not lead there.
    """
    closes_at = programme.enrolment_closes_at
    if programme.kind is not Kind.ALWAYS_OPEN:
        closes_at = max(min(closes_at, now), programme.enrolment_opens_at + AN_INSTANT)
    starts_on = min(programme.starts_on, _local_day(now, programme))
    begun = replace(programme, starts_on=starts_on, enrolment_closes_at=closes_at)
    return moved(begun, State.RUNNING)


def ended(programme: Programme, now: datetime) -> Programme:
    """The programme at its end; if that is before its last day, its last day is today.

    A programme has two days at least: one that has begun today ends tomorrow by its date.

    Raises:
        IllegalMove: Its state does not lead there.
    """
    earliest = max(programme.starts_on + A_DAY, _local_day(now, programme))
    return moved(replace(programme, ends_on=min(programme.ends_on, earliest)), State.ENDED)


def amended(programme: Programme, changes: dict[str, Any]) -> Programme:
    """The programme with other dates, policies or another name.

    Args:
        programme: As it is.
        changes: New values by the fields' names.

    Raises:
        HasEnded: It is over.
        Fixed: It is open, and people rely on what would change.
        WrongDates: The new dates contradict one another.
    """
    if programme.state is State.ENDED:
        raise HasEnded(programme.programme_id)
    changed = drafted(replace(programme, **changes))
    for field in FIXED_ONCE_OPENED:
        if programme.state is not State.DRAFT and getattr(changed, field) != getattr(
            programme, field
        ):
            raise Fixed(programme.programme_id, field)
    return changed


def enrolment_of(programme: Programme, now: datetime) -> Enrolment:
    """Say who can register now.

    Raises:
        NotOpen: Nobody can.
    """
    runs = programme.state is State.RUNNING
    if runs and programme.kind is Kind.YEARLY:
        return Enrolment.OF_NEWCOMERS
    is_open = programme.state is State.OPEN or (runs and programme.kind is Kind.ALWAYS_OPEN)
    if not is_open or now >= programme.enrolment_closes_at:
        raise NotOpen(programme.programme_id, programme.state)
    return Enrolment.OF_EVERYBODY


def told(programme: Programme) -> ProgrammeChanged:
    """The programme as an event; of incentives the codes alone."""
    return ProgrammeChanged(
        programme_id=programme.programme_id,
        name=programme.name,
        state=programme.state.value,
        enrolment_opens_at=programme.enrolment_opens_at,
        enrolment_closes_at=programme.enrolment_closes_at,
        starts_on=programme.starts_on,
        ends_on=programme.ends_on,
        policies=programme.policies,
        kind=programme.kind.value,
        time_zone=programme.time_zone,
        incentives=tuple(incentive.code for incentive in programme.incentives),
        test_for=programme.test_for,
    )


def _local_day(instant: datetime, programme: Programme) -> date:
    return instant.astimezone(ZoneInfo(programme.time_zone)).date()
