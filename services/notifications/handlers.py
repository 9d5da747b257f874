"""What notifications does when something happened elsewhere."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.notifications.domain.letter import INVITING, Kind, Side
from services.notifications.store import facts, queue
from shared.bus.reactions import Ended, Reactions, Told, latest_ends, latest_per_subject
from shared.bus.work import Work
from shared.ids import new_id
from tandem_events import (
    CheckinDue,
    InvitationDue,
    PairEnded,
    PairFormed,
    ParticipantRegistered,
    ParticipantUnplaced,
    PersonContact,
    ProgrammeChanged,
    Reason,
)

SIGN_INS_ARE_KEPT = timedelta(days=1)
"""Long enough to see what became of a mail that somebody misses."""

reactions = Reactions("notifications")


@reactions.to(PersonContact)
async def keep_how_people_can_be_reached(told: Sequence[Told[PersonContact]], work: Work) -> None:
    """Keep names and addresses; what waited for them becomes due."""
    await queue.take_turn(work)
    people = await facts.keep_contacts(work, latest_per_subject(told))
    await queue.settle_those_of_people(work, people)


@reactions.to_end_of(PersonContact)
async def forget_how_people_can_be_reached(ended: Sequence[Ended], work: Work) -> None:
    """Remove names and addresses; what is not on its way yet waits, for ever if need be."""
    await queue.take_turn(work)
    people = await facts.forget_contacts(work, latest_ends(ended))
    await queue.settle_those_of_people(work, people)


@reactions.to(ParticipantRegistered)
async def keep_who_takes_part(told: Sequence[Told[ParticipantRegistered]], work: Work) -> None:
    """Keep who is who in which programme; what waited for them becomes due."""
    await queue.take_turn(work)
    newest = latest_per_subject(told)
    await facts.keep_participants(work, newest)
    await queue.settle_those_of_participants(work, [item.event.participant_id for item in newest])


@reactions.to_end_of(ParticipantRegistered)
async def forget_who_takes_part(ended: Sequence[Ended], work: Work) -> None:
    """Forget registrations that are over."""
    await queue.take_turn(work)
    await facts.forget_participants(work, latest_ends(ended))
    await queue.settle_those_of_participants(work, [UUID(item.subject) for item in ended])


@reactions.to(ProgrammeChanged)
async def keep_programmes(told: Sequence[Told[ProgrammeChanged]], work: Work) -> None:
    """Keep names and dates of programmes; what waited for them becomes due."""
    await queue.take_turn(work)
    newest = latest_per_subject(told)
    await facts.keep_programmes(work, newest)
    await queue.settle_those_of_programmes(work, [item.event.programme_id for item in newest])


@reactions.to(PairFormed)
async def tell_both_partners(told: Sequence[Told[PairFormed]], work: Work) -> None:
    """Queue a mail to the mentor and one to the mentee of each pair."""
    await queue.take_turn(work)
    newest = latest_per_subject(told)
    await queue.enqueue(work, [d for item in newest for d in _to_both_partners(item)])


@reactions.to(PairEnded)
async def cancel_what_is_out_of_date(told: Sequence[Told[PairEnded]], work: Work) -> None:
    """Tell nobody of a pair that has ended before they were told of it."""
    await queue.take_turn(work)
    newest = latest_per_subject(told)
    await facts.keep_ended_pairs(work, newest)
    await queue.settle_those_of_pairs(work, [item.event.pair_id for item in newest])


@reactions.to(ParticipantUnplaced)
async def tell_the_unplaced(told: Sequence[Told[ParticipantUnplaced]], work: Work) -> None:
    """Queue a mail to each mentee for whom a match run found nobody, one per run."""
    await queue.take_turn(work)
    await queue.enqueue(work, [_to_the_unplaced(item) for item in told])


@reactions.to(CheckinDue)
async def ask_how_it_goes(told: Sequence[Told[CheckinDue]], work: Work) -> None:
    """Queue a mail with a link to the check-in's form to whom it asks."""
    await queue.take_turn(work)
    await queue.enqueue(work, [_to_the_asked(item) for item in latest_per_subject(told)])


@reactions.to(InvitationDue)
async def invite_who_can_join(told: Sequence[Told[InvitationDue]], work: Work) -> None:
    """Queue a mail to each person who is to hear of a programme."""
    await queue.take_turn(work)
    invitations = [_to_the_invited(item) for item in latest_per_subject(told)]
    await queue.enqueue_invitations(work, [each for each in invitations if each])


async def send_sign_in_link(
    sign_in_id: UUID, person_id: UUID, void_after: datetime, work: Work
) -> None:
    """Queue a mail with which somebody signs in; useless, and not sent, after that real time."""
    await queue.take_turn(work)
    await queue.enqueue_to_person(
        work,
        queue.ToPerson(new_id(), Kind.SIGN_IN, sign_in_id, person_id, void_after, work.cause),
    )


async def forget_old_sign_ins(work: Work, at: datetime) -> None:
    """Keep nothing of sign-ins whose link was of no use a day before this real time."""
    await queue.forget_sign_ins(work, at - SIGN_INS_ARE_KEPT)


def _to_both_partners(told: Told[PairFormed]) -> Iterator[queue.NewDelivery]:
    pair = told.event
    reasons = json.dumps([_coded(reason) for reason in pair.reasons])
    for side, participant, partner in (
        (Side.MENTOR, pair.mentor_id, pair.mentee_id),
        (Side.MENTEE, pair.mentee_id, pair.mentor_id),
    ):
        yield queue.NewDelivery(
            id=new_id(),
            kind=Kind.PAIR_FORMED,
            subject_id=pair.pair_id,
            programme_id=pair.programme_id,
            participant_id=participant,
            side=side,
            partner_id=partner,
            reasons=reasons,
            cause=told.cause,
        )


def _to_the_unplaced(told: Told[ParticipantUnplaced]) -> queue.NewDelivery:
    return queue.NewDelivery(
        id=new_id(),
        kind=Kind.PARTICIPANT_UNPLACED,
        subject_id=told.event.run_id,
        programme_id=told.event.programme_id,
        participant_id=told.event.participant_id,
        side=Side.MENTEE,
        unplaced_reason=told.event.reason,
        cause=told.cause,
    )


def _to_the_asked(told: Told[CheckinDue]) -> queue.NewDelivery:
    checkin = told.event
    return queue.NewDelivery(
        id=new_id(),
        kind=Kind.CHECKIN_DUE,
        subject_id=checkin.checkin_id,
        programme_id=checkin.programme_id,
        participant_id=checkin.participant_id,
        side=_side(checkin.side),
        partner_id=checkin.partner_id,
        pair_id=checkin.pair_id,
        cause=told.cause,
    )


def _to_the_invited(told: Told[InvitationDue]) -> queue.NewInvitation | None:
    """The mail for a step of a campaign; none for a step newer than this service."""
    due = told.event
    kind = next((kind for kind in INVITING if kind == due.step), None)
    if kind is None:
        return None
    return queue.NewInvitation(
        id=new_id(),
        kind=kind,
        subject_id=due.invitation_id,
        programme_id=due.programme_id,
        person_id=due.person_id,
        closes_at=due.closes_at,
        time_zone=due.time_zone,
        locale=due.locale,
        cause=told.cause,
    )


def _side(code: str) -> Side | None:
    """The side that a code names; a word newer than this service is left unsaid."""
    return next((side for side in Side if side == code), None)


def _coded(reason: Reason) -> dict[str, object]:
    return {"term": reason.term, "points": reason.points, "codes": list(reason.codes)}
