"""Who signs in, and as what: people by their address, and coordinators."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from services.intake.domain.errors import IntakeError
from services.intake.domain.person import NoSuchPerson
from shared.bus.work import Work

_WHO: LiteralString = """
    SELECT person.person_id, person.name, coordinator.person_id IS NOT NULL AS coordinates,
           EXISTS (SELECT FROM participant WHERE participant.person_id = person.person_id)
               AS takes_part
    FROM person LEFT JOIN coordinator USING (person_id)
"""

_BY_EMAIL: LiteralString = _WHO + """ WHERE email_key = lower($1 COLLATE "C") AND left_at IS NULL"""

_BY_ID: LiteralString = _WHO + " WHERE person.person_id = $1 AND left_at IS NULL"

_TAKES_PART: LiteralString = """
    SELECT participant_id, programme_id, programme.name AS programme, programme.state, role,
           starts_on, ends_on, withdrawn_at IS NOT NULL AS withdrawn
    FROM participant JOIN programme USING (programme_id)
    WHERE person_id = $1 AND state <> 'draft' ORDER BY programme_id
"""

_COORDINATORS: LiteralString = """
    SELECT person_id, name, department, since FROM coordinator JOIN person USING (person_id)
    ORDER BY name, person_id
"""

_COORDINATES: LiteralString = "SELECT FROM coordinator WHERE person_id = $1 FOR KEY SHARE"

_APPOINT: LiteralString = """
    INSERT INTO coordinator (person_id, since) SELECT person_id, $2 FROM person
    WHERE person_id = $1 AND left_at IS NULL
    ON CONFLICT (person_id) DO UPDATE SET since = coordinator.since
    RETURNING person_id
"""

_DISMISS: LiteralString = "DELETE FROM coordinator WHERE person_id = ANY($1)"


class NotACoordinator(IntakeError):
    """A programme can be a test only for somebody who coordinates."""

    def __init__(self) -> None:
        super().__init__("test_for must be the id of somebody who coordinates.")


async def by_email(work: Work, email: str) -> asyncpg.Record:
    """Who has this address, in whatever case.

    Raises:
        NoSuchPerson: Nobody has, or they have left.
    """
    return _somebody(await work.connection.fetchrow(_BY_EMAIL, email))


async def by_id(work: Work, person_id: UUID) -> asyncpg.Record:
    """Who has this id.

    Raises:
        NoSuchPerson: Nobody has, or they have left.
    """
    return _somebody(await work.connection.fetchrow(_BY_ID, person_id))


async def takes_part_in(work: Work, person_id: UUID) -> Sequence[asyncpg.Record]:
    """The programmes in which somebody takes part, with their registrations."""
    return await work.connection.fetch(_TAKES_PART, person_id)


async def coordinators(work: Work) -> Sequence[asyncpg.Record]:
    """Everybody who coordinates, by name."""
    return await work.connection.fetch(_COORDINATORS)


async def appoint(work: Work, person_id: UUID) -> None:
    """Make somebody a coordinator.

    Raises:
        NoSuchPerson: There is nobody of this id, or they have left.
    """
    if await work.connection.fetchval(_APPOINT, person_id, work.now) is None:
        raise NoSuchPerson


async def check_coordinates(work: Work, person_id: UUID) -> None:
    """Do nothing if somebody coordinates.

    Raises:
        NotACoordinator: They do not.
    """
    if await work.connection.fetchrow(_COORDINATES, person_id) is None:
        raise NotACoordinator


async def dismiss(work: Work, person_ids: Sequence[UUID]) -> None:
    """Let people be coordinators no longer."""
    await work.connection.execute(_DISMISS, person_ids)


def _somebody(record: asyncpg.Record | None) -> asyncpg.Record:
    if record is None:
        raise NoSuchPerson
    return record
