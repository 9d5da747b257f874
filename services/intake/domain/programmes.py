"""A programme: a run of mentoring with dates and rules, and the states it goes through."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.intake.domain.errors import IntakeError
from tandem_events import Policies, ProgrammeChanged


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


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme, whole.

    Attributes:
        enrolment_opens_at: From when people are invited to sign up.
        enrolment_closes_at: The first instant at which nobody can sign up any more.
        starts_on: The first day of mentoring.
        ends_on: The last day of mentoring.
    """

    programme_id: UUID
    name: str
    state: State
    enrolment_opens_at: datetime
    enrolment_closes_at: datetime
    starts_on: date
    ends_on: date
    policies: Policies


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


class HasEnded(IntakeError):
    """A programme that has ended stays as it is."""

    def __init__(self, programme_id: UUID) -> None:
        self.programme_id = programme_id
        super().__init__(f"Programme {programme_id} has ended and can't be changed.")


def drafted(programme: Programme) -> Programme:
    """Check the dates of a new programme.

    Raises:
        WrongDates: They contradict one another.
    """
    if programme.enrolment_closes_at <= programme.enrolment_opens_at:
        raise WrongDates("enrolment_closes_at", "enrolment_opens_at")
    if programme.ends_on <= programme.starts_on:
        raise WrongDates("ends_on", "starts_on")
    if programme.ends_on <= programme.enrolment_closes_at.date():
        raise WrongDates("ends_on", "enrolment_closes_at")
    return programme


def moved(programme: Programme, to: State) -> Programme:
    """The programme in its next state.

    Raises:
        IllegalMove: Its state does not lead there.
    """
    if to not in MOVES[programme.state]:
        raise IllegalMove(programme.programme_id, programme.state, to)
    return replace(programme, state=to)


def opened(programme: Programme, now: datetime) -> Programme:
    """The programme with its enrolment open.

    Raises:
        IllegalMove: Its state does not lead there.
        EnrolmentOver: It would have to be closed again at once.
    """
    if now >= programme.enrolment_closes_at:
        raise EnrolmentOver(programme.programme_id)
    return moved(programme, State.OPEN)


def amended(programme: Programme, changes: dict[str, Any]) -> Programme:
    """The programme with other dates, policies or another name.

    Args:
        programme: As it is.
        changes: New values by the fields' names.

    Raises:
        HasEnded: It is over.
        WrongDates: The new dates contradict one another.
    """
    if programme.state is State.ENDED:
        raise HasEnded(programme.programme_id)
    return drafted(replace(programme, **changes))


def check_enrolment(programme: Programme, now: datetime) -> None:
    """Do nothing if people can register now.

    Raises:
        NotOpen: They can't.
    """
    if programme.state is not State.OPEN or now >= programme.enrolment_closes_at:
        raise NotOpen(programme.programme_id, programme.state)


def told(programme: Programme) -> ProgrammeChanged:
    """The programme as an event."""
    return ProgrammeChanged(
        programme_id=programme.programme_id,
        name=programme.name,
        state=programme.state.value,
        enrolment_opens_at=programme.enrolment_opens_at,
        enrolment_closes_at=programme.enrolment_closes_at,
        starts_on=programme.starts_on,
        ends_on=programme.ends_on,
        policies=programme.policies,
    )
