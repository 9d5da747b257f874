"""Pairs: how they are read, and how they end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import asyncpg

from services.matching.domain.errors import MatchingError
from services.matching.domain.terms import Reason
from services.matching.store.reasons import from_json
from shared.bus.work import Work

# A pair remembers with which registrations it began, so that a withdrawal which is overtaken by
# a new registration still ends the pairs that came before it, and none that came after.
_END_PAIRS_OF_WITHDRAWN: LiteralString = """
    WITH leaving AS (
        SELECT pair_id FROM candidate JOIN pair ON mentor_id = participant_id
        WHERE participant_id = ANY($1::uuid[]) AND withdrawn_sequence > mentor_sequence
        UNION
        SELECT pair_id FROM candidate JOIN pair ON mentee_id = participant_id
        WHERE participant_id = ANY($1::uuid[]) AND withdrawn_sequence > mentee_sequence
    ), ending AS (
        SELECT pair_id FROM pair WHERE pair_id IN (SELECT pair_id FROM leaving)
            AND ended_at IS NULL
        ORDER BY pair_id FOR NO KEY UPDATE
    )
    UPDATE pair SET ended_at = $2, end_reason = 'withdrawn'
    FROM ending WHERE pair.pair_id = ending.pair_id
    RETURNING pair.pair_id, programme_id, mentor_id, mentee_id, ended_at, end_reason
"""

_END_PAIR: LiteralString = """
    UPDATE pair SET ended_at = $2, end_reason = $3 WHERE pair_id = $1 AND ended_at IS NULL
    RETURNING pair_id, programme_id, mentor_id, mentee_id, ended_at, end_reason
"""

_PAIR: LiteralString = """
    SELECT pair_id, programme_id, run_id, mentor_id, mentee_id, points, reasons::text AS reasons,
           formed_at, ended_at, end_reason
    FROM pair WHERE pair_id = $1
"""

_PAIRS: LiteralString = """
    SELECT pair_id, programme_id, run_id, mentor_id, mentee_id, points, reasons::text AS reasons,
           formed_at, ended_at, end_reason
    FROM pair
    WHERE programme_id = $1 AND ($2::uuid IS NULL OR pair_id > $2)
        AND ($3::boolean IS NULL OR (ended_at IS NULL) = $3)
    ORDER BY pair_id LIMIT $4
"""


_PAIRS_OF_PERSON: LiteralString = """
    SELECT pair_id, pair.programme_id, run_id, mentor_id, mentee_id, points,
           reasons::text AS reasons, formed_at, ended_at, end_reason
    FROM candidate JOIN pair ON participant_id IN (mentor_id, mentee_id)
    WHERE person_id = $1 ORDER BY pair_id DESC LIMIT 1000
"""


class PairUnknown(MatchingError):
    """There is no pair of this id."""

    def __init__(self, pair_id: UUID) -> None:
        self.pair_id = pair_id
        super().__init__(f"There is no pair {pair_id}.")


@dataclass(frozen=True, slots=True)
class Pair:
    """A mentor and a mentee, from when they were formed until they ended, if they did."""

    pair_id: UUID
    programme_id: UUID
    run_id: UUID
    mentor_id: UUID
    mentee_id: UUID
    points: int
    reasons: tuple[Reason, ...]
    formed_at: datetime
    ended_at: datetime | None
    end_reason: str | None


@dataclass(frozen=True, slots=True)
class JustEnded:
    """A pair that this unit of work has ended."""

    pair_id: UUID
    programme_id: UUID
    mentor_id: UUID
    mentee_id: UUID
    ended_at: datetime
    end_reason: str


async def end_pairs_of_withdrawn(work: Work, participant_ids: Sequence[UUID]) -> list[JustEnded]:
    """End what is left open of the pairs that these participants left by withdrawing."""
    rows = await work.connection.fetch(_END_PAIRS_OF_WITHDRAWN, participant_ids, work.now)
    return sorted((JustEnded(**dict(row)) for row in rows), key=lambda pair: pair.pair_id)


async def end_pair(work: Work, pair_id: UUID, reason: str) -> JustEnded | None:
    """End the pair; None if there is no such pair, or it has ended before."""
    row = await work.connection.fetchrow(_END_PAIR, pair_id, work.now, reason)
    return None if row is None else JustEnded(**dict(row))


async def pair_of(work: Work, pair_id: UUID) -> Pair:
    """The pair.

    Raises:
        PairUnknown: There is none.
    """
    row = await work.connection.fetchrow(_PAIR, pair_id)
    if row is None:
        raise PairUnknown(pair_id)
    return _pair(row)


async def pairs_of_programme(
    work: Work, programme_id: UUID, after: UUID | None, limit: int, *, is_open: bool | None
) -> list[Pair]:
    """A page of the programme's pairs in order of id: the open ones, the ended ones, or all."""
    rows = await work.connection.fetch(_PAIRS, programme_id, after, is_open, limit)
    return [_pair(row) for row in rows]


async def pairs_of_person(work: Work, person_id: UUID) -> list[Pair]:
    """A person's pairs in all programmes, the newest first."""
    return [_pair(row) for row in await work.connection.fetch(_PAIRS_OF_PERSON, person_id)]


def _pair(row: asyncpg.Record) -> Pair:
    return Pair(**{**dict(row), "reasons": from_json(row["reasons"])})
