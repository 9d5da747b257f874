"""The inbox: how far each topic has had effect here, and which events were taken lately."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from shared.database import Connection

_ENSURE_POSITIONS: LiteralString = """
    INSERT INTO bus.inbox_position (consumer_group, topic, partition, next_offset)
    SELECT $1, topic, partition, 0
    FROM unnest($2::text[], $3::int[]) AS p (topic, partition) ORDER BY topic, partition
    ON CONFLICT DO NOTHING
"""

_LOCK_POSITIONS: LiteralString = """
    SELECT topic, partition, next_offset FROM bus.inbox_position
    WHERE consumer_group = $1
        AND (topic, partition) IN (SELECT * FROM unnest($2::text[], $3::int[]))
    ORDER BY topic, partition FOR UPDATE
"""

_POSITIONS: LiteralString = """
    SELECT topic, partition, next_offset FROM bus.inbox_position WHERE consumer_group = $1
"""

_ADVANCE: LiteralString = """
    UPDATE bus.inbox_position AS held SET next_offset = p.next_offset
    FROM unnest($2::text[], $3::int[], $4::bigint[]) AS p (topic, partition, next_offset)
    WHERE held.consumer_group = $1 AND held.topic = p.topic AND held.partition = p.partition
"""

_REMEMBER: LiteralString = """
    INSERT INTO bus.inbox_event (event_id) SELECT unnest($1::uuid[])
    ON CONFLICT DO NOTHING RETURNING event_id
"""

_KEEP_INBOX: LiteralString = "SELECT bus.keep_inbox($1, $2)"


async def lock_positions(
    connection: Connection, group: str, partitions: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], int]:
    """Lock the group's place in each partition; returns the next offset that has no effect yet."""
    topics = [topic for topic, _ in partitions]
    numbers = [number for _, number in partitions]
    rows = await connection.fetch(_LOCK_POSITIONS, group, topics, numbers)
    if len(rows) < len(partitions):
        await connection.execute(_ENSURE_POSITIONS, group, topics, numbers)
        rows = await connection.fetch(_LOCK_POSITIONS, group, topics, numbers)
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def positions_of(connection: Connection, group: str) -> dict[tuple[str, int], int]:
    """The group's place in each partition: the next offset that has no effect yet."""
    rows = await connection.fetch(_POSITIONS, group)
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def advance_positions(
    connection: Connection, group: str, positions: Mapping[tuple[str, int], int]
) -> None:
    """Move the group's place in each partition; the caller holds the locks."""
    places = sorted(positions)
    await connection.execute(
        _ADVANCE,
        group,
        [topic for topic, _ in places],
        [number for _, number in places],
        [positions[place] for place in places],
    )


async def remember_events(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Note these events as taken; returns those that were not noted before."""
    rows = await connection.fetch(_REMEMBER, sorted(ids))
    return {row["event_id"] for row in rows}


async def keep_inbox(connection: Connection, at: datetime, memory: timedelta) -> None:
    """Make room for the coming days' event ids and forget those older than `memory`."""
    await connection.execute(_KEEP_INBOX, at, memory)
