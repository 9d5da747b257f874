"""Pairs that begin, once all is known that they need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from services.checkins.domain.rounds import Rhythm
from shared.bus.work import Work

_COMPLETE: LiteralString = """
    SELECT pair_id, programme_id, mentor_id, mentee_id, formed_at,
           mentor.time_zone AS mentor_zone, mentee.time_zone AS mentee_zone,
           every_months, weekday, hour, starts_on, ends_on
    FROM pair
    JOIN programme USING (programme_id)
    JOIN participant AS mentor ON mentor.participant_id = mentor_id
    JOIN participant AS mentee ON mentee.participant_id = mentee_id
    WHERE begun_at IS NULL AND ended_at IS NULL AND formed_at IS NOT NULL
        AND programme.sequence > 0
        AND mentor.time_zone IS NOT NULL AND mentee.time_zone IS NOT NULL
"""

# The rules stay as they are until the unit ends, so that turns and calendar agree.
_HOLD: LiteralString = " ORDER BY pair_id FOR UPDATE OF pair FOR SHARE OF programme"

_COMPLETE_OF_PAIRS: LiteralString = _COMPLETE + " AND pair_id = ANY($1)" + _HOLD

_COMPLETE_OF_PARTICIPANTS: LiteralString = (
    _COMPLETE + " AND (mentor_id = ANY($1) OR mentee_id = ANY($1))" + _HOLD
)

_COMPLETE_OF_PROGRAMMES: LiteralString = _COMPLETE + " AND programme_id = ANY($1)" + _HOLD

_BEGIN: LiteralString = "UPDATE pair SET begun_at = $2 WHERE pair_id = ANY($1)"


@dataclass(frozen=True, slots=True)
class Beginning:
    """A pair of which everything is known that it needs to begin."""

    pair_id: UUID
    programme_id: UUID
    mentor_id: UUID
    mentee_id: UUID
    mentor_zone: str
    mentee_zone: str
    formed_at: datetime
    rhythm: Rhythm


async def complete_of_pairs(work: Work, pair_ids: Sequence[UUID]) -> list[Beginning]:
    """Those of these pairs that can begin and have not, locked."""
    return await _complete(work, _COMPLETE_OF_PAIRS, pair_ids)


async def complete_of_participants(work: Work, participant_ids: Sequence[UUID]) -> list[Beginning]:
    """The pairs of these participants that can begin and have not, locked."""
    return await _complete(work, _COMPLETE_OF_PARTICIPANTS, participant_ids)


async def complete_of_programmes(work: Work, programme_ids: Sequence[UUID]) -> list[Beginning]:
    """The pairs of these programmes that can begin and have not, locked."""
    return await _complete(work, _COMPLETE_OF_PROGRAMMES, programme_ids)


async def begin(work: Work, pair_ids: Sequence[UUID]) -> None:
    """Let pairs begin."""
    await work.connection.execute(_BEGIN, pair_ids, work.now)


async def _complete(work: Work, query: LiteralString, ids: Sequence[UUID]) -> list[Beginning]:
    return [
        Beginning(
            row["pair_id"], row["programme_id"], row["mentor_id"], row["mentee_id"],
            row["mentor_zone"], row["mentee_zone"], row["formed_at"],
            Rhythm(row["every_months"], row["weekday"], row["hour"], row["starts_on"],
                   row["ends_on"]),
        )
        for row in await work.connection.fetch(query, ids)
    ]  # fmt: skip
