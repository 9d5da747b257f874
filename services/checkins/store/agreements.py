"""What pairs hold to, and default agreements that follow their programme's end."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import asyncpg

from services.checkins.domain.agreement import Agreement
from shared.bus.work import Work

_AGREE: LiteralString = """
    INSERT INTO agreement (agreement_id, pair_id, programme_id, cadence, channels, expected_end,
                           may_outlive_programme, origin, made_at)
    SELECT agreement_id, pair_id, programme_id, cadence, string_to_array(channels, ' '),
           expected_end, may_outlive, 'default', $7
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::date[], $6::boolean[])
        AS a (agreement_id, pair_id, cadence, channels, expected_end, may_outlive)
    JOIN pair USING (pair_id)
"""

_NOTE_ENDS: LiteralString = """
    INSERT INTO moved_end (programme_id, ends_on)
    SELECT programme_id, ends_on FROM programme WHERE programme_id = ANY($1) ORDER BY programme_id
    ON CONFLICT (programme_id) DO UPDATE SET ends_on = excluded.ends_on
"""

_ANY_MOVED_END: LiteralString = "SELECT EXISTS (SELECT FROM moved_end)"

_TAKE_MOVED_END: LiteralString = """
    SELECT programme_id, ends_on FROM moved_end
    ORDER BY programme_id LIMIT 1 FOR UPDATE SKIP LOCKED
"""

# Two ranges, as an index can't look for what differs.
_FOLLOW: LiteralString = """
    UPDATE agreement SET expected_end = $2, made_at = $3
    WHERE agreement_id IN (
        (SELECT agreement_id FROM agreement JOIN pair USING (pair_id)
         WHERE agreement.programme_id = $1 AND origin = 'default' AND expected_end < $2
             AND ended_at IS NULL LIMIT $4)
        UNION ALL
        (SELECT agreement_id FROM agreement JOIN pair USING (pair_id)
         WHERE agreement.programme_id = $1 AND origin = 'default' AND expected_end > $2
             AND ended_at IS NULL LIMIT $4))
    RETURNING agreement_id, pair_id, programme_id, cadence, channels, expected_end,
              may_outlive_programme
"""

_END_IS_FOLLOWED: LiteralString = "DELETE FROM moved_end WHERE programme_id = $1"


async def agree(work: Work, agreements: Sequence[tuple[UUID, UUID, Agreement]]) -> None:
    """Write default agreements down: (agreement's id, pair's id, agreement)."""
    await work.connection.execute(
        _AGREE,
        [agreement_id for agreement_id, _, _ in agreements],
        [pair_id for _, pair_id, _ in agreements],
        [made.cadence for _, _, made in agreements],
        [" ".join(made.channels) for _, _, made in agreements],
        [made.expected_end for _, _, made in agreements],
        [made.may_outlive_programme for _, _, made in agreements],
        work.now,
    )


async def note_ends(work: Work, programme_ids: Sequence[UUID]) -> None:
    """Note that these programmes' ends may have moved, for default agreements to follow."""
    await work.connection.execute(_NOTE_ENDS, programme_ids)


async def moved_since(work: Work) -> datetime | None:
    """Now, as long as default agreements may have yet to follow their programme's end."""
    return work.now if await work.connection.fetchval(_ANY_MOVED_END) else None


async def follow_moved_end(work: Work, limit: int) -> Sequence[asyncpg.Record]:
    """Let some default agreements of one programme follow its end; returns those that moved.

    Agreements of pairs that have ended stay as they were.
    """
    moved_end = await work.connection.fetchrow(_TAKE_MOVED_END)
    if moved_end is None:
        return []
    programme_id, ends_on = moved_end
    followed = await work.connection.fetch(_FOLLOW, programme_id, ends_on, work.now, limit)
    if not followed:
        await work.connection.execute(_END_IS_FOLLOWED, programme_id)
    return followed
