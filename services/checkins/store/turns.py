"""Turns: when each partner of a pair is asked next, looked up in the programme's calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from services.checkins.domain.rounds import SETTLING_IN
from services.checkins.store.pairs import Beginning
from shared.bus.work import Work

# Three statements look up a turn's next moment: the same rule as `domain.rounds.turn_after`, for
# as many turns as there are.

_START: LiteralString = """
    INSERT INTO turn (pair_id, participant_id, side, partner_id, programme_id, formed_at,
                      time_zone, next_round, due_at)
    SELECT turn.*, first.round, first.due_at
    FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::timestamptz[],
                $9::text[])
        AS turn (pair_id, participant_id, side, partner_id, programme_id, formed_at, time_zone)
    LEFT JOIN LATERAL (
        SELECT round, moment.due_at FROM moment
        WHERE moment.programme_id = turn.programme_id AND moment.time_zone = turn.time_zone
            AND moment.due_at >= turn.formed_at + $1::interval AND moment.asked_until > $2
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
            AND moment.round > turn.last_round
            AND moment.due_at >= turn.formed_at + $1::interval AND moment.asked_until > $2
        ORDER BY round LIMIT 1
    )
    WHERE
"""

_SETTLE_OF_PARTICIPANTS: LiteralString = _SETTLE + " turn.participant_id = ANY($3)"

_SETTLE_OF_PROGRAMMES: LiteralString = _SETTLE + " turn.programme_id = ANY($3)"

_STOP: LiteralString = "DELETE FROM turn WHERE pair_id = ANY($1)"

_NEXT_DUE: LiteralString = "SELECT min(due_at) FROM turn WHERE due_at IS NOT NULL"

# A programme whose rules change at this moment is left out until it has settled its turns: so
# neither waits for the other while it holds what the other needs.
_CLAIM: LiteralString = """
    SELECT turn.pair_id, turn.participant_id FROM turn JOIN programme USING (programme_id)
    WHERE turn.due_at <= $1 ORDER BY turn.due_at LIMIT $2
    FOR SHARE OF programme SKIP LOCKED FOR UPDATE OF turn SKIP LOCKED
"""

# A statement of its own: it sees the calendar as it stands now that its rules are held.
_MOVE_ON: LiteralString = """
    WITH claimed AS (
        SELECT pair_id, participant_id,
               CASE WHEN asked_until > $2 THEN next_round ELSE last_round END AS last_round
        FROM unnest($3::uuid[], $4::uuid[]) AS c (pair_id, participant_id)
        JOIN turn USING (pair_id, participant_id)
        LEFT JOIN moment ON moment.programme_id = turn.programme_id
            AND moment.time_zone = turn.time_zone AND moment.round = turn.next_round
    ), moved AS (
        UPDATE turn SET last_round = claimed.last_round, (next_round, due_at) = (
            SELECT round, moment.due_at FROM moment
            WHERE moment.programme_id = turn.programme_id AND moment.time_zone = turn.time_zone
                AND moment.round > claimed.last_round
                AND moment.due_at >= turn.formed_at + $1::interval AND moment.asked_until > $2
            ORDER BY round LIMIT 1
        )
        FROM claimed
        WHERE turn.pair_id = claimed.pair_id AND turn.participant_id = claimed.participant_id
        RETURNING old.pair_id, old.programme_id, old.participant_id, old.side, old.partner_id,
                  old.next_round AS round, old.due_at, new.last_round = old.next_round AS is_asked
    )
    SELECT pair_id, programme_id, participant_id, side, partner_id, round, due_at
    FROM moved WHERE is_asked ORDER BY due_at, pair_id, participant_id
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
        SETTLING_IN,
        work.now,
        [pair.pair_id for pair, *_ in rows],
        [participant for _, participant, *_ in rows],
        [side for _, _, side, _, _ in rows],
        [partner for *_, partner, _ in rows],
        [pair.programme_id for pair, *_ in rows],
        [pair.formed_at for pair, *_ in rows],
        [zone for *_, zone in rows],
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
    await work.connection.execute(_SETTLE_OF_PARTICIPANTS, SETTLING_IN, work.now, participant_ids)


async def settle_of_programmes(work: Work, programme_ids: Sequence[UUID]) -> None:
    """Look up in the calendar when everybody in these programmes is asked next."""
    await work.connection.execute(_SETTLE_OF_PROGRAMMES, SETTLING_IN, work.now, programme_ids)


async def stop(work: Work, pair_ids: Sequence[UUID]) -> None:
    """Ask nobody of these pairs again."""
    await work.connection.execute(_STOP, pair_ids)


async def next_due(work: Work) -> datetime | None:
    """When somebody is to be asked next, or since when."""
    due: datetime | None = await work.connection.fetchval(_NEXT_DUE)
    return due


async def claim_due(work: Work, limit: int) -> list[tuple[UUID, UUID]]:
    """Take turns whose time has come and that no other schedule has, by pair and participant.

    The rules of their programmes stay as they are until the unit ends.
    """
    rows = await work.connection.fetch(_CLAIM, work.now, limit)
    return [(row["pair_id"], row["participant_id"]) for row in rows]


async def move_on(work: Work, claimed: Sequence[tuple[UUID, UUID]]) -> list[Turn]:
    """Move claimed turns on to their next moment; returns those that are asked now.

    What has come too late, or after the programme's end, is passed over.
    """
    rows = await work.connection.fetch(
        _MOVE_ON,
        SETTLING_IN,
        work.now,
        [pair_id for pair_id, _ in claimed],
        [participant_id for _, participant_id in claimed],
    )
    return [Turn(**dict(row)) for row in rows]
