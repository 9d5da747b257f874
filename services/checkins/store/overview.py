"""What a coordinator sees: who was asked and who answered, never the words."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from shared.bus.work import Work

_LIST: LiteralString = """
    SELECT checkin_id, pair_id, participant_id, partner_id, round, due_at, answered_at
    FROM checkin
    WHERE programme_id = $1 AND ($2::boolean IS NULL OR (answered_at IS NOT NULL) = $2)
        AND ($3::uuid IS NULL OR checkin_id > $3)
"""

_PAGE: LiteralString = " ORDER BY checkin_id LIMIT $4"

_LIST_OF_ALL: LiteralString = _LIST + _PAGE

_LIST_OF_ROUND: LiteralString = _LIST + " AND round = $5" + _PAGE

# Of ratings in the order in which they were given, whole groups alone count for the mean: so two
# means that follow each other differ by a group and never by one rating.
_ROUNDS: LiteralString = """
    WITH asked AS (
        SELECT round, checkin.due_at, answered_at, rating,
               row_number() OVER (PARTITION BY round ORDER BY given) AS place,
               count(rating) OVER (PARTITION BY round) / $2 * $2 AS in_groups
        FROM checkin LEFT JOIN session_rating USING (session_id, participant_id)
        WHERE programme_id = $1
    )
    SELECT round, min(due_at) AS first_due_at, count(*) AS asked, count(answered_at) AS answered,
           count(rating) AS sessions_rated,
           count(rating) FILTER (WHERE place <= in_groups) AS ratings_in_mean,
           avg(rating) FILTER (WHERE place <= in_groups)::float AS mean_rating
    FROM asked GROUP BY round ORDER BY round
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
    if in_round is None:
        return await work.connection.fetch(_LIST_OF_ALL, programme_id, answered, after, limit)
    return await work.connection.fetch(
        _LIST_OF_ROUND, programme_id, answered, after, limit, in_round
    )


async def rounds(work: Work, programme_id: UUID, group: int) -> Sequence[asyncpg.Record]:
    """How many were asked and answered in each round of a programme, and how sessions were.

    The mean is that of the first ratings, as many as make whole groups of this size.
    """
    return await work.connection.fetch(_ROUNDS, programme_id, group)
