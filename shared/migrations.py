"""Database migrations: plain SQL files, run by pogo-migrate's engine on asyncpg.

File names carry the half they belong to: `0007_pre_…` runs before the new code is deployed,
`0008_post_…` after the old code is gone. Why pogo: docs/decisions/0004-migrations.md.
"""

from enum import StrEnum
from pathlib import Path
from typing import LiteralString

import asyncpg
import structlog
from pogo_core.migration import Migration, topological_sort
from pogo_core.util import sql

from shared.database import connect
from shared.settings import ServiceSettings

log = structlog.get_logger()

BUS_MIGRATIONS = Path(__file__).parent / "bus" / "migrations"
_ONE_AT_A_TIME: LiteralString = "SELECT pg_advisory_lock(hashtext('tandem.migrate'))"


class Half(StrEnum):
    """When a migration runs, as seen from the deployment of the code that needs it."""

    PRE = "pre"
    POST = "post"


async def migrate(settings: ServiceSettings, migrations: Path, halves: frozenset[Half]) -> int:
    """Bring a service's database up to date; returns how many migrations ran.

    Safe to run several at a time: one waits for the other. A migration waits no longer than
    `lock_timeout` for a table, so it never queues up in front of the running service.
    """
    connection = await connect(settings)
    try:
        await connection.execute(_ONE_AT_A_TIME)
        await connection.execute("SET lock_timeout = '5s'")
        await connection.execute("CREATE SCHEMA IF NOT EXISTS bus")
        await sql.ensure_pogo_sync(connection)
        applied = 0
        for folder, schema in ((BUS_MIGRATIONS, "bus"), (migrations, "public")):
            applied += await _apply(connection, folder, schema, halves)
        return applied
    finally:
        await connection.close()


async def _apply(
    connection: "asyncpg.Connection[asyncpg.Record]",
    folder: Path,
    schema: str,
    halves: frozenset[Half],
) -> int:
    known = await sql.read_migrations(folder, connection, schema_name=schema)
    due = [m for m in topological_sort([m.load() for m in known]) if not m.applied]
    due = [migration for migration in due if _half_of(migration) in halves]
    for migration in due:
        await _apply_one(connection, migration, schema)
        log.info("migration.applied", migration=migration.id)
    return len(due)


async def _apply_one(
    connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration, schema: str
) -> None:
    async with connection.transaction():
        await migration.apply(connection)
        await sql.migration_applied(connection, migration.id, migration.hash, schema_name=schema)


def _half_of(migration: Migration) -> Half:
    return Half(migration.id.split("_")[1])
