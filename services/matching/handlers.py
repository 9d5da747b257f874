"""What matching does when something happened elsewhere."""

import json
from collections.abc import Sequence

from services.matching.store import pairs, pool
from services.matching.store.pool import ProgrammeTold, RegistrationTold, WithdrawalTold
from shared.bus.reactions import Reactions, Told, latest_per_subject
from shared.bus.work import Work
from tandem_events import (
    PairEnded,
    ParticipantRegistered,
    ParticipantWithdrawn,
    ProgrammeChanged,
)

PAUSED = "paused"
"""The role, in the pool, of who is to get no new pair for now; their open pairs go on."""

reactions = Reactions("matching")


@reactions.to(ProgrammeChanged)
async def keep_programmes(told: Sequence[Told[ProgrammeChanged]], work: Work) -> None:
    """Remember each programme's state and how it weighs the terms."""
    await pool.keep_programmes(work, [_programme(item) for item in latest_per_subject(told)])


@reactions.to(ParticipantRegistered)
async def put_in_pool(told: Sequence[Told[ParticipantRegistered]], work: Work) -> None:
    """Put everybody who registered into the pool; a newer registration replaces an older one."""
    newest = latest_per_subject(told)
    await pool.keep_registrations(work, [_registration(item) for item in newest])


@reactions.to(ParticipantWithdrawn)
async def free_places(told: Sequence[Told[ParticipantWithdrawn]], work: Work) -> None:
    """Take everybody who withdrew out of the pool, and end the pairs that they leave."""
    newest = latest_per_subject(told)
    await pool.keep_withdrawals(work, [_withdrawal(item) for item in newest])
    causes = {item.event.participant_id: item.cause for item in newest}
    for pair in await pairs.end_pairs_of_withdrawn(work, list(causes)):
        because = causes.get(pair.mentor_id) or causes[pair.mentee_id]
        work.publish(as_event(pair), because)


def as_event(pair: pairs.JustEnded) -> PairEnded:
    """The news that a pair has ended."""
    return PairEnded(
        pair_id=pair.pair_id,
        programme_id=pair.programme_id,
        mentor_id=pair.mentor_id,
        mentee_id=pair.mentee_id,
        reason=pair.end_reason,
        ended_at=pair.ended_at,
    )


def _programme(told: Told[ProgrammeChanged]) -> ProgrammeTold:
    event = told.event
    weights = json.dumps(event.policies.matching.weights)
    return ProgrammeTold(event.programme_id, told.sequence, event.state, weights)


def _registration(told: Told[ParticipantRegistered]) -> RegistrationTold:
    event = told.event
    return RegistrationTold(
        participant_id=event.participant_id,
        programme_id=event.programme_id,
        person_id=event.person_id,
        sequence=told.sequence,
        role=event.role if event.available else PAUSED,
        capacity=event.capacity,
        profile=event.profile.model_dump_json(),
    )


def _withdrawal(told: Told[ParticipantWithdrawn]) -> WithdrawalTold:
    event = told.event
    return WithdrawalTold(event.participant_id, event.programme_id, event.person_id, told.sequence)
