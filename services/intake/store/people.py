"""People in the database."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import asyncpg

from services.intake.domain.faults import Rows
from services.intake.domain.people import PersonRow
from shared.bus.work import Work
from shared.ids import new_id
from tandem_events import PersonContact

_PAGE = 2000

_LOCK: LiteralString = "SELECT pg_advisory_xact_lock(hashtext('intake.person'))"

_LOCK_SHARED: LiteralString = "SELECT pg_advisory_xact_lock_shared(hashtext('intake.person'))"

_STAGE: LiteralString = """
    CREATE TEMPORARY TABLE staged_person (
        row integer, employee_number text, name text, email text, department text,
        seniority smallint, education_level smallint, education_field text, time_zone text,
        locale text, working_days smallint[], title text, manager_number text, person_id uuid
    ) ON COMMIT DROP
"""

_STAGED: LiteralString = """
    CREATE TEMPORARY TABLE written_person (
        person_id uuid, is_new boolean, is_back boolean, contact boolean, profile boolean,
        time_zone boolean, locale boolean, working_days boolean
    ) ON COMMIT DROP
"""

_CLASHES: LiteralString = """
    SELECT staged.row, person.employee_number
    FROM staged_person AS staged
    JOIN person ON person.email_key = lower(staged.email COLLATE "C")
        AND person.employee_number <> staged.employee_number AND person.left_at IS NULL
    WHERE NOT EXISTS (
        SELECT FROM staged_person AS other WHERE other.employee_number = person.employee_number)
    ORDER BY staged.row
"""

_WRITE: LiteralString = """
    WITH written AS (
        INSERT INTO person AS held (person_id, employee_number, name, email, department,
            seniority, education_level, education_field, time_zone, locale, working_days,
            title, manager_number, changed_at, joined_at)
        SELECT person_id, employee_number, name, email, department, seniority, education_level,
            education_field, time_zone, locale, working_days, title, manager_number, $1, $1
        FROM staged_person ORDER BY employee_number
        ON CONFLICT (employee_number) DO UPDATE SET
            name = excluded.name, email = excluded.email, department = excluded.department,
            seniority = excluded.seniority, education_level = excluded.education_level,
            education_field = excluded.education_field, time_zone = excluded.time_zone,
            locale = excluded.locale, working_days = excluded.working_days,
            title = excluded.title, manager_number = excluded.manager_number,
            left_at = NULL, version = held.version + 1, changed_at = excluded.changed_at,
            joined_at = CASE WHEN held.left_at IS NULL THEN held.joined_at
                             ELSE excluded.joined_at END
        WHERE (held.name, held.email, held.department, held.seniority, held.education_level,
               held.education_field, held.time_zone, held.locale, held.working_days,
               held.title, held.manager_number, held.left_at)
            IS DISTINCT FROM
              (excluded.name, excluded.email, excluded.department, excluded.seniority,
               excluded.education_level, excluded.education_field, excluded.time_zone,
               excluded.locale, excluded.working_days, excluded.title, excluded.manager_number,
               NULL)
        RETURNING new.person_id, old.person_id IS NULL AS is_new,
            old.left_at IS NOT NULL AS is_back,
            (old.name, old.email, old.left_at) IS DISTINCT FROM (new.name, new.email, NULL)
                AS contact,
            (old.department, old.seniority, old.education_level, old.education_field)
                IS DISTINCT FROM
            (new.department, new.seniority, new.education_level, new.education_field) AS profile,
            old.time_zone IS DISTINCT FROM new.time_zone AS time_zone,
            old.locale IS DISTINCT FROM new.locale AS locale,
            old.working_days IS DISTINCT FROM new.working_days AS working_days
    )
    INSERT INTO written_person SELECT * FROM written
"""

_COUNT: LiteralString = """
    SELECT count(*) FILTER (WHERE is_new) AS new, count(*) FILTER (WHERE is_back) AS back,
           count(*) FILTER (WHERE NOT is_new AND NOT is_back) AS changed
    FROM written_person
"""

_CONTACTS: LiteralString = """
    SELECT person_id, name, email FROM written_person JOIN person USING (person_id)
    WHERE contact ORDER BY person_id
"""

_IDS: LiteralString = """
    SELECT person_id FROM person
    WHERE left_at IS NULL AND ($1::uuid IS NULL OR person_id > $1) ORDER BY person_id LIMIT $2
"""

_CONTACTS_OF: LiteralString = """
    SELECT person_id, name, email FROM person
    WHERE person_id = ANY($1) AND left_at IS NULL ORDER BY person_id
"""

_PEOPLE: LiteralString = """
    SELECT person_id, employee_number, name, email, department, seniority, education_level,
           education_field, time_zone, locale, working_days, title, manager_number, left_at,
           version
    FROM person WHERE $1::uuid IS NULL OR person_id > $1 ORDER BY person_id LIMIT $2
"""

_NAMES: LiteralString = """
    SELECT person_id, name, department FROM person WHERE person_id = ANY($1) ORDER BY person_id
"""


@dataclass(frozen=True, slots=True)
class Written:
    """How many people were new, came back, or differed."""

    new: int
    back: int
    changed: int


async def lock(work: Work) -> None:
    """Let nobody else write people, or register them, until this unit ends."""
    await work.connection.execute(_LOCK)


async def lock_against_imports(work: Work) -> None:
    """Let nobody write people until this unit ends; others may do the same meanwhile."""
    await work.connection.execute(_LOCK_SHARED)


async def stage(work: Work, rows: Rows[PersonRow]) -> None:
    """Put the rows of a file beside the people, each with an id for the case that it is new."""
    await work.connection.execute(_STAGE)
    await work.connection.execute(_STAGED)
    await work.connection.copy_records_to_table(
        "staged_person",
        records=((row.row, *row.details, new_id()) for row in rows.whole),
        schema_name="pg_temp",
    )
    await work.connection.copy_records_to_table(
        "staged_person",
        records=rows.named,
        columns=("row", "employee_number", "email"),
        schema_name="pg_temp",
    )


async def clashes(work: Work) -> list[tuple[int, str]]:
    """Staged rows whose e-mail address belongs to somebody who is not staged, and to whom."""
    records = await work.connection.fetch(_CLASHES)
    return [(record["row"], record["employee_number"]) for record in records]


async def write_staged(work: Work, now: datetime) -> Written:
    """Write the staged people that are new, differ or come back; returns how many of each."""
    await work.connection.execute(_WRITE, now)
    [record] = await work.connection.fetch(_COUNT)
    return Written(**record)


async def written_contacts(work: Work) -> AsyncIterator[PersonContact]:
    """The contacts of the people just written, where they are new or differ."""
    async for record in work.connection.cursor(_CONTACTS, prefetch=_PAGE):
        yield PersonContact(**record)


async def ids(work: Work, after: UUID | None, limit: int) -> list[UUID]:
    """The ids of people who have not left, in their order."""
    return [row["person_id"] for row in await work.connection.fetch(_IDS, after, limit)]


async def contacts_of(work: Work, person_ids: Sequence[UUID]) -> list[PersonContact]:
    """How these people can be reached; unknown ids and leavers are left out."""
    return [PersonContact(**row) for row in await work.connection.fetch(_CONTACTS_OF, person_ids)]


async def page(work: Work, after: UUID | None, limit: int) -> list[asyncpg.Record]:
    """People in the order of their ids."""
    return list(await work.connection.fetch(_PEOPLE, after, limit))


async def names(work: Work, person_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """Name and department of these people; unknown ids are left out."""
    return list(await work.connection.fetch(_NAMES, person_ids))
