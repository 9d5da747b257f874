"""People in the database, as SCIM shows them."""

import json
from collections.abc import Mapping
from typing import Any, LiteralString, cast
from uuid import UUID

import asyncpg
from scim2_models.path import Path

from services.intake.domain.scim.facts import Facts
from services.intake.domain.scim.resources import POLICY, FullUser
from services.intake.domain.scim.users import NoSuchUser, ShownUser, UserNameTaken, shown_user
from services.intake.store.scim_filters import Condition
from shared.bus.work import Work

_USER_NAME = Path[FullUser]("userName").resolve()

_LOCK: LiteralString = "SELECT pg_advisory_xact_lock(hashtextextended('intake.scim.' || $1, 0))"

_SHOWN: LiteralString = """
    SELECT person.person_id, person.version, person.changed_at, person.left_at IS NULL AS active,
        coalesce(person.user_name, CASE WHEN person.left_at IS NULL THEN person.email
            ELSE person.employee_number END) AS user_name,
        person.external_id, person.title, person.email,
        CASE WHEN person.name = person.scim_made ->> 'name'
            THEN person.scim_given ->> 'displayName' ELSE person.name END AS display_name,
        CASE WHEN person.name = person.scim_made ->> 'name'
            THEN person.scim_given ->> 'formatted' END AS formatted,
        CASE WHEN person.name = person.scim_made ->> 'name'
            THEN person.scim_given ->> 'givenName' END AS given_name,
        CASE WHEN person.name = person.scim_made ->> 'name'
            THEN person.scim_given ->> 'familyName' END AS family_name,
        CASE WHEN person.locale = person.scim_made ->> 'locale'
            THEN person.scim_given ->> 'preferredLanguage' ELSE person.locale
            END AS preferred_language,
        CASE WHEN person.locale = person.scim_made ->> 'locale'
            THEN person.scim_given ->> 'locale' END AS locale,
        CASE WHEN person.time_zone = person.scim_made ->> 'time_zone'
            THEN person.scim_given ->> 'timezone' ELSE person.time_zone END AS timezone,
        CASE WHEN person.email = person.scim_made ->> 'email' THEN person.scim_given -> 'emails'
            ELSE jsonb_build_array(jsonb_build_object(
                'value', person.email, 'type', 'work', 'primary', true)) END AS emails,
        CASE WHEN person.employee_number = person.scim_made ->> 'employee_number'
            THEN person.scim_given ->> 'employeeNumber' ELSE person.employee_number
            END AS employee_number,
        CASE WHEN person.department = person.scim_made ->> 'department'
            THEN person.scim_given ->> 'department' ELSE person.department END AS department,
        CASE WHEN person.seniority::text = person.scim_made ->> 'seniority'
            THEN person.scim_given ->> 'seniority' ELSE person.seniority::text END AS seniority,
        CASE WHEN array_to_string(person.working_days, ';') = person.scim_made ->> 'working_days'
            THEN person.scim_given ->> 'workingDays'
            ELSE array_to_string(person.working_days, ';') END AS working_days,
        person.education_level::text AS education_level, person.education_field,
        manager.person_id AS manager_id,
        coalesce(manager.person_id::text, person.manager_number) AS manager
    FROM person LEFT JOIN person AS manager ON manager.employee_number = person.manager_number
    WHERE NOT (person.scim_deleted AND person.left_at IS NOT NULL)
"""

_ONE: LiteralString = _SHOWN + "AND person.person_id = $1"

_OWNER: LiteralString = """
    SELECT person_id FROM person
    WHERE NOT (scim_deleted AND left_at IS NOT NULL) AND person_id IS DISTINCT FROM $2
        AND casefold(coalesce(user_name, CASE WHEN left_at IS NULL THEN email
            ELSE employee_number END) COLLATE "pg_unicode_fast") = $1
    LIMIT 1
"""

_PUT: LiteralString = """
    UPDATE person SET user_name = $2, external_id = $3, scim_given = $4::text::jsonb,
        scim_made = $5::text::jsonb, scim_deleted = false,
        version = version + CASE WHEN version > $6 THEN 0 ELSE 1 END, changed_at = $7
    WHERE person_id = $1 AND (user_name, external_id, scim_given, scim_made, scim_deleted)
        IS DISTINCT FROM ($2, $3, $4::text::jsonb, $5::text::jsonb, false)
"""

_DELETE: LiteralString = """
    UPDATE person SET user_name = NULL, external_id = NULL, scim_given = NULL, scim_made = NULL,
        scim_deleted = true, version = version + 1, changed_at = $2
    WHERE person_id = $1
"""

_NUMBER: LiteralString = "SELECT employee_number FROM person WHERE person_id = $1"


async def lock_user(work: Work, person_id: UUID) -> None:
    """Let nobody else change this user over SCIM until this unit ends."""
    await work.connection.execute(_LOCK, str(person_id))


async def get(work: Work, person_id: UUID) -> ShownUser:
    """Read a user.

    Raises:
        NoSuchUser: There is none with this id, or it was deleted.
    """
    record = await work.connection.fetchrow(_ONE, person_id)
    if record is None:
        raise NoSuchUser
    return _shown(record)


async def claim_name(work: Work, user_name: str, person_id: UUID | None) -> None:
    """Let nobody else take this userName until this unit ends.

    Args:
        work: The unit of work.
        user_name: In any case.
        person_id: Whose it may be; None if it may be nobody's.

    Raises:
        UserNameTaken: It is somebody else's.
    """
    key = POLICY.comparison_key(_USER_NAME, user_name)
    await work.connection.execute(_LOCK, "name." + key)
    owner = await work.connection.fetchval(_OWNER, key, person_id)
    if owner is not None:
        raise UserNameTaken(owner)


async def number_of(work: Work, person_id: UUID) -> str | None:
    """Somebody's employee number; None if there is nobody with this id."""
    number = await work.connection.fetchval(_NUMBER, person_id)
    return cast("str | None", number)


async def put(work: Work, person_id: UUID, facts: Facts, seen: int) -> None:
    """Keep what SCIM says of a person beyond their details; a change of it is a new version.

    Args:
        work: The unit of work.
        person_id: Who.
        facts: What it says.
        seen: The version before this unit: if it has been counted up already, it is not again.
    """
    await work.connection.execute(
        _PUT, person_id, facts.user_name, facts.external_id, json.dumps(facts.given),
        json.dumps(facts.made), seen, work.now,
    )  # fmt: skip


async def delete(work: Work, person_id: UUID) -> None:
    """Forget what SCIM said of a person, and show them to it no longer until they are back."""
    await work.connection.execute(_DELETE, person_id, work.now)


async def count(work: Work, condition: Condition) -> int:
    """How many users a condition lets through."""
    query = f"SELECT count(*) FROM ({_SHOWN}) AS shown WHERE {condition.sql}"  # noqa: S608 - columns
    return cast("int", await work.connection.fetchval(query, *condition.values))


async def page(
    work: Work, condition: Condition, order: str, skipped: int, limit: int
) -> list[ShownUser]:
    """Some of the users that a condition lets through, in their order.

    `condition` and `order` come from scim_filters: they hold names of ours and numbered parameters.
    """
    size = len(condition.values)
    query = (
        f"SELECT * FROM ({_SHOWN}) AS shown WHERE {condition.sql} "  # noqa: S608 - columns of ours
        f"ORDER BY {order} OFFSET ${size + 1} LIMIT ${size + 2}"
    )
    records = await work.connection.fetch(query, *condition.values, skipped, limit)
    return [_shown(record) for record in records]


def _shown(record: asyncpg.Record) -> ShownUser:
    row: Mapping[str, Any] = {**record, "emails": json.loads(record["emails"])}
    return shown_user(row)
