"""Programmes in the database."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import asyncpg

from services.intake.domain.campaign import CampaignPolicy
from services.intake.domain.programmes import (
    Incentive,
    Kind,
    NoSuchProgramme,
    Programme,
    State,
)
from shared.bus.work import Work
from tandem_events import Policies

_MOST_AT_ONCE = 100

_FIELDS: LiteralString = """
    programme_id, name, state, enrolment_opens_at, enrolment_closes_at, starts_on, ends_on,
    policies::text AS policies, kind, time_zone, opens_by_date, audience,
    incentives::text AS incentives, campaign::text AS campaign, test_for
"""

_PUT: LiteralString = """
    INSERT INTO programme (programme_id, name, state, enrolment_opens_at, enrolment_closes_at,
                           starts_on, ends_on, policies, changed_at, kind, time_zone,
                           opens_by_date, audience, incentives, campaign, test_for)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9, $10, $11, $12, $13,
            $14::text::jsonb, $15::text::jsonb, $16)
    ON CONFLICT (programme_id) DO UPDATE SET
        name = excluded.name, state = excluded.state,
        enrolment_opens_at = excluded.enrolment_opens_at,
        enrolment_closes_at = excluded.enrolment_closes_at,
        starts_on = excluded.starts_on, ends_on = excluded.ends_on,
        policies = excluded.policies, changed_at = excluded.changed_at, kind = excluded.kind,
        time_zone = excluded.time_zone, opens_by_date = excluded.opens_by_date,
        audience = excluded.audience, incentives = excluded.incentives,
        campaign = excluded.campaign, test_for = excluded.test_for
"""

_ONE: LiteralString = "SELECT" + _FIELDS + "FROM programme WHERE programme_id = $1"

_ONE_TO_CHANGE: LiteralString = _ONE + " FOR NO KEY UPDATE"

_ONE_TO_LEAN_ON: LiteralString = _ONE + " FOR SHARE"

_PAGE: LiteralString = (
    "SELECT"
    + _FIELDS
    + "FROM programme WHERE $1::uuid IS NULL OR programme_id > $1 ORDER BY programme_id LIMIT $2"
)

_SOME: LiteralString = (
    "SELECT" + _FIELDS + "FROM programme WHERE programme_id = ANY($1) ORDER BY programme_id"
)

_WITH_CAMPAIGN: LiteralString = (
    "SELECT" + _FIELDS + "FROM programme WHERE campaign IS NOT NULL AND state <> 'ended'"
)

_DUE: LiteralString = (
    "SELECT"
    + _FIELDS
    + """
    FROM programme WHERE moves_at <= $1
    ORDER BY moves_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
    """
)

_NEXT_MOVE: LiteralString = "SELECT min(moves_at) FROM programme"


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
        programme.kind,
        programme.time_zone,
        programme.opens_by_date,
        programme.audience,
        json.dumps([asdict(incentive) for incentive in programme.incentives]),
        programme.campaign and json.dumps(asdict(programme.campaign)),
        programme.test_for,
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


async def with_campaign(work: Work) -> list[Programme]:
    """Programmes that have not ended and have a policy of inviting."""
    return _programmes(await work.connection.fetch(_WITH_CAMPAIGN))


async def claim_due(work: Work, now: datetime) -> list[Programme]:
    """Programmes that go on by themselves now, claimed for this unit."""
    return _programmes(await work.connection.fetch(_DUE, now, _MOST_AT_ONCE))


async def next_move(work: Work) -> datetime | None:
    """When a programme goes on by itself next, or since when one is to."""
    moves_at: datetime | None = await work.connection.fetchval(_NEXT_MOVE)
    return moves_at


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
    values["kind"] = Kind(values["kind"])
    values["audience"] = tuple(values["audience"])
    values["incentives"] = tuple(Incentive(**each) for each in json.loads(values["incentives"]))
    values["campaign"] = values["campaign"] and CampaignPolicy(**json.loads(values["campaign"]))
    return Programme(**values)
