"""From a proposal to pairs, guarded against whatever happened since the pool was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from services.matching.domain.problem import Unplaced
from services.matching.domain.terms import Reason
from services.matching.store.pool import ProgrammeUnknown
from services.matching.store.reasons import as_json, from_json
from services.matching.store.runs import Run, RunUnknown, as_run
from shared.bus.work import Work

# Publications of one programme come one after another. Events take the same locks in the same
# order (programme, then candidates by id), but for a batch of registrations and withdrawals: a
# circle that PostgreSQL breaks, and whoever it stops tries again.
_LOCK_PROGRAMME: LiteralString = """
    SELECT published_runs, state FROM programme WHERE programme_id = $1 FOR NO KEY UPDATE
"""

_LOCK_CANDIDATES: LiteralString = """
    SELECT FROM candidate WHERE participant_id IN (
        SELECT mentee_id FROM proposed_pair WHERE run_id = $1
        UNION SELECT mentor_id FROM proposed_pair WHERE run_id = $1
        UNION SELECT mentee_id FROM unplaced_mentee WHERE run_id = $1
    )
    ORDER BY participant_id FOR NO KEY UPDATE
"""

_STILL_POSSIBLE: LiteralString = """
    SELECT mentee_id, mentor_id, points, reasons::text AS reasons, mentor_sequence, mentee_sequence
    FROM (
        SELECT proposed_pair.*, mentor.registered_sequence AS mentor_sequence,
               mentee.registered_sequence AS mentee_sequence,
               row_number() OVER (PARTITION BY mentor_id ORDER BY points DESC, mentee_id) AS place,
               mentor.capacity - (
                   SELECT count(*) FROM pair
                   WHERE pair.mentor_id = proposed_pair.mentor_id AND ended_at IS NULL
               ) AS places
        FROM proposed_pair
            JOIN candidate AS mentor ON mentor.participant_id = mentor_id
            JOIN candidate AS mentee ON mentee.participant_id = mentee_id
        WHERE run_id = $1
            AND mentor.active AND mentor.role IN ('mentor', 'both')
            AND mentee.active AND mentee.role IN ('mentee', 'both')
            AND NOT EXISTS (
                SELECT FROM pair
                WHERE pair.mentee_id = proposed_pair.mentee_id AND ended_at IS NULL
            )
    ) AS possible
    WHERE place <= places ORDER BY mentee_id
"""

_FORM: LiteralString = """
    WITH formed AS (
        INSERT INTO pair (pair_id, programme_id, run_id, mentor_id, mentee_id, mentor_sequence,
                          mentee_sequence, points, reasons, formed_at)
        SELECT pair_id, $1, $2, mentor_id, mentee_id, mentor_sequence, mentee_sequence, points,
               reasons::jsonb, $3
        FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::bigint[], $8::bigint[], $9::int[],
                    $10::text[])
            AS p (pair_id, mentor_id, mentee_id, mentor_sequence, mentee_sequence, points, reasons)
        RETURNING pair_id, mentee_id
    )
    UPDATE proposed_pair SET pair_id = formed.pair_id
    FROM formed WHERE run_id = $2 AND proposed_pair.mentee_id = formed.mentee_id
"""

# Also those whose proposed partner has gone: their place went too.
_STILL_WAITING: LiteralString = """
    SELECT mentee_id, reason FROM (
        SELECT mentee_id, reason FROM unplaced_mentee WHERE run_id = $1
        UNION ALL
        SELECT mentee_id, 'no-place-left' FROM proposed_pair
        WHERE run_id = $1 AND pair_id IS NULL
    ) AS waiting
        JOIN candidate ON participant_id = mentee_id
    WHERE active AND role IN ('mentee', 'both')
        AND NOT EXISTS (
            SELECT FROM pair WHERE pair.mentee_id = waiting.mentee_id AND ended_at IS NULL
        )
    ORDER BY mentee_id
"""

_COUNT_PUBLICATION: LiteralString = """
    UPDATE programme SET published_runs = published_runs + 1 WHERE programme_id = $1
"""

_MARK_PUBLISHED: LiteralString = """
    UPDATE match_run
    SET state = 'published', published_at = $2, formed = $3, told_unplaced = $4,
        left_out = placed - $3
    WHERE run_id = $1
    RETURNING run_id, programme_id, state, requested_at, published_runs_seen, mentees, mentors,
              places, placed, unplaced, total_points, optimal, proposed_at, published_at, formed,
              told_unplaced, left_out, failure
"""


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme as it is at the moment of publishing."""

    published_runs: int
    state: str


@dataclass(frozen=True, slots=True)
class Possible:
    """A proposed pair that can still be formed.

    Attributes:
        mentor_sequence: The version of the mentor's registration that the pair is formed with.
        mentee_sequence: The same of the mentee.
    """

    mentee_id: UUID
    mentor_id: UUID
    points: int
    reasons: tuple[Reason, ...]
    mentor_sequence: int
    mentee_sequence: int


async def lock_programme(work: Work, programme_id: UUID) -> Programme:
    """Keep other publications of the programme waiting until this unit ends.

    Raises:
        ProgrammeUnknown: There is no such programme.
    """
    row = await work.connection.fetchrow(_LOCK_PROGRAMME, programme_id)
    if row is None:
        raise ProgrammeUnknown(programme_id)
    return Programme(**dict(row))


async def still_possible(work: Work, run_id: UUID) -> list[Possible]:
    """The proposed pairs whose two people are both still there and free, in mentees' order.

    Keeps everybody in the proposal as they are until this unit ends. Where a mentor takes fewer
    than when the pool was read, the best fits stay (ties: the lower mentee id).
    """
    await work.connection.execute(_LOCK_CANDIDATES, run_id)
    rows = await work.connection.fetch(_STILL_POSSIBLE, run_id)
    return [Possible(**{**dict(row), "reasons": from_json(row["reasons"])}) for row in rows]


async def form_pairs(
    work: Work, run: Run, possible: Sequence[Possible], pair_ids: Sequence[UUID]
) -> None:
    """Form the pairs, each under the id at its place in `pair_ids`."""
    await work.connection.execute(
        _FORM,
        run.programme_id,
        run.run_id,
        work.now,
        pair_ids,
        [p.mentor_id for p in possible],
        [p.mentee_id for p in possible],
        [p.mentor_sequence for p in possible],
        [p.mentee_sequence for p in possible],
        [p.points for p in possible],
        [as_json(p.reasons) for p in possible],
    )


async def still_waiting(work: Work, run_id: UUID) -> list[Unplaced]:
    """The mentees whom this publication leaves without a partner; ask after `form_pairs`."""
    rows = await work.connection.fetch(_STILL_WAITING, run_id)
    return [Unplaced(**dict(row)) for row in rows]


async def mark_published(work: Work, run: Run, formed: int, told_unplaced: int) -> Run:
    """Close the run; other proposals on the same pool are stale from now on."""
    await work.connection.execute(_COUNT_PUBLICATION, run.programme_id)
    row = await work.connection.fetchrow(
        _MARK_PUBLISHED, run.run_id, work.now, formed, told_unplaced
    )
    if row is None:
        raise RunUnknown(run.run_id)
    return as_run(row)
