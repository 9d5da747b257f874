"""Programmes and their candidates: kept from intake's events, in whatever order these come."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from services.matching.domain.errors import MatchingError
from shared.bus.work import Work

_KEEP_PROGRAMMES: LiteralString = """
    INSERT INTO programme AS held (programme_id, sequence, state, weights)
    SELECT programme_id, sequence, state, weights::jsonb
    FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[])
        AS told (programme_id, sequence, state, weights)
    ORDER BY programme_id
    ON CONFLICT (programme_id) DO UPDATE
    SET sequence = excluded.sequence, state = excluded.state, weights = excluded.weights
    WHERE held.sequence < excluded.sequence
"""

_KEEP_REGISTRATIONS: LiteralString = """
    INSERT INTO candidate AS held (participant_id, programme_id, person_id,
                                   registered_sequence, role, capacity, profile)
    SELECT participant_id, programme_id, person_id, sequence, role, capacity, profile::jsonb
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::int[],
                $7::text[])
        AS told (participant_id, programme_id, person_id, sequence, role, capacity, profile)
    ORDER BY participant_id
    ON CONFLICT (participant_id) DO UPDATE
    SET registered_sequence = excluded.registered_sequence, role = excluded.role,
        capacity = excluded.capacity, profile = excluded.profile
    WHERE held.registered_sequence < excluded.registered_sequence
"""

_KEEP_WITHDRAWALS: LiteralString = """
    INSERT INTO candidate AS held (participant_id, programme_id, person_id, withdrawn_sequence)
    SELECT participant_id, programme_id, person_id, sequence
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[])
        AS told (participant_id, programme_id, person_id, sequence)
    ORDER BY participant_id
    ON CONFLICT (participant_id) DO UPDATE
    SET withdrawn_sequence = excluded.withdrawn_sequence
    WHERE held.withdrawn_sequence < excluded.withdrawn_sequence
"""

_STATE: LiteralString = "SELECT state FROM programme WHERE programme_id = $1"

_COUNTS: LiteralString = """
    SELECT (SELECT state FROM programme WHERE programme_id = $1) AS programme_state,
           count(*) AS participants,
           count(*) FILTER (WHERE mentors) AS mentors,
           coalesce(sum(capacity) FILTER (WHERE mentors), 0) AS places,
           coalesce(sum(greatest(capacity - taken, 0)) FILTER (WHERE mentors), 0) AS free_places,
           count(*) FILTER (WHERE mentees) AS mentees,
           count(*) FILTER (WHERE mentees AND NOT placed) AS waiting
    FROM (
        SELECT capacity, role IN ('mentor', 'both') AS mentors,
               role IN ('mentee', 'both') AS mentees,
               (SELECT count(*) FROM pair
                WHERE mentor_id = participant_id AND ended_at IS NULL) AS taken,
               EXISTS (SELECT FROM pair
                       WHERE mentee_id = participant_id AND ended_at IS NULL) AS placed
        FROM candidate WHERE active AND programme_id = $1
    ) AS candidates
"""


class ProgrammeUnknown(MatchingError):
    """No programme of this id has been heard of."""

    def __init__(self, programme_id: UUID) -> None:
        self.programme_id = programme_id
        super().__init__(f"Matching has not heard of a programme {programme_id}.")


@dataclass(frozen=True, slots=True)
class ProgrammeTold:
    """A programme as one event tells it; `weights` is a JSON object of points by term."""

    programme_id: UUID
    sequence: int
    state: str
    weights: str


@dataclass(frozen=True, slots=True)
class RegistrationTold:
    """A registration as one event tells it; `profile` is JSON."""

    participant_id: UUID
    programme_id: UUID
    person_id: UUID
    sequence: int
    role: str
    capacity: int
    profile: str


@dataclass(frozen=True, slots=True)
class WithdrawalTold:
    """A withdrawal as one event tells it."""

    participant_id: UUID
    programme_id: UUID
    person_id: UUID
    sequence: int


@dataclass(frozen=True, slots=True)
class PoolCounts:
    """How large a programme's pool is: the active candidates, and how they stand now.

    A participant who is both counts as a mentor and as a mentee. Free places are those without an
    open pair; waiting are the mentees without one. The programme's state is None as long as only
    its candidates have been heard of, or nothing at all.
    """

    programme_state: str | None
    participants: int
    mentors: int
    places: int
    free_places: int
    mentees: int
    waiting: int


async def keep_programmes(work: Work, told: Sequence[ProgrammeTold]) -> None:
    """Keep each programme as its newest event tells it; `told` names each once."""
    await work.connection.execute(
        _KEEP_PROGRAMMES,
        [t.programme_id for t in told],
        [t.sequence for t in told],
        [t.state for t in told],
        [t.weights for t in told],
    )


async def keep_registrations(work: Work, told: Sequence[RegistrationTold]) -> None:
    """Keep each candidate's newest registration; `told` names each candidate once."""
    await work.connection.execute(
        _KEEP_REGISTRATIONS,
        [t.participant_id for t in told],
        [t.programme_id for t in told],
        [t.person_id for t in told],
        [t.sequence for t in told],
        [t.role for t in told],
        [t.capacity for t in told],
        [t.profile for t in told],
    )


async def keep_withdrawals(work: Work, told: Sequence[WithdrawalTold]) -> None:
    """Keep each candidate's newest withdrawal, heard of or not; `told` names each once."""
    await work.connection.execute(
        _KEEP_WITHDRAWALS,
        [t.participant_id for t in told],
        [t.programme_id for t in told],
        [t.person_id for t in told],
        [t.sequence for t in told],
    )


async def state_of_programme(work: Work, programme_id: UUID) -> str:
    """The programme's newest known state.

    Raises:
        ProgrammeUnknown: No event has told of it yet.
    """
    state = await work.connection.fetchval(_STATE, programme_id)
    if state is None:
        raise ProgrammeUnknown(programme_id)
    return str(state)


async def count_pool(work: Work, programme_id: UUID) -> PoolCounts:
    """Count the programme's pool; before any event of it has come, it is empty."""
    (row,) = await work.connection.fetch(_COUNTS, programme_id)
    return PoolCounts(**dict(row))
