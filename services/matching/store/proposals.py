"""What a run proposes: pairs with their reasons, and the mentees it found nobody for."""

from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from services.matching.domain.problem import Solution, Unplaced
from services.matching.domain.terms import Reason
from services.matching.store.reasons import as_json, from_json
from shared.bus.work import Work

_SAVE_PAIRS: LiteralString = """
    INSERT INTO proposed_pair (run_id, mentee_id, mentor_id, points, reasons)
    SELECT $1, mentee_id, mentor_id, points, reasons::jsonb
    FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[])
        AS p (mentee_id, mentor_id, points, reasons)
"""

_SAVE_UNPLACED: LiteralString = """
    INSERT INTO unplaced_mentee (run_id, mentee_id, reason)
    SELECT $1, mentee_id, reason FROM unnest($2::uuid[], $3::text[]) AS u (mentee_id, reason)
"""

_PAIRS: LiteralString = """
    SELECT mentee_id, mentor_id, points, reasons::text AS reasons, pair_id FROM proposed_pair
    WHERE run_id = $1 AND ($2::uuid IS NULL OR mentee_id > $2) ORDER BY mentee_id LIMIT $3
"""

_UNPLACED: LiteralString = """
    SELECT mentee_id, reason FROM unplaced_mentee
    WHERE run_id = $1 AND ($2::uuid IS NULL OR mentee_id > $2) ORDER BY mentee_id LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed pair; `pair_id` is set once it became one."""

    mentee_id: UUID
    mentor_id: UUID
    points: int
    reasons: tuple[Reason, ...]
    pair_id: UUID | None


async def save_solution(work: Work, run_id: UUID, solution: Solution) -> None:
    """Write down what the run proposes."""
    pairs, unplaced = solution.pairs, solution.unplaced
    await work.connection.execute(
        _SAVE_PAIRS,
        run_id,
        [pair.mentee_id for pair in pairs],
        [pair.mentor_id for pair in pairs],
        [pair.points for pair in pairs],
        [as_json(pair.reasons) for pair in pairs],
    )
    await work.connection.execute(
        _SAVE_UNPLACED, run_id, [u.mentee_id for u in unplaced], [u.reason for u in unplaced]
    )


async def proposals_of(work: Work, run_id: UUID, after: UUID | None, limit: int) -> list[Proposal]:
    """A page of the proposed pairs, in order of the mentees' ids."""
    rows = await work.connection.fetch(_PAIRS, run_id, after, limit)
    return [Proposal(**{**dict(row), "reasons": from_json(row["reasons"])}) for row in rows]


async def unplaced_of(work: Work, run_id: UUID, after: UUID | None, limit: int) -> list[Unplaced]:
    """A page of the mentees without a proposed partner, in order of their ids."""
    rows = await work.connection.fetch(_UNPLACED, run_id, after, limit)
    return [Unplaced(**dict(row)) for row in rows]
