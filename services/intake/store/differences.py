"""What staged people would change, and who is absent from them."""

from typing import Any, LiteralString
from uuid import UUID

import asyncpg

from services.intake.domain.imports import Difference, Kind, changes
from services.intake.domain.person import Details
from shared.bus.work import Work

_COMPARED: LiteralString = """
    CREATE TEMPORARY TABLE compared_person (kind text, row integer, employee_number text)
    ON COMMIT DROP
"""

_COMPARE: LiteralString = """
    INSERT INTO compared_person
    SELECT CASE WHEN held.person_id IS NULL THEN 'new'
                WHEN held.left_at IS NOT NULL THEN 'coming-back' ELSE 'changed' END,
           staged.row, staged.employee_number
    FROM staged_person AS staged LEFT JOIN person AS held USING (employee_number)
    WHERE held.person_id IS NULL OR held.left_at IS NOT NULL OR
          (held.name, held.email, held.department, held.seniority, held.education_level,
           held.education_field, held.time_zone, held.locale, held.working_days,
           held.title, held.manager_number)
        IS DISTINCT FROM
          (staged.name, staged.email, staged.department, staged.seniority, staged.education_level,
           staged.education_field, staged.time_zone, staged.locale, staged.working_days,
           staged.title, staged.manager_number)
"""

_ABSENT: LiteralString = """
    FROM person
    WHERE left_at IS NULL AND NOT EXISTS (
        SELECT FROM staged_person WHERE staged_person.employee_number = person.employee_number)
"""

_COMPARE_ABSENT: LiteralString = (
    "INSERT INTO compared_person SELECT 'leaving', NULL, employee_number" + _ABSENT
)

_ABSENT_IDS: LiteralString = "SELECT person_id" + _ABSENT + " ORDER BY person_id"

_ACTIVE: LiteralString = "SELECT count(*) FROM person WHERE left_at IS NULL"

_COUNT: LiteralString = "SELECT kind, count(*) FROM compared_person GROUP BY kind"

_FIRST_OF_KIND: LiteralString = """
    SELECT kind, employee_number FROM compared_person WHERE kind = $1
    ORDER BY row, employee_number LIMIT $2
"""

_STAGED: LiteralString = """
    SELECT row, employee_number, name, email, department, seniority, education_level,
           education_field, time_zone, locale, working_days, title, manager_number
    FROM staged_person WHERE employee_number = ANY($1)
"""

_HELD: LiteralString = """
    SELECT employee_number, name, email, department, seniority, education_level,
           education_field, time_zone, locale, working_days, title, manager_number
    FROM person WHERE employee_number = ANY($1)
"""


async def active(work: Work) -> int:
    """How many people are with the company."""
    return int(await work.connection.fetchval(_ACTIVE))


async def absent(work: Work) -> list[UUID]:
    """Who is with the company and not staged, in the order of their ids."""
    return [row["person_id"] for row in await work.connection.fetch(_ABSENT_IDS)]


async def compare(work: Work, *, full: bool) -> dict[Kind, int]:
    """Compare the staged people with the others; returns how many there are of each kind.

    Args:
        work: The unit of work.
        full: Whether who is not staged would leave.
    """
    await work.connection.execute(_COMPARED)
    await work.connection.execute(_COMPARE)
    if full:
        await work.connection.execute(_COMPARE_ABSENT)
    counted = {row["kind"]: row["count"] for row in await work.connection.fetch(_COUNT)}
    return {kind: counted.get(kind, 0) for kind in Kind}


async def first(work: Work, most: int) -> list[Difference]:
    """The first differences of each kind, in the order of the file; who leaves by number."""
    found = [
        (Kind(row["kind"]), row["employee_number"])
        for kind in Kind
        for row in await work.connection.fetch(_FIRST_OF_KIND, kind, most)
    ]
    numbers = [number for _, number in found]
    staged = await _by_number(work, _STAGED, numbers)
    held = await _by_number(work, _HELD, numbers)
    return [_difference(kind, staged.get(number), held.get(number)) for kind, number in found]


async def _by_number(
    work: Work, query: LiteralString, numbers: list[str]
) -> dict[str, asyncpg.Record]:
    records = await work.connection.fetch(query, numbers)
    return {record["employee_number"]: record for record in records}


def _difference(
    kind: Kind, staged: asyncpg.Record | None, held: asyncpg.Record | None
) -> Difference:
    before = None if held is None else _details(held)
    after = None if staged is None else _details(staged)
    known = after or before
    assert known is not None  # noqa: S101 - compared from one or the other
    return Difference(
        kind,
        staged["row"] if staged else None,
        known.employee_number,
        known.name,
        changes(before, after) if after else {},
    )


def _details(record: asyncpg.Record) -> Details:
    values: dict[str, Any] = {field: record[field] for field in Details._fields}
    return Details(**values | {"working_days": tuple(record["working_days"])})
