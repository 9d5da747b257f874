"""Who is invited to which programme, what they have heard, and who has declined."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

import asyncpg

from services.intake.domain.campaign import Heard, Moment, Reader, Step
from services.intake.domain.invitees import Invitee
from shared.bus.work import Work

BATCH = 1000

_ENLIST: LiteralString = """
    INSERT INTO invitee (programme_id, person_id, since, due_at)
    SELECT programme_id, person.person_id, $2, $2
    FROM programme JOIN person ON person.left_at IS NULL
        AND CASE WHEN test_for IS NULL
            THEN cardinality(audience) = 0 OR department = ANY(audience)
            ELSE person.person_id = test_for END
"""

_ONCE: LiteralString = """
    ORDER BY programme_id, person.person_id
    ON CONFLICT (programme_id, person_id) DO UPDATE SET due_at = excluded.due_at
"""

_ENLIST_ALL: LiteralString = _ENLIST + " WHERE programme_id = ANY($1) " + _ONCE

_ENLIST_SOME: LiteralString = (
    _ENLIST + " WHERE programme_id = ANY($1) AND person.person_id = ANY($3) " + _ONCE
)

_ENLIST_WRITTEN: LiteralString = (
    _ENLIST
    + """
    JOIN written_person AS written ON written.person_id = person.person_id
        AND (is_new OR is_back OR written.profile OR written.time_zone OR written.working_days)
    WHERE programme_id = ANY($1)
    """
    + _ONCE
)

_CLAIM: LiteralString = """
    SELECT asked.programme_id, asked.person_id, since, joined_at, department, time_zone,
           working_days, locale, left_at IS NOT NULL AS is_away, step, number, heard_at,
           EXISTS (SELECT FROM answer WHERE answer.programme_id = asked.programme_id
                       AND answer.person_id = asked.person_id) AS has_answered
    FROM invitee AS asked JOIN person USING (person_id)
    WHERE due_at <= $1 ORDER BY due_at, person_id LIMIT $2
    FOR NO KEY UPDATE OF asked SKIP LOCKED
"""

_PLAN: LiteralString = """
    UPDATE invitee SET due_at = planned.due_at
    FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
        AS planned (programme_id, person_id, due_at)
    WHERE invitee.programme_id = planned.programme_id AND invitee.person_id = planned.person_id
"""

_KEEP_TOLD: LiteralString = """
    WITH told AS (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::smallint[])
            AS told (invitation_id, programme_id, person_id, step, number)
    ), heard AS (
        UPDATE invitee SET step = told.step, number = told.number, heard_at = $6, due_at = $6
        FROM told
        WHERE invitee.programme_id = told.programme_id AND invitee.person_id = told.person_id
    )
    INSERT INTO invitation (invitation_id, programme_id, person_id, step, number, told_at)
    SELECT *, $6 FROM told
"""

_NEXT_DUE: LiteralString = "SELECT min(due_at) FROM invitee"

_DECLINE: LiteralString = """
    INSERT INTO declined (programme_id, person_id, declined_at) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING
"""

_IS_REGISTERED: LiteralString = """
    SELECT EXISTS (SELECT FROM participant
        WHERE programme_id = $1 AND person_id = $2 AND withdrawn_at IS NULL)
"""

_GROUPS: LiteralString = """
    SELECT time_zone, working_days, count(*) AS people
    FROM (SELECT programme_id, audience, test_for FROM programme WHERE programme_id = $1) AS asked
    JOIN person ON left_at IS NULL
        AND CASE WHEN test_for IS NULL
            THEN cardinality(audience) = 0 OR department = ANY(audience)
            ELSE person_id = test_for END
    WHERE NOT EXISTS (SELECT FROM answer WHERE answer.programme_id = asked.programme_id
                          AND answer.person_id = person.person_id)
    GROUP BY time_zone, working_days
"""

_TOLD: LiteralString = """
    SELECT step, number, count(*) AS told FROM invitation WHERE programme_id = $1
    GROUP BY step, number
"""

_ANSWERS: LiteralString = """
    SELECT (SELECT count(*) FROM participant WHERE programme_id = $1) AS registered,
           (SELECT count(*) FROM declined WHERE programme_id = $1) AS declined
"""


class Asked(NamedTuple):
    """Somebody whose turn may have come, in one programme."""

    programme_id: UUID
    invitee: Invitee


class Told(NamedTuple):
    """A step that somebody is told now."""

    invitation_id: UUID
    programme_id: UUID
    person_id: UUID
    moment: Moment


async def enlist(work: Work, programme_ids: Sequence[UUID]) -> None:
    """Have all whom these programmes are for looked at, now."""
    await work.connection.execute(_ENLIST_ALL, programme_ids, work.now)


async def enlist_people(
    work: Work, programme_ids: Sequence[UUID], person_ids: Sequence[UUID]
) -> None:
    """Have these people looked at, now, as far as the programmes are for them."""
    await work.connection.execute(_ENLIST_SOME, programme_ids, work.now, person_ids)


async def enlist_written(work: Work, programme_ids: Sequence[UUID]) -> None:
    """The same for the people of a file that was just written."""
    await work.connection.execute(_ENLIST_WRITTEN, programme_ids, work.now)


async def claim(work: Work) -> list[Asked]:
    """Take up to a batch of those whose turn may have come, and whom nobody else has."""
    return [_asked(record) for record in await work.connection.fetch(_CLAIM, work.now, BATCH)]


async def plan(work: Work, planned: Sequence[tuple[Asked, datetime | None]]) -> None:
    """Note when to look at people next; None stands for never, unless something changes."""
    await work.connection.execute(
        _PLAN,
        [asked.programme_id for asked, _ in planned],
        [asked.invitee.person_id for asked, _ in planned],
        [due_at for _, due_at in planned],
    )


async def keep_told(work: Work, told: Sequence[Told]) -> None:
    """Note what people hear now, each step once; they are looked at again at once."""
    await work.connection.execute(
        _KEEP_TOLD,
        [each.invitation_id for each in told],
        [each.programme_id for each in told],
        [each.person_id for each in told],
        [each.moment.step for each in told],
        [each.moment.number for each in told],
        work.now,
    )


async def next_due(work: Work) -> datetime | None:
    """When somebody's turn may come next, or since when it may have."""
    due_at: datetime | None = await work.connection.fetchval(_NEXT_DUE)
    return due_at


async def is_registered(work: Work, programme_id: UUID, person_id: UUID) -> bool:
    """Whether somebody takes part in a programme."""
    return bool(await work.connection.fetchval(_IS_REGISTERED, programme_id, person_id))


async def decline(work: Work, programme_id: UUID, person_id: UUID) -> None:
    """Note that somebody does not want to take part; saying so again changes nothing."""
    await work.connection.execute(_DECLINE, programme_id, person_id, work.now)


async def groups(work: Work, programme_id: UUID) -> dict[Reader, int]:
    """How many whom a programme is for have not answered, by zone and working days."""
    records = await work.connection.fetch(_GROUPS, programme_id)
    return {_reader(record): record["people"] for record in records}


async def told_so_far(work: Work, programme_id: UUID) -> dict[tuple[Step, int], int]:
    """How many people have heard each step."""
    records = await work.connection.fetch(_TOLD, programme_id)
    return {(Step(row["step"]), row["number"]): row["told"] for row in records}


async def answers(work: Work, programme_id: UUID) -> dict[str, int]:
    """How many people have `registered`, perhaps withdrawn again, and `declined`."""
    [record] = await work.connection.fetch(_ANSWERS, programme_id)
    return dict(record)


def _asked(record: asyncpg.Record) -> Asked:
    heard = record["step"] and Heard(Step(record["step"]), record["number"], record["heard_at"])
    return Asked(
        record["programme_id"],
        Invitee(
            person_id=record["person_id"],
            since=record["since"],
            joined_at=record["joined_at"],
            department=record["department"],
            reader=_reader(record),
            locale=record["locale"],
            is_away=record["is_away"],
            has_answered=record["has_answered"],
            heard=heard,
        ),
    )


def _reader(record: asyncpg.Record) -> Reader:
    return Reader(record["time_zone"], tuple(record["working_days"]))
