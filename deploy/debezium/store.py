"""The SQL of the comparison: PostgreSQL made ready for Debezium, and a look at outbox and slot."""

from pathlib import Path
from typing import LiteralString

import asyncpg

ACCESS = Path(__file__).with_name("access.sql")

_LOGICAL: LiteralString = "ALTER SYSTEM SET wal_level = 'logical'"

_FLUSH_AT_COMMIT: LiteralString = """
    SELECT format('ALTER DATABASE %I SET synchronous_commit = on', current_database())
"""

_ALTER_ROLE: LiteralString = "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)"

_WAITING: LiteralString = "SELECT id::text FROM bus.outbox"

_HELD_BACK: LiteralString = """
    SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint
    FROM pg_replication_slots WHERE slot_name = $1
"""

_OTHER_TABLE: LiteralString = "CREATE TABLE IF NOT EXISTS something_else (filling text)"

_FILL_OTHER_TABLE: LiteralString = """
    INSERT INTO something_else SELECT repeat('x', 1000) FROM generate_series(1, 1024 * $1::int)
"""


async def log_logical_changes(admin_dsn: str) -> None:
    """Let the server write what logical replication needs, from its next start on."""
    admin = await asyncpg.connect(admin_dsn)
    try:
        await admin.execute(_LOGICAL)
    finally:
        await admin.close()


async def let_debezium_in(admin_dsn: str, service: str, password: str) -> None:
    """Run `access.sql` in the service's database and set the role's password."""
    admin = await asyncpg.connect(admin_dsn, database=f"tandem_{service}")
    try:
        await admin.execute(ACCESS.read_text().format(service=service))
        role = f"tandem_{service}_debezium"
        await admin.execute(await admin.fetchval(_ALTER_ROLE, role, password))
    finally:
        await admin.close()


async def flush_at_commit(admin_dsn: str, service: str) -> None:
    """Let a commit reach the log at once, as in production: Debezium sees no earlier what is told.

    Temporary servers put that off by some tenths of a second.
    """
    admin = await asyncpg.connect(admin_dsn, database=f"tandem_{service}")
    try:
        await admin.execute(await admin.fetchval(_FLUSH_AT_COMMIT))
    finally:
        await admin.close()


async def waiting_ids(admin_dsn: str, service: str) -> set[bytes]:
    """The ids of the events that are in the outbox now."""
    admin = await asyncpg.connect(admin_dsn, database=f"tandem_{service}")
    try:
        return {row["id"].encode() for row in await admin.fetch(_WAITING)}
    finally:
        await admin.close()


async def bytes_held_back(admin_dsn: str, service: str) -> int:
    """How far Debezium's confirmed place is behind the end of the server's log."""
    admin = await asyncpg.connect(admin_dsn)
    try:
        return int(await admin.fetchval(_HELD_BACK, f"tandem_{service}_outbox"))
    finally:
        await admin.close()


async def log_other_changes(admin_dsn: str, service: str, mebibytes: int) -> None:
    """Make the server's log grow by what no outbox row is part of."""
    admin = await asyncpg.connect(admin_dsn, database=f"tandem_{service}")
    try:
        await admin.execute(_OTHER_TABLE)
        await admin.execute(_FILL_OTHER_TABLE, mebibytes)
    finally:
        await admin.close()
