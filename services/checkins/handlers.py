"""What checkins does when something happened elsewhere, when somebody is due, and when answered."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.checkins.domain.agreement import Agreement, default_agreement
from services.checkins.domain.answers import Answers, check
from services.checkins.store import agreements, calendar, checkins, facts, pairs, turns
from services.checkins.store.checkins import Checkin
from services.checkins.store.pairs import Beginning
from services.checkins.store.turns import Turn
from shared.bus.reactions import Ended, Reactions, Told, latest_ends, latest_per_subject
from shared.bus.work import Cause, Work
from shared.ids import new_id
from tandem_events import (
    AgreementMade,
    CheckinAnswered,
    CheckinDue,
    PairEnded,
    PairFormed,
    ParticipantRegistered,
    ProgrammeChanged,
    SessionRated,
)

TURNS = "turns"
"""The channel that says that a turn may have come."""

MOVED_ENDS = "moved_ends"
"""The channel that says that a programme's end may have moved."""

BATCH = 2000
"""How many are asked, or told to hold to something else, in one unit."""

reactions = Reactions("checkins")


@reactions.to(ProgrammeChanged)
async def follow_the_programmes_rules(told: Sequence[Told[ProgrammeChanged]], work: Work) -> None:
    """Keep dates and rules; turns follow what is new in them, and pairs that waited begin."""
    changed = await facts.keep_programmes(work, latest_per_subject(told))
    if not changed:
        return
    await calendar.renew(work, changed)
    await turns.settle_of_programmes(work, changed)
    await agreements.note_ends(work, changed)
    work.wake(TURNS)
    work.wake(MOVED_ENDS)
    await _begin(work, await pairs.complete_of_programmes(work, changed))


@reactions.to(ParticipantRegistered)
async def follow_participants(told: Sequence[Told[ParticipantRegistered]], work: Work) -> None:
    """Keep where everybody is; turns move with them, and pairs that waited for them begin."""
    changed = await facts.keep_participants(work, latest_per_subject(told))
    await _move(work, changed)
    await _begin(work, await pairs.complete_of_participants(work, changed))


@reactions.to_end_of(ParticipantRegistered)
async def forget_where_participants_are(ended: Sequence[Ended], work: Work) -> None:
    """Forget the zone of who left; their pairs end by themselves."""
    await facts.forget_participants(work, latest_ends(ended))


@reactions.to(PairFormed)
async def begin_with_new_pairs(told: Sequence[Told[PairFormed]], work: Work) -> None:
    """Let each pair begin with a default agreement, once all is known that it needs."""
    newest = latest_per_subject(told)
    await facts.keep_formed_pairs(work, newest)
    causes = {item.event.pair_id: item.cause for item in newest}
    await _begin(work, await pairs.complete_of_pairs(work, list(causes)), causes)


@reactions.to(PairEnded)
async def ask_ended_pairs_no_more(told: Sequence[Told[PairEnded]], work: Work) -> None:
    """Take the turns of pairs that are over away."""
    newest = latest_per_subject(told)
    await facts.keep_ended_pairs(work, newest)
    await turns.stop(work, [item.event.pair_id for item in newest])


async def ask_whose_turn_it_is(work: Work) -> int:
    """Make a check-in of each turn that has come, and tell of it; pass over what is too late.

    Returns how many turns have moved on.
    """
    claimed = await turns.claim_due(work, BATCH)
    if not claimed:
        return 0
    due = [(new_id(), turn) for turn in await turns.move_on(work, claimed)]
    await checkins.announce(work, due)
    for checkin_id, turn in due:
        work.publish(_due(checkin_id, turn))
    return len(claimed)


async def let_agreements_follow_their_programme(work: Work) -> int:
    """Let default agreements end with their programme again, and tell of it; returns how many."""
    followed = await agreements.follow_moved_end(work, BATCH)
    for row in followed:
        told = {**dict(row), "origin": "default", "made_at": work.now}
        work.publish(AgreementMade.model_validate(told))
    return len(followed)


async def answer(checkin_id: UUID, answers: Answers, work: Work) -> Checkin:
    """Keep a partner's answers and tell that they came; only a rated session is told too.

    Raises:
        CheckinUnknown: There is no such check-in.
        AlreadyAnswered: It has been answered.
        AnswersRefused: Some answers are missing or wrong.
    """
    checkin = await checkins.get_to_answer(work, checkin_id)
    check(answers)
    session_id = await _rate_session(checkin, answers.session_rating, work)
    await checkins.keep_answers(work, checkin, answers, session_id)
    work.publish(_answered(checkin, answers, work))
    return await checkins.get(work, checkin_id)


async def _rate_session(checkin: Checkin, rating: int | None, work: Work) -> UUID | None:
    if rating is None:
        return None
    session_id = await checkins.rate_session(work, checkin, new_id(), rating)
    work.publish(
        SessionRated(
            session_id=session_id,
            pair_id=checkin.pair_id,
            programme_id=checkin.programme_id,
            participant_id=checkin.participant_id,
            rating=rating,
            rated_at=work.now,
        )
    )
    return session_id


async def _begin(
    work: Work, beginnings: Sequence[Beginning], causes: Mapping[UUID, Cause] | None = None
) -> None:
    """Let pairs begin; `causes` names what led to each, if it is nearer than the unit's."""
    if not beginnings:
        return
    made = [(new_id(), pair.pair_id, default_agreement(pair.rhythm.ends_on)) for pair in beginnings]
    await pairs.begin(work, [pair.pair_id for pair in beginnings])
    await agreements.agree(work, made)
    rules = {pair.programme_id: pair.rhythm for pair in beginnings}
    zones = {(p.programme_id, z) for p in beginnings for z in (p.mentor_zone, p.mentee_zone)}
    await calendar.fill(work, rules, zones)
    await turns.start(work, beginnings)
    for (agreement_id, _, agreement), pair in zip(made, beginnings, strict=True):
        work.publish(_made(agreement_id, agreement, pair, work), (causes or {}).get(pair.pair_id))
    work.wake(TURNS)


async def _move(work: Work, participant_ids: Sequence[UUID]) -> None:
    rules = await calendar.rules_of(work, await turns.programmes_of(work, participant_ids))
    moved = await turns.move_zones(work, participant_ids)
    if not moved:
        return
    await calendar.fill(work, rules, {(programme, zone) for programme, zone, _ in moved})
    await turns.settle_of_participants(work, [participant for *_, participant in moved])
    work.wake(TURNS)


def _made(agreement_id: UUID, agreement: Agreement, pair: Beginning, work: Work) -> AgreementMade:
    return AgreementMade(
        agreement_id=agreement_id,
        pair_id=pair.pair_id,
        programme_id=pair.programme_id,
        cadence=agreement.cadence,
        channels=agreement.channels,
        expected_end=agreement.expected_end,
        may_outlive_programme=agreement.may_outlive_programme,
        origin="default",
        made_at=work.now,
    )


def _due(checkin_id: UUID, turn: Turn) -> CheckinDue:
    return CheckinDue(
        checkin_id=checkin_id,
        pair_id=turn.pair_id,
        programme_id=turn.programme_id,
        participant_id=turn.participant_id,
        side=turn.side,
        partner_id=turn.partner_id,
        round=turn.round,
        due_at=turn.due_at,
    )


def _answered(checkin: Checkin, answers: Answers, work: Work) -> CheckinAnswered:
    return CheckinAnswered(
        checkin_id=checkin.checkin_id,
        pair_id=checkin.pair_id,
        programme_id=checkin.programme_id,
        participant_id=checkin.participant_id,
        round=checkin.round,
        goal_rating=answers.goal_rating,
        answered_at=work.now,
    )
