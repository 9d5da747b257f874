"""Programmes in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import asyncpg

from services.intake.domain.programmes import NoSuchProgramme, Programme, State
from shared.bus.work import Work
from tandem_events import Policies

_MOST_AT_ONCE = 100

_FIELDS: LiteralString = """
    programme_id, name, state, enrolment_opens_at, enrolment_closes_at, starts_on, ends_on,
    policies::text AS policies
"""

_PUT: LiteralString = """
    INSERT INTO programme (programme_id, name, state, enrolment_opens_at, enrolment_closes_at,
                           starts_on, ends_on, policies, changed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9)
    ON CONFLICT (programme_id) DO UPDATE SET
        name = excluded.name, state = excluded.state,
        enrolment_opens_at = excluded.enrolment_opens_at,
        enrolment_closes_at = excluded.enrolment_closes_at,
        starts_on = excluded.starts_on, ends_on = excluded.ends_on,
        policies = excluded.policies, changed_at = excluded.changed_at
"""

_ONE: LiteralString = "SELECT" + _FIELDS + "FROM programme WHERE programme_id = $1"

_ONE_TO_CHANGE: LiteralString = _ONE + " FOR UPDATE"

_ONE_TO_LEAN_ON: LiteralString = _ONE + " FOR SHARE"

_PAGE: LiteralString = (
    "SELECT"
    + _FIELDS
    + "FROM programme WHERE $1::uuid IS NULL OR programme_id > $1 ORDER BY programme_id LIMIT $2"
)

_SOME: LiteralString = (
    "SELECT" + _FIELDS + "FROM programme WHERE programme_id = ANY($1) ORDER BY programme_id"
)

_OVER: LiteralString = (
    "SELECT"
    + _FIELDS
    + """
    FROM programme WHERE state = 'open' AND enrolment_closes_at <= $1
    ORDER BY enrolment_closes_at LIMIT $2 FOR UPDATE SKIP LOCKED
    """
)

_NEXT_CLOSING: LiteralString = """
    SELECT min(enrolment_closes_at) FROM programme WHERE state = 'open'
"""


async def put(work: Work, programme: Programme) -> None:
    """Write a programme, new or changed."""
    await work.connection.execute(
        _PUT,
        programme.programme_id,
        programme.name,
        programme.state,
        programme.enrolment_opens_at,
        programme.enrolment_closes_at,
        programme.starts_on,
        programme.ends_on,
        programme.policies.model_dump_json(),
        work.now,
    )


async def get(work: Work, programme_id: UUID) -> Programme:
    """Read a programme.

    Raises:
        NoSuchProgramme: There is none with this id.
    """
    return _found(await work.connection.fetchrow(_ONE, programme_id), programme_id)


async def get_to_change(work: Work, programme_id: UUID) -> Programme:
    """Read a programme that nobody else may change, or lean on, until this unit ends.

    Raises:
        NoSuchProgramme: There is none with this id.
    """
    return _found(await work.connection.fetchrow(_ONE_TO_CHANGE, programme_id), programme_id)


async def get_to_lean_on(work: Work, programme_id: UUID) -> Programme:
    """Read a programme that nobody may change until this unit ends.

    Raises:
        NoSuchProgramme: There is none with this id.
    """
    return _found(await work.connection.fetchrow(_ONE_TO_LEAN_ON, programme_id), programme_id)


async def page(work: Work, after: UUID | None, limit: int) -> list[Programme]:
    """Programmes in the order of their ids."""
    return _programmes(await work.connection.fetch(_PAGE, after, limit))


async def some(work: Work, programme_ids: Sequence[UUID]) -> list[Programme]:
    """These programmes; unknown ids are left out."""
    return _programmes(await work.connection.fetch(_SOME, programme_ids))


async def claim_over(work: Work, now: datetime) -> list[Programme]:
    """Open programmes whose enrolment has ended, claimed for this unit."""
    return _programmes(await work.connection.fetch(_OVER, now, _MOST_AT_ONCE))


async def next_closing(work: Work) -> datetime | None:
    """When enrolment ends next in a programme that is open."""
    closing: datetime | None = await work.connection.fetchval(_NEXT_CLOSING)
    return closing


def _found(record: asyncpg.Record | None, programme_id: UUID) -> Programme:
    if record is None:
        raise NoSuchProgramme(programme_id)
    return _programme(record)


def _programmes(records: Sequence[asyncpg.Record]) -> list[Programme]:
    return [_programme(record) for record in records]


def _programme(record: asyncpg.Record) -> Programme:
    values = dict(record)
    values["state"] = State(values["state"])
    values["policies"] = Policies.model_validate_json(values["policies"])
    return Programme(**values)
