"""Turns: when each partner of a pair is asked next, looked up in the programme's calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from services.checkins.domain.rounds import SETTLING_IN
from services.checkins.store.pairs import Beginning
from shared.bus.work import Work

_START: LiteralString = """
    INSERT INTO turn (pair_id, participant_id, side, partner_id, programme_id, formed_at,
                      time_zone, next_round, due_at)
    SELECT t.pair_id, t.participant_id, t.side, t.partner_id, t.programme_id, t.formed_at,
           t.time_zone, first.round, first.due_at
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::timestamptz[],
                $7::text[])
        AS t (pair_id, participant_id, side, partner_id, programme_id, formed_at, time_zone)
    LEFT JOIN LATERAL (
        SELECT round, due_at FROM moment
        WHERE moment.programme_id = t.programme_id AND moment.time_zone = t.time_zone
            AND moment.due_at >= t.formed_at + $8::interval
        ORDER BY round LIMIT 1
    ) AS first ON TRUE
"""

_PROGRAMMES_OF: LiteralString = """
    SELECT DISTINCT programme_id FROM turn WHERE participant_id = ANY($1)
"""

_MOVE_ZONES: LiteralString = """
    UPDATE turn SET time_zone = participant.time_zone
    FROM participant
    WHERE turn.participant_id = ANY($1) AND participant.participant_id = turn.participant_id
        AND participant.time_zone IS NOT NULL AND participant.time_zone <> turn.time_zone
    RETURNING turn.programme_id, turn.time_zone, turn.participant_id
"""

_SETTLE: LiteralString = """
    UPDATE turn SET (next_round, due_at) = (
        SELECT round, moment.due_at FROM moment
        WHERE moment.programme_id = turn.programme_id AND moment.time_zone = turn.time_zone
            AND moment.round > turn.last_round AND moment.due_at >= turn.formed_at + $2::interval
        ORDER BY round LIMIT 1
    )
    FROM pair
    WHERE pair.pair_id = turn.pair_id AND pair.ended_at IS NULL AND
"""

_SETTLE_OF_PARTICIPANTS: LiteralString = _SETTLE + " turn.participant_id = ANY($1)"

_SETTLE_OF_PROGRAMMES: LiteralString = _SETTLE + " turn.programme_id = ANY($1)"

_STOP: LiteralString = """
    UPDATE turn SET next_round = NULL, due_at = NULL
    WHERE pair_id = ANY($1) AND due_at IS NOT NULL
"""

_NEXT_DUE: LiteralString = "SELECT min(due_at) FROM turn WHERE due_at IS NOT NULL"

_TAKE_DUE: LiteralString = """
    WITH due AS (
        SELECT pair_id, participant_id, next_round FROM turn
        WHERE due_at <= $1 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ), moved AS (
        UPDATE turn SET last_round = due.next_round, (next_round, due_at) = (
            SELECT round, moment.due_at FROM moment
            WHERE moment.programme_id = turn.programme_id
                AND moment.time_zone = turn.time_zone AND moment.round > due.next_round
            ORDER BY round LIMIT 1
        )
        FROM due
        WHERE turn.pair_id = due.pair_id AND turn.participant_id = due.participant_id
        RETURNING old.pair_id, old.programme_id, old.participant_id, old.side, old.partner_id,
                  old.next_round AS round, old.due_at
    )
    SELECT * FROM moved ORDER BY due_at, pair_id, participant_id
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """A partner of a pair whose time to be asked has come."""

    pair_id: UUID
    programme_id: UUID
    participant_id: UUID
    side: str
    partner_id: UUID
    round: int
    due_at: datetime


async def start(work: Work, beginnings: Sequence[Beginning]) -> None:
    """Give both partners of each pair their first turn; the calendar has their pages."""
    rows = [
        (pair, participant, side, partner, zone)
        for pair in beginnings
        for participant, side, partner, zone in (
            (pair.mentor_id, "mentor", pair.mentee_id, pair.mentor_zone),
            (pair.mentee_id, "mentee", pair.mentor_id, pair.mentee_zone),
        )
    ]
    await work.connection.execute(
        _START,
        [pair.pair_id for pair, *_ in rows],
        [participant for _, participant, *_ in rows],
        [side for _, _, side, _, _ in rows],
        [partner for *_, partner, _ in rows],
        [pair.programme_id for pair, *_ in rows],
        [pair.formed_at for pair, *_ in rows],
        [zone for *_, zone in rows],
        SETTLING_IN,
    )


async def programmes_of(work: Work, participant_ids: Sequence[UUID]) -> list[UUID]:
    """The programmes in which these participants have turns."""
    rows = await work.connection.fetch(_PROGRAMMES_OF, participant_ids)
    return [row["programme_id"] for row in rows]


async def move_zones(work: Work, participant_ids: Sequence[UUID]) -> list[tuple[UUID, str, UUID]]:
    """Let turns follow their participants to another zone.

    Returns programme, new zone and participant of each turn that moved.
    """
    rows = await work.connection.fetch(_MOVE_ZONES, participant_ids)
    return [tuple(row) for row in rows]


async def settle_of_participants(work: Work, participant_ids: Sequence[UUID]) -> None:
    """Look up in the calendar when these participants are asked next."""
    await work.connection.execute(_SETTLE_OF_PARTICIPANTS, participant_ids, SETTLING_IN)


async def settle_of_programmes(work: Work, programme_ids: Sequence[UUID]) -> None:
    """Look up in the calendar when everybody in these programmes is asked next."""
    await work.connection.execute(_SETTLE_OF_PROGRAMMES, programme_ids, SETTLING_IN)


async def stop(work: Work, pair_ids: Sequence[UUID]) -> None:
    """Ask nobody of these pairs again."""
    await work.connection.execute(_STOP, pair_ids)


async def next_due(work: Work) -> datetime | None:
    """When somebody is to be asked next, or since when."""
    due: datetime | None = await work.connection.fetchval(_NEXT_DUE)
    return due


async def take_due(work: Work, limit: int) -> list[Turn]:
    """Take turns whose time has come and that no other schedule takes, and move them on."""
    rows = await work.connection.fetch(_TAKE_DUE, work.now, limit)
    return [Turn(**dict(row)) for row in rows]
