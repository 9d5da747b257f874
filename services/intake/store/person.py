"""Single people in the database: reading, writing, leaving, coming back."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from services.intake.domain.person import (
    AddressTaken,
    Details,
    NoSuchPerson,
    NumberTaken,
    Person,
)
from shared.bus.work import Work
from tandem_events import PersonContact

_CLAIM: LiteralString = """
    SELECT pg_advisory_xact_lock(claim) FROM (
        SELECT hashtextextended('intake.person.' || word, 0) AS claim
        FROM (VALUES ('number ' || $1), ('address ' || lower($2 COLLATE "C"))) AS words (word)
        ORDER BY claim
    ) AS claims
"""

_PERSON: LiteralString = """
    SELECT person_id, employee_number, name, email, department, seniority, education_level,
           education_field, time_zone, locale, working_days, title, manager_number, left_at,
           version
    FROM person
"""

_ONE: LiteralString = _PERSON + "WHERE person_id = $1"

_TO_CHANGE: LiteralString = _ONE + " FOR UPDATE"

_OF_NUMBER_TO_CHANGE: LiteralString = _PERSON + "WHERE employee_number = $1 FOR UPDATE"

_TAKEN: LiteralString = """
    SELECT person_id, employee_number = $2 AS number FROM person
    WHERE person_id <> $1
        AND (employee_number = $2 OR ($4 AND left_at IS NULL AND email_key = lower($3 COLLATE "C")))
    ORDER BY number DESC LIMIT 1
"""

_PUT: LiteralString = """
    INSERT INTO person (person_id, employee_number, name, email, department, seniority,
        education_level, education_field, time_zone, locale, working_days, title, manager_number,
        left_at, version, changed_at, joined_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
    ON CONFLICT (person_id) DO UPDATE SET
        employee_number = excluded.employee_number, name = excluded.name, email = excluded.email,
        department = excluded.department, seniority = excluded.seniority,
        education_level = excluded.education_level, education_field = excluded.education_field,
        time_zone = excluded.time_zone, locale = excluded.locale,
        working_days = excluded.working_days, title = excluded.title,
        manager_number = excluded.manager_number, left_at = excluded.left_at,
        version = excluded.version, changed_at = excluded.changed_at,
        joined_at = CASE WHEN person.left_at IS NOT NULL AND excluded.left_at IS NULL
                         THEN excluded.joined_at ELSE person.joined_at END
"""

_MOVE_REPORTS: LiteralString = "UPDATE person SET manager_number = $2 WHERE manager_number = $1"

_LEAVE: LiteralString = """
    UPDATE person SET left_at = $2, version = version + 1, changed_at = $2
    WHERE person_id = ANY($1) AND left_at IS NULL RETURNING person_id
"""

_TAKEN_FROM_LEAVERS: LiteralString = """
    SELECT owner.person_id FROM person AS leaver JOIN person AS owner USING (email_key)
    WHERE leaver.person_id = ANY($1) AND leaver.left_at IS NOT NULL
        AND owner.person_id <> leaver.person_id
        AND (owner.left_at IS NULL OR owner.person_id = ANY($1))
    ORDER BY owner.person_id LIMIT 1
"""

_COME_BACK: LiteralString = """
    UPDATE person SET left_at = NULL, version = version + 1, changed_at = $2, joined_at = $2
    WHERE person_id = ANY($1) AND left_at IS NOT NULL RETURNING person_id, name, email
"""

_MANAGERS: LiteralString = """
    WITH RECURSIVE line AS (
        SELECT person_id, manager_number, 0 AS height FROM person WHERE person_id = $1
        UNION ALL
        SELECT manager.person_id, manager.manager_number, height + 1
        FROM line JOIN person AS manager ON manager.employee_number = line.manager_number
    ) CYCLE person_id SET seen_below USING path
    SELECT person_id FROM line WHERE height > 0 AND NOT seen_below ORDER BY height
"""


async def claim(work: Work, details: Details) -> None:
    """Let nobody else write a person of this number or address until this unit ends."""
    await work.connection.execute(_CLAIM, details.employee_number, details.email)


async def get(work: Work, person_id: UUID) -> Person:
    """Read a person, with the company or not.

    Raises:
        NoSuchPerson: There is nobody with this id.
    """
    return _found(await work.connection.fetchrow(_ONE, person_id))


async def get_to_change(work: Work, person_id: UUID) -> Person:
    """Read a person whom nobody else may change, or register anew, until this unit ends.

    Raises:
        NoSuchPerson: There is nobody with this id.
    """
    return _found(await work.connection.fetchrow(_TO_CHANGE, person_id))


async def find_to_change(work: Work, employee_number: str) -> Person | None:
    """The same by employee number; None if nobody has it."""
    record = await work.connection.fetchrow(_OF_NUMBER_TO_CHANGE, employee_number)
    return None if record is None else person_of(record)


async def check_free(work: Work, person: Person) -> None:
    """Do nothing if the person's number is theirs alone, and so is their address while active.

    Raises:
        NumberTaken: Somebody else, a leaver perhaps, has the number.
        AddressTaken: Somebody else, who has not left, has the address.
    """
    number, email = person.details.employee_number, person.details.email
    active = person.left_at is None
    taken = await work.connection.fetchrow(_TAKEN, person.person_id, number, email, active)
    if taken is not None:
        raise (NumberTaken if taken["number"] else AddressTaken)(taken["person_id"])


async def put(work: Work, person: Person) -> None:
    """Write a person, new or changed."""
    await work.connection.execute(
        _PUT, person.person_id, *person.details, person.left_at, person.version, work.now
    )


async def move_reports(work: Work, before: str, after: str) -> None:
    """Let those whom somebody manages follow them to their new employee number."""
    await work.connection.execute(_MOVE_REPORTS, before, after)


async def leave(work: Work, person_ids: Sequence[UUID]) -> list[UUID]:
    """Note that these people have left; returns who had not before, in order."""
    records = await work.connection.fetch(_LEAVE, person_ids, work.now)
    return sorted(record["person_id"] for record in records)


async def come_back(work: Work, person_ids: Sequence[UUID]) -> list[PersonContact]:
    """Note that these people are back; returns how those who had left can be reached, in order.

    Raises:
        AddressTaken: The address of one of them has been given to somebody else.
    """
    owner = await work.connection.fetchval(_TAKEN_FROM_LEAVERS, person_ids)
    if owner is not None:
        raise AddressTaken(owner)
    records = await work.connection.fetch(_COME_BACK, person_ids, work.now)
    return sorted((PersonContact(**row) for row in records), key=lambda contact: contact.person_id)


async def managers(work: Work, person_id: UUID) -> list[UUID]:
    """Who is above a person, the nearest first, as far as they are known, each once.

    Data may go round in a circle; the line ends where it comes back to somebody.
    """
    records = await work.connection.fetch(_MANAGERS, person_id)
    return [record["person_id"] for record in records]


def person_of(record: asyncpg.Record) -> Person:
    """A row of the table as a person."""
    values = dict(record) | {"working_days": tuple(record["working_days"])}
    return Person(
        values.pop("person_id"),
        left_at=values.pop("left_at"),
        version=values.pop("version"),
        details=Details(**values),
    )


def _found(record: asyncpg.Record | None) -> Person:
    if record is None:
        raise NoSuchPerson
    return person_of(record)
