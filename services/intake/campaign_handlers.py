"""How people hear of programmes: who is invited, whose turn it is, who declines."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.domain.campaign import Step
from services.intake.domain.invitees import (
    AlreadyRegistered,
    Planned,
    invites,
    planned,
    turn_of,
    window_of,
)
from services.intake.domain.programmes import Programme, State, enrolment_of
from services.intake.store import campaigns as store
from services.intake.store import programmes as programme_store
from services.intake.store.campaigns import Asked, Told
from shared.bus.work import Work
from shared.ids import new_id
from tandem_events import InvitationDue

INVITATIONS = "invitations"
"""The channel that says that somebody may have to be told of a programme."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """How a programme's campaign stands: the steps as planned, what was told, who has answered."""

    steps: list[Planned]
    told: dict[tuple[Step, int], int]
    registered: int
    declined: int


async def enlist(programme: Programme, work: Work) -> None:
    """Have everybody whom a programme is for looked at, if it invites people.

    The caller keeps others from writing people meanwhile, so that nobody is passed over.
    """
    if invites(programme):
        await store.enlist(work, [programme.programme_id])
        work.wake(INVITATIONS)


async def enlist_written_people(work: Work) -> None:
    """Have who came or changed with a file looked at by every programme that invites people."""
    inviting = await _inviting(work)
    if inviting:
        await store.enlist_written(work, inviting)
        work.wake(INVITATIONS)


async def enlist_people(person_ids: list[UUID], work: Work) -> None:
    """Have these people looked at by every programme that invites people."""
    inviting = await _inviting(work)
    if inviting:
        await store.enlist_people(work, inviting, person_ids)
        work.wake(INVITATIONS)


async def tell_whose_turn_it_is(work: Work) -> int:
    """Tell a batch of people of programmes that they can join; returns how many were looked at."""
    asked = await store.claim(work)
    programmes = await _programmes_of(asked, work)
    told: list[Told] = []
    plans: list[tuple[Asked, datetime | None]] = []
    for each in asked:
        programme = programmes[each.programme_id]
        moment = turn_of(programme, each.invitee, work.now)
        if moment is None or moment.due_at > work.now:
            plans.append((each, moment.due_at if moment else None))
            continue
        told.append(Told(new_id(), each.programme_id, each.invitee.person_id, moment))
        work.publish(_invitation(told[-1], each, programme))
    await store.plan(work, plans)
    await store.keep_told(work, told)
    return len(asked)


async def decline(programme_id: UUID, person_id: UUID, work: Work) -> None:
    """Note that somebody does not want to take part: they are reminded no more.

    Raises:
        NoSuchProgramme: There is none with this id.
        NotOpen: Nobody can register in it now, and so nobody needs to decline.
        AlreadyRegistered: They take part in it.
    """
    programme = await programme_store.get_to_lean_on(work, programme_id)
    enrolment_of(programme, work.now)
    if await store.is_registered(work, programme_id, person_id):
        raise AlreadyRegistered(programme_id)
    await store.decline(work, programme_id, person_id)


async def campaign_of(programme_id: UUID, work: Work) -> Campaign:
    """Say how a programme's campaign stands; without a policy it has no steps.

    Raises:
        NoSuchProgramme: There is none with this id.
    """
    programme = await programme_store.get(work, programme_id)
    groups = await store.groups(work, programme_id)
    since = work.now if programme.state is State.DRAFT else programme.enrolment_opens_at
    policy = programme.campaign
    steps = planned(programme, policy, groups, since) if policy else []
    told = await store.told_so_far(work, programme_id)
    return Campaign(steps, told, **await store.answers(work, programme_id))


async def _inviting(work: Work) -> list[UUID]:
    return [
        programme.programme_id
        for programme in await programme_store.with_campaign(work)
        if invites(programme)
    ]


async def _programmes_of(asked: list[Asked], work: Work) -> dict[UUID, Programme]:
    ids = sorted({each.programme_id for each in asked})
    return {each.programme_id: each for each in await programme_store.some(work, ids)}


def _invitation(told: Told, asked: Asked, programme: Programme) -> InvitationDue:
    invitee = asked.invitee
    return InvitationDue(
        invitation_id=told.invitation_id,
        person_id=invitee.person_id,
        programme_id=programme.programme_id,
        step=told.moment.step.value,
        number=told.moment.number,
        closes_at=window_of(programme, invitee.joined_at, invitee.since).closes_at,
        due_at=told.moment.due_at,
        time_zone=invitee.reader.time_zone,
        locale=invitee.locale,
    )
