"""Whose turn it is to hear of a programme, and whether its state lets them hear it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.domain.by_date import end_instant
from services.intake.domain.campaign import (
    CampaignPolicy,
    Heard,
    Moment,
    Reader,
    Step,
    Window,
    moments,
    turn,
)
from services.intake.domain.errors import IntakeError
from services.intake.domain.programmes import Kind, Programme, State


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody who may join a programme, as they are now.

    Attributes:
        since: From when they could be told of the programme.
        joined_at: Since when they are with the company.
        is_away: Whether they have left it.
        has_answered: Whether they have registered, perhaps withdrawn again, or declined.
        heard: The last step that they heard.
    """

    person_id: UUID
    since: datetime
    joined_at: datetime
    department: str
    reader: Reader
    locale: str
    is_away: bool
    has_answered: bool
    heard: Heard | None


class AlreadyRegistered(IntakeError):
    """Who is registered does not decline, but withdraws."""

    def __init__(self, programme_id: UUID) -> None:
        self.programme_id = programme_id
        super().__init__(f"You take part in programme {programme_id}: withdraw from it instead.")


def invites(programme: Programme) -> bool:
    """Whether people hear of a programme in its state, or will when it opens by its date."""
    if programme.campaign is None:
        return False
    goes_on = programme.state is State.RUNNING and programme.kind is not Kind.CAMPAIGN
    is_planned = programme.state is State.DRAFT and programme.opens_by_date
    return programme.state is State.OPEN or goes_on or is_planned


def turn_of(programme: Programme, invitee: Invitee, now: datetime) -> Moment | None:
    """The next step for somebody; None if there is none, or none before the programme's next move.

    Who has answered, has left, is not in the audience, or is not whom a test is for hears nothing.
    """
    if programme.campaign is None or not invites(programme):
        return None
    if invitee.is_away or invitee.has_answered or not _is_meant(programme, invitee):
        return None
    window = window_of(programme, invitee.joined_at, invitee.since)
    if programme.state is State.RUNNING and not (
        window.is_late or programme.kind is Kind.ALWAYS_OPEN
    ):
        return None
    moment = turn(moments(window, programme.campaign, invitee.reader), invitee.heard, now)
    is_early = programme.state is State.DRAFT and moment and moment.step is not Step.ANNOUNCEMENT
    return None if is_early and moment and moment.due_at <= now else moment


def window_of(programme: Programme, joined_at: datetime, since: datetime) -> Window:
    """In which time somebody can sign up: a newcomer to a yearly programme until its end."""
    if is_newcomer(programme, joined_at):
        return Window(since, end_instant(programme), since, is_late=True)
    return Window(programme.enrolment_opens_at, programme.enrolment_closes_at, since)


def is_newcomer(programme: Programme, joined_at: datetime) -> bool:
    """Whether somebody came to the company after a yearly programme's enrolment had closed."""
    return programme.kind is Kind.YEARLY and joined_at >= programme.enrolment_closes_at


@dataclass(frozen=True, slots=True)
class Planned:
    """One step of a campaign over all people: to how many it goes at most, and when.

    Attributes:
        people: Who have not answered so far.
        first_at: The earliest instant, where the day begins first; last_at is the latest.
    """

    step: Step
    number: int
    people: int
    first_at: datetime
    last_at: datetime


def planned(
    programme: Programme, policy: CampaignPolicy, groups: dict[Reader, int], since: datetime
) -> list[Planned]:
    """The steps to come for all who have not answered, in order.

    Args:
        programme: Whose campaign it is.
        policy: How it invites.
        groups: How many people there are of each time zone and working days.
        since: From when they can be told.
    """
    window = Window(programme.enrolment_opens_at, programme.enrolment_closes_at, since)
    steps: dict[tuple[int, int], Planned] = {}
    for reader, people in groups.items():
        for moment in moments(window, policy, reader):
            held = steps.get(moment.rank)
            steps[moment.rank] = Planned(
                moment.step,
                moment.number,
                people + (held.people if held else 0),
                min(moment.due_at, held.first_at) if held else moment.due_at,
                max(moment.due_at, held.last_at) if held else moment.due_at,
            )
    return [steps[rank] for rank in sorted(steps)]


def _is_meant(programme: Programme, invitee: Invitee) -> bool:
    if programme.test_for is not None:
        return invitee.person_id == programme.test_for
    return not programme.audience or invitee.department in programme.audience
