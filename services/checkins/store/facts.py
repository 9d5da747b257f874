"""Copies of what others tell: programmes, participants, and pairs with their beginning and end.

Whoever names a programme or a participant locks its row, heard of or not. So of two units that
each bring half of what a pair needs, the second one sees both halves.
"""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from shared.bus.reactions import Ended, Told
from shared.bus.work import Work
from tandem_events import PairEnded, PairFormed, ParticipantRegistered, ProgrammeChanged

_KEEP_PROGRAMMES: LiteralString = """
    INSERT INTO programme AS held (programme_id, sequence, starts_on, ends_on, every_months,
                                   weekday, hour)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::date[], $4::date[], $5::smallint[],
                         $6::smallint[], $7::smallint[])
    ON CONFLICT (programme_id) DO UPDATE
    SET sequence = excluded.sequence, starts_on = excluded.starts_on, ends_on = excluded.ends_on,
        every_months = excluded.every_months, weekday = excluded.weekday, hour = excluded.hour
    WHERE excluded.sequence > held.sequence
    RETURNING programme_id,
        (old.starts_on, old.ends_on, old.every_months, old.weekday, old.hour) IS DISTINCT FROM
        (new.starts_on, new.ends_on, new.every_months, new.weekday, new.hour) AS is_changed
"""

_KEEP_PARTICIPANTS: LiteralString = """
    INSERT INTO participant AS held (participant_id, sequence, person_id, time_zone)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[])
    ON CONFLICT (participant_id) DO UPDATE
    SET sequence = excluded.sequence, person_id = excluded.person_id,
        time_zone = excluded.time_zone
    WHERE excluded.sequence > held.sequence
    RETURNING participant_id
"""

# Answers of who left stay readable for them until they are erased; only the zone is forgotten.
_FORGET_PARTICIPANTS: LiteralString = """
    INSERT INTO participant AS held (participant_id, sequence)
    SELECT * FROM unnest($1::uuid[], $2::bigint[])
    ON CONFLICT (participant_id) DO UPDATE SET sequence = excluded.sequence, time_zone = NULL
    WHERE excluded.sequence > held.sequence
"""

_NAME_PROGRAMMES: LiteralString = """
    INSERT INTO programme (programme_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING
"""

_LOCK_PROGRAMMES: LiteralString = """
    SELECT FROM programme WHERE programme_id = ANY($1) ORDER BY programme_id FOR SHARE
"""

_NAME_PARTICIPANTS: LiteralString = """
    INSERT INTO participant (participant_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING
"""

_LOCK_PARTICIPANTS: LiteralString = """
    SELECT FROM participant WHERE participant_id = ANY($1) ORDER BY participant_id FOR SHARE
"""

_KEEP_FORMED: LiteralString = """
    INSERT INTO pair AS held (pair_id, programme_id, mentor_id, mentee_id, formed_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[])
    ON CONFLICT (pair_id) DO UPDATE SET formed_at = excluded.formed_at
    WHERE held.formed_at IS NULL
"""

_KEEP_ENDED: LiteralString = """
    INSERT INTO pair AS held (pair_id, programme_id, mentor_id, mentee_id, ended_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[])
    ON CONFLICT (pair_id) DO UPDATE SET ended_at = excluded.ended_at
    WHERE held.ended_at IS NULL
"""


async def keep_programmes(work: Work, told: Sequence[Told[ProgrammeChanged]]) -> list[UUID]:
    """Keep dates and rules of programmes; returns those whose dates or rules are new."""
    policies = [item.event.policies.checkins for item in told]
    rows = await work.connection.fetch(
        _KEEP_PROGRAMMES,
        [item.event.programme_id for item in told],
        [item.sequence for item in told],
        [item.event.starts_on for item in told],
        [item.event.ends_on for item in told],
        [policy.every_months for policy in policies],
        [policy.weekday for policy in policies],
        [policy.hour for policy in policies],
    )
    return [row["programme_id"] for row in rows if row["is_changed"]]


async def keep_participants(work: Work, told: Sequence[Told[ParticipantRegistered]]) -> list[UUID]:
    """Keep who is who, and where; returns those of whom something is new."""
    rows = await work.connection.fetch(
        _KEEP_PARTICIPANTS,
        [item.event.participant_id for item in told],
        [item.sequence for item in told],
        [item.event.person_id for item in told],
        [item.event.time_zone for item in told],
    )
    return [row["participant_id"] for row in rows]


async def forget_participants(work: Work, ended: Sequence[Ended]) -> None:
    """Forget where those are who left."""
    await work.connection.execute(
        _FORGET_PARTICIPANTS,
        [UUID(item.subject) for item in ended],
        [item.sequence for item in ended],
    )


async def keep_formed_pairs(work: Work, told: Sequence[Told[PairFormed]]) -> None:
    """Keep pairs that begin, unless their end has been heard of before."""
    programmes = sorted({item.event.programme_id for item in told})
    participants = sorted({p for i in told for p in (i.event.mentor_id, i.event.mentee_id)})
    await work.connection.execute(_NAME_PROGRAMMES, programmes)
    await work.connection.execute(_LOCK_PROGRAMMES, programmes)
    await work.connection.execute(_NAME_PARTICIPANTS, participants)
    await work.connection.execute(_LOCK_PARTICIPANTS, participants)
    await work.connection.execute(
        _KEEP_FORMED,
        [item.event.pair_id for item in told],
        [item.event.programme_id for item in told],
        [item.event.mentor_id for item in told],
        [item.event.mentee_id for item in told],
        [item.event.formed_at for item in told],
    )


async def keep_ended_pairs(work: Work, told: Sequence[Told[PairEnded]]) -> None:
    """Keep pairs that end, whether their beginning is known yet or not."""
    await work.connection.execute(
        _KEEP_ENDED,
        [item.event.pair_id for item in told],
        [item.event.programme_id for item in told],
        [item.event.mentor_id for item in told],
        [item.event.mentee_id for item in told],
        [item.event.ended_at for item in told],
    )
