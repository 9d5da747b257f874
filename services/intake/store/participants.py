"""Participants in the database."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import asyncpg

from services.intake.domain.faults import Named
from services.intake.domain.registrations import (
    PROFILE_FIELDS,
    Absent,
    AlreadyWithdrawn,
    NoSuchParticipant,
    Participant,
    RegistrationRow,
    Withdrawal,
)
from shared.bus.work import Work
from shared.ids import new_id

_PAGE_SIZE = 2000

_STAGE: LiteralString = """
    CREATE TEMPORARY TABLE staged_registration (
        place integer, employee_number text, person_id uuid, role text, capacity smallint,
        wanted_departments text[], interests text[], time_zone text, locale text,
        working_days smallint[], participant_id uuid
    ) ON COMMIT DROP
"""

_STAGED: LiteralString = """
    CREATE TEMPORARY TABLE written_participant (participant_id uuid, is_new boolean)
    ON COMMIT DROP
"""

_FIND_PEOPLE: LiteralString = """
    UPDATE staged_registration AS staged SET person_id = person.person_id
    FROM person
    WHERE staged.person_id IS NULL AND person.employee_number = staged.employee_number
"""

_ABSENT: LiteralString = """
    SELECT place, staged.employee_number IS NOT NULL AS by_number, left_at IS NOT NULL AS has_left
    FROM staged_registration AS staged LEFT JOIN person USING (person_id)
    WHERE person.person_id IS NULL OR left_at IS NOT NULL ORDER BY place
"""

_REPEATED: LiteralString = """
    SELECT place, first FROM (
        SELECT place, min(place) OVER (PARTITION BY person_id) AS first
        FROM staged_registration WHERE person_id IS NOT NULL
    ) AS placed
    WHERE place <> first ORDER BY place
"""

_CAME_BEFORE: LiteralString = """
    SELECT place FROM staged_registration JOIN person USING (person_id)
    WHERE joined_at < $2 AND NOT EXISTS (
        SELECT FROM participant AS held
        WHERE held.programme_id = $1 AND held.person_id = person.person_id
            AND held.withdrawn_at IS NULL)
    ORDER BY place
"""

_WRITE: LiteralString = """
    WITH written AS (
        INSERT INTO participant AS held (participant_id, programme_id, person_id, role, capacity,
            wanted_departments, interests, time_zone, locale, working_days, registered_at)
        SELECT participant_id, $1, person_id, role, capacity, wanted_departments, interests,
            time_zone, locale, working_days, $2
        FROM staged_registration ORDER BY person_id
        ON CONFLICT (programme_id, person_id) DO UPDATE SET
            role = excluded.role, capacity = excluded.capacity,
            wanted_departments = excluded.wanted_departments, interests = excluded.interests,
            time_zone = excluded.time_zone, locale = excluded.locale,
            working_days = excluded.working_days, registered_at = excluded.registered_at,
            withdrawn_at = NULL, withdrawn_because = NULL,
            paused_at = CASE WHEN held.withdrawn_at IS NULL THEN held.paused_at END
        WHERE (held.role, held.capacity, held.wanted_departments, held.interests, held.time_zone,
               held.locale, held.working_days, held.withdrawn_at)
            IS DISTINCT FROM
              (excluded.role, excluded.capacity, excluded.wanted_departments, excluded.interests,
               excluded.time_zone, excluded.locale, excluded.working_days, NULL)
        RETURNING new.participant_id,
            old.participant_id IS NULL OR old.withdrawn_at IS NOT NULL AS is_new
    )
    INSERT INTO written_participant SELECT * FROM written
"""

_COUNT: LiteralString = """
    SELECT count(*) FILTER (WHERE is_new) AS registered,
           count(*) FILTER (WHERE NOT is_new) AS changed
    FROM written_participant
"""

_PARTICIPANT: LiteralString = """
    SELECT participant.participant_id, participant.person_id, participant.programme_id, role,
           capacity, coalesce(participant.time_zone, person.time_zone) AS time_zone,
           coalesce(participant.locale, person.locale) AS locale,
           coalesce(participant.working_days, person.working_days) AS working_days,
           department, wanted_departments, seniority, interests,
           coalesce(person.education_level, participant.education_level) AS education_level,
           coalesce(person.education_field, participant.education_field) AS education_field,
           paused_at IS NULL AS available, participant.answers::text AS answers
    FROM participant JOIN person USING (person_id)
"""

_WRITTEN: LiteralString = (
    _PARTICIPANT + " JOIN written_participant USING (participant_id) ORDER BY participant_id"
)

_OF_WRITTEN_PEOPLE: LiteralString = (
    _PARTICIPANT
    + """
    JOIN written_person AS written USING (person_id)
    JOIN programme ON programme.programme_id = participant.programme_id
    WHERE withdrawn_at IS NULL AND programme.state <> 'ended' AND NOT written.is_new
        AND (written.profile
            OR (written.time_zone AND participant.time_zone IS NULL)
            OR (written.locale AND participant.locale IS NULL)
            OR (written.working_days AND participant.working_days IS NULL))
    ORDER BY participant_id FOR SHARE OF participant
    """
)

_OF_CHANGED_PERSON: LiteralString = (
    _PARTICIPANT
    + """
    JOIN programme ON programme.programme_id = participant.programme_id
    WHERE person_id = $1 AND withdrawn_at IS NULL AND programme.state <> 'ended'
        AND ($2 OR ($3 AND participant.time_zone IS NULL) OR ($4 AND participant.locale IS NULL)
            OR ($5 AND participant.working_days IS NULL))
    ORDER BY participant_id FOR SHARE OF participant
    """
)

_WITHDRAW_LEAVERS: LiteralString = """
    UPDATE participant SET withdrawn_at = $2, withdrawn_because = 'left-company'
    FROM programme
    WHERE programme.programme_id = participant.programme_id AND programme.state <> 'ended'
        AND person_id = ANY($1) AND withdrawn_at IS NULL
    RETURNING participant_id, person_id, participant.programme_id
"""

_ACTIVE_IDS: LiteralString = """
    SELECT participant_id FROM participant
    WHERE withdrawn_at IS NULL AND ($1::uuid IS NULL OR participant_id > $1)
    ORDER BY participant_id LIMIT $2
"""

_ACTIVE: LiteralString = (
    _PARTICIPANT
    + " WHERE participant_id = ANY($1) AND withdrawn_at IS NULL ORDER BY participant_id"
)

_PAGE: LiteralString = """
    SELECT participant_id, person_id, name, role, capacity, department, wanted_departments,
           interests, coalesce(participant.time_zone, person.time_zone) AS time_zone,
           coalesce(participant.locale, person.locale) AS locale,
           coalesce(participant.working_days, person.working_days) AS working_days,
           registered_at, withdrawn_at, withdrawn_because
    FROM participant JOIN person USING (person_id)
    WHERE programme_id = $1 AND ($2::uuid IS NULL OR participant_id > $2)
    ORDER BY participant_id LIMIT $3
"""

_NAMES: LiteralString = """
    SELECT participant_id, person_id, programme_id, name, department, role
    FROM participant JOIN person USING (person_id)
    WHERE participant_id = ANY($1) ORDER BY participant_id
"""

_TO_WITHDRAW: LiteralString = """
    SELECT person_id, programme_id, withdrawn_at FROM participant
    WHERE participant_id = $1 FOR UPDATE
"""

_WITHDRAW: LiteralString = """
    UPDATE participant SET withdrawn_at = $2, withdrawn_because = $3 WHERE participant_id = $1
"""


async def stage(work: Work, rows: Iterable[RegistrationRow], named: Sequence[Named]) -> None:
    """Put registrations, and whom faulty ones name, beside the participants; find their people."""
    await work.connection.execute(_STAGE)
    await work.connection.execute(_STAGED)
    await work.connection.copy_records_to_table(
        "staged_registration", records=((*row, new_id()) for row in rows), schema_name="pg_temp"
    )
    await work.connection.copy_records_to_table(
        "staged_registration",
        records=((row.place, row.employee_number) for row in named),
        columns=("place", "employee_number"),
        schema_name="pg_temp",
    )
    await work.connection.execute(_FIND_PEOPLE)


async def absent_people(work: Work) -> list[Absent]:
    """The staged registrations of people who are not with the company."""
    return [Absent(**record) for record in await work.connection.fetch(_ABSENT)]


async def repeated_people(work: Work) -> list[tuple[int, int]]:
    """The places of staged registrations that name a person again, and of the first to do so."""
    records = await work.connection.fetch(_REPEATED)
    return [(record["place"], record["first"]) for record in records]


async def came_before(work: Work, programme_id: UUID, instant: datetime) -> list[int]:
    """The places of staged registrations of people who had joined the company by an instant.

    Who takes part in the programme already is left out.
    """
    records = await work.connection.fetch(_CAME_BEFORE, programme_id, instant)
    return [record["place"] for record in records]


async def write_staged(work: Work, programme_id: UUID, now: datetime) -> tuple[int, int]:
    """Write the staged registrations that are new or differ; returns how many of each."""
    await work.connection.execute(_WRITE, programme_id, now)
    record = await work.connection.fetchrow(_COUNT)
    return (record["registered"], record["changed"]) if record else (0, 0)


def written(work: Work) -> AsyncIterator[Participant]:
    """The participants just written, whole."""
    return _participants(work, _WRITTEN)


def of_written_people(work: Work) -> AsyncIterator[Participant]:
    """The participants whose facts differ because the people just written differ, whole."""
    return _participants(work, _OF_WRITTEN_PEOPLE)


async def of_changed_person(
    work: Work, person_id: UUID, changed: frozenset[str]
) -> list[Participant]:
    """The registrations whose facts differ because these fields of one person do, whole."""
    records = await work.connection.fetch(
        _OF_CHANGED_PERSON,
        person_id,
        not changed.isdisjoint(PROFILE_FIELDS),
        *(field in changed for field in ("time_zone", "locale", "working_days")),
    )
    return [Participant(**record) for record in records]


async def withdraw_leavers(work: Work, person_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Withdraw people who left from all programmes that have not ended; returns ids, in order."""
    records = await work.connection.fetch(_WITHDRAW_LEAVERS, person_ids, work.now)
    return sorted(records, key=lambda record: record["participant_id"])


async def active_ids(work: Work, after: UUID | None, limit: int) -> list[UUID]:
    """The ids of participants who have not withdrawn, in their order."""
    rows = await work.connection.fetch(_ACTIVE_IDS, after, limit)
    return [row["participant_id"] for row in rows]


async def active(work: Work, participant_ids: Sequence[UUID]) -> list[Participant]:
    """Those of these participants who have not withdrawn, whole."""
    return [Participant(**row) for row in await work.connection.fetch(_ACTIVE, participant_ids)]


async def page(
    work: Work, programme_id: UUID, after: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """Registrations of a programme, withdrawn ones too, in the order of their ids."""
    return list(await work.connection.fetch(_PAGE, programme_id, after, limit))


async def names(work: Work, participant_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Who these participants are; unknown ids are left out."""
    return list(await work.connection.fetch(_NAMES, participant_ids))


async def withdraw(work: Work, participant_id: UUID, reason: Withdrawal) -> tuple[UUID, UUID]:
    """Note that a participant has left; returns the ids of the person and the programme.

    Raises:
        NoSuchParticipant: There is none with this id.
        AlreadyWithdrawn: They have left before.
    """
    record = await work.connection.fetchrow(_TO_WITHDRAW, participant_id)
    if record is None:
        raise NoSuchParticipant(participant_id)
    if record["withdrawn_at"] is not None:
        raise AlreadyWithdrawn(participant_id)
    await work.connection.execute(_WITHDRAW, participant_id, work.now, reason)
    return record["person_id"], record["programme_id"]


async def _participants(work: Work, query: LiteralString) -> AsyncIterator[Participant]:
    async for record in work.connection.cursor(query, prefetch=_PAGE_SIZE):
        yield Participant(**record)
