"""What a coordinator sees: who was asked and who answered, never the words."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from shared.bus.work import Work

_LIST: LiteralString = """
    SELECT checkin_id, pair_id, participant_id, partner_id, round, due_at, answered_at
    FROM checkin
    WHERE programme_id = $1 AND ($2::smallint IS NULL OR round = $2)
        AND ($3::boolean IS NULL OR (answered_at IS NOT NULL) = $3)
        AND ($4::uuid IS NULL OR checkin_id > $4)
    ORDER BY checkin_id LIMIT $5
"""

_ROUNDS: LiteralString = """
    SELECT round, min(due_at) AS first_due_at, count(*) AS asked, count(answered_at) AS answered,
           count(rating) AS sessions_rated, avg(rating)::float AS mean_rating
    FROM checkin LEFT JOIN session_rating USING (session_id, participant_id)
    WHERE programme_id = $1 GROUP BY round ORDER BY round
"""


async def checkins(  # noqa: PLR0913 - a filter each
    work: Work,
    programme_id: UUID,
    *,
    in_round: int | None,
    answered: bool | None,
    after: UUID | None,
    limit: int,
) -> Sequence[asyncpg.Record]:
    """A programme's check-ins in order of their ids, a page at a time."""
    return await work.connection.fetch(_LIST, programme_id, in_round, answered, after, limit)


async def rounds(work: Work, programme_id: UUID) -> Sequence[asyncpg.Record]:
    """How many were asked and answered in each round of a programme, and how sessions were."""
    return await work.connection.fetch(_ROUNDS, programme_id)
