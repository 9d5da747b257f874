"""The audit log: who did what to what, written in the transaction that did it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import asyncpg

from shared.database import Connection

_NOTE: LiteralString = """
    INSERT INTO bus.audit (id, at, who, action, object, details)
    VALUES ($1, $2, $3, $4, $5, $6::text::jsonb)
"""

_ENTRIES: LiteralString = """
    SELECT id, at, who, action, object, details::text AS details FROM bus.audit
    WHERE ($1::uuid IS NULL OR id > $1) AND ($2::text IS NULL OR object = $2)
    ORDER BY id LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log; it holds ids and codes, never what is personal.

    Attributes:
        id: Its own id; ids are in the order of time.
        at: When, by the real clock.
        who: The opaque subject of the token that asked for it.
        action: What was done, as in `dead-letter.replayed`.
        object: The id of what it was done to.
        details: What else is worth knowing.
    """

    id: UUID
    at: datetime
    who: str
    action: str
    object: str
    details: Mapping[str, str | int]


async def note(connection: Connection, entry: Entry) -> None:
    """Write a line; it is kept if, and only if, what it tells of is committed."""
    await connection.execute(
        _NOTE, entry.id, entry.at, entry.who, entry.action, entry.object,
        json.dumps(dict(entry.details)),
    )  # fmt: skip


async def entries(
    connection: Connection, limit: int, after: UUID | None = None, about: str | None = None
) -> list[Entry]:
    """The lines after one of them, in order; with `about` only those on this object."""
    rows = await connection.fetch(_ENTRIES, after, about, limit)
    return [_entry(row) for row in rows]


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(**{**row, "details": json.loads(row["details"])})
