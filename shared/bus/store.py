"""All SQL of the spine. Tables live in the schema `bus` of each service's own database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import asyncpg

from shared.database import Connection

LANES = 8
"""Outbox rows are spread over as many lanes; a relay that holds a lane keeps its order."""

_ADD_TO_OUTBOX: LiteralString = """
    WITH draft AS (
        SELECT *
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                    $7::text[], $8::text[], $9::text[])
            WITH ORDINALITY AS d (id, aggregatetype, aggregateid, type, payload, subject,
                                  correlationid, causationid, traceparent, place)
    ), numbered AS (
        SELECT draft.*, row_number() OVER (PARTITION BY subject ORDER BY place) AS version,
               count(*) OVER (PARTITION BY subject) AS versions
        FROM draft
    ), counted AS (
        INSERT INTO bus.subject_sequence AS held (subject, sequence)
        SELECT subject, count(*) FROM draft GROUP BY subject ORDER BY subject
        ON CONFLICT (subject) DO UPDATE SET sequence = held.sequence + excluded.sequence
        RETURNING subject, sequence
    )
    INSERT INTO bus.outbox (id, lane, aggregatetype, aggregateid, type, payload, source, subject,
                            sequence, time, correlationid, causationid, traceparent)
    SELECT id, abs(hashtext(aggregateid) % $12), aggregatetype, aggregateid, type, payload, $10,
           subject, counted.sequence - versions + version, $11, correlationid, causationid,
           traceparent
    FROM numbered JOIN counted USING (subject)
    ORDER BY place
"""

_LOCK_LANES: LiteralString = """
    SELECT lane FROM bus.outbox_lane WHERE lane = ANY($1) FOR UPDATE SKIP LOCKED
"""

_WAITING: LiteralString = """
    SELECT position, id, aggregatetype, aggregateid, type, payload, source, subject, sequence,
           time, correlationid, causationid, traceparent
    FROM bus.outbox WHERE lane = ANY($1) ORDER BY position LIMIT $2
"""

_DELETE: LiteralString = "DELETE FROM bus.outbox WHERE position = ANY($1::bigint[])"

_OLDEST: LiteralString = "SELECT count(*) FROM (SELECT FROM bus.outbox LIMIT $1) AS waiting"

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

_BURY: LiteralString = """
    INSERT INTO bus.dead_letter (id, consumer_group, topic, partition, record_offset, record_key,
                                 header_names, header_values, record_value, problem, died_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (consumer_group, topic, partition, record_offset)
    DO UPDATE SET times = bus.dead_letter.times + 1, problem = excluded.problem
"""

_DIED_SINCE: LiteralString = """
    SELECT count(*) FROM bus.dead_letter WHERE consumer_group = $1 AND died_at > $2
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event on its way into the outbox; the database gives it its sequence.

    Attributes:
        payload: The event's JSON, or None for a tombstone.
    """

    id: UUID
    topic: str
    key: str
    type: str
    payload: str | None
    subject: str
    correlation_id: str
    causation_id: str
    traceparent: str


@dataclass(frozen=True, slots=True)
class Burial:
    """A record that can't take effect: raw, with its place and what is wrong with it."""

    id: UUID
    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    value: bytes | None
    problem: str


async def add_to_outbox(
    connection: Connection, source: str, drafts: Sequence[Draft], at: datetime
) -> None:
    """Give each draft the next sequence of its subject and put it into the outbox, in order.

    The subject's row stays locked until the commit, so a subject's events leave in the order
    of their sequence.
    """
    columns = [
        [draft.id for draft in drafts],
        [draft.topic for draft in drafts],
        [draft.key for draft in drafts],
        [draft.type for draft in drafts],
        [draft.payload for draft in drafts],
        [draft.subject for draft in drafts],
        [draft.correlation_id for draft in drafts],
        [draft.causation_id for draft in drafts],
        [draft.traceparent for draft in drafts],
    ]
    await connection.execute(_ADD_TO_OUTBOX, *columns, source, at, LANES)


async def lock_free_lanes(connection: Connection, wanted: Sequence[int]) -> list[int]:
    """Lock those of the wanted lanes that no other relay holds, until the transaction ends."""
    return [row["lane"] for row in await connection.fetch(_LOCK_LANES, wanted)]


async def waiting_events(
    connection: Connection, lanes: Sequence[int], limit: int
) -> list[asyncpg.Record]:
    """The oldest events of these lanes, in the order in which they must leave."""
    return list(await connection.fetch(_WAITING, lanes, limit))


async def delete_published(connection: Connection, positions: Sequence[int]) -> None:
    """Take acknowledged events out of the outbox."""
    await connection.execute(_DELETE, positions)


async def count_waiting(connection: Connection, at_most: int) -> int:
    """How many events wait in the outbox, counted no further than `at_most`."""
    return int(await connection.fetchval(_OLDEST, at_most))


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


async def bury(connection: Connection, group: str, burials: Sequence[Burial], at: datetime) -> None:
    """Keep records that can't take effect as dead letters."""
    await connection.executemany(_BURY, [_burial_row(group, burial, at) for burial in burials])


async def count_died_since(connection: Connection, group: str, since: datetime) -> int:
    """How many dead letters the group has had since then."""
    return int(await connection.fetchval(_DIED_SINCE, group, since))


def _burial_row(group: str, burial: Burial, at: datetime) -> tuple[object, ...]:
    names = [name.encode(errors="surrogatepass") for name, _ in burial.headers]
    values = [value for _, value in burial.headers]
    return (
        burial.id, group, burial.topic, burial.partition, burial.offset, burial.key,
        names, values, burial.value, burial.problem, at,
    )  # fmt: skip
