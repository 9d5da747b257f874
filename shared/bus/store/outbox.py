"""The outbox: events that wait for the relay."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
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

_ADD_AGAIN: LiteralString = """
    INSERT INTO bus.outbox (id, lane, aggregatetype, aggregateid, type, payload, subject, sequence,
                            correlationid, causationid, traceparent, source, time)
    SELECT id, abs(hashtext(aggregateid) % $13), aggregatetype, aggregateid, type, payload, subject,
           sequence, correlationid, causationid, traceparent, $11, $12
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                $7::bigint[], $8::text[], $9::text[], $10::text[])
        WITH ORDINALITY AS d (id, aggregatetype, aggregateid, type, payload, subject, sequence,
                              correlationid, causationid, traceparent, place)
    ORDER BY place
"""

_LOCK_VERSIONS: LiteralString = """
    SELECT subject, sequence FROM bus.subject_sequence
    WHERE subject = ANY($1) ORDER BY subject FOR UPDATE
"""

_LOCK_LANES: LiteralString = """
    SELECT lane FROM bus.outbox_lane WHERE lane = ANY($1) FOR UPDATE SKIP LOCKED
"""

_WAITING: LiteralString = """
    SELECT position, id, aggregatetype, aggregateid, type, payload, source, subject, sequence,
           time, correlationid, causationid, traceparent
    FROM bus.outbox
    WHERE lane = ANY($1) AND aggregatetype <> ALL($3::text[])
        AND (aggregatetype, aggregateid) NOT IN (SELECT * FROM unnest($4::text[], $5::text[]))
    ORDER BY position LIMIT $2
"""

_DELETE: LiteralString = "DELETE FROM bus.outbox WHERE position = ANY($1::bigint[])"

_OLDEST: LiteralString = "SELECT count(*) FROM (SELECT FROM bus.outbox LIMIT $1) AS waiting"


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


async def lock_versions(connection: Connection, subjects: Sequence[str]) -> dict[str, int]:
    """The versions of these subjects, which nobody can raise until the transaction ends."""
    rows = await connection.fetch(_LOCK_VERSIONS, subjects)
    return {row["subject"]: row["sequence"] for row in rows}


async def add_again_to_outbox(
    connection: Connection, source: str, drafts: Sequence[tuple[Draft, int]], at: datetime
) -> None:
    """Put events into the outbox under versions that were told before; the caller holds these."""
    columns = [
        [draft.id for draft, _ in drafts],
        [draft.topic for draft, _ in drafts],
        [draft.key for draft, _ in drafts],
        [draft.type for draft, _ in drafts],
        [draft.payload for draft, _ in drafts],
        [draft.subject for draft, _ in drafts],
        [sequence for _, sequence in drafts],
        [draft.correlation_id for draft, _ in drafts],
        [draft.causation_id for draft, _ in drafts],
        [draft.traceparent for draft, _ in drafts],
    ]
    await connection.execute(_ADD_AGAIN, *columns, source, at, LANES)


async def lock_free_lanes(connection: Connection, wanted: Sequence[int]) -> list[int]:
    """Lock those of the wanted lanes that no other relay holds, until the transaction ends."""
    return [row["lane"] for row in await connection.fetch(_LOCK_LANES, wanted)]


async def waiting_events(
    connection: Connection,
    lanes: Sequence[int],
    limit: int,
    but_topics: Collection[str] = (),
    but_keys: Collection[tuple[str, str]] = (),
) -> list[asyncpg.Record]:
    """The oldest events of these lanes, in the order in which they must leave.

    Left out are those of some topics, and those of some keys, each named by topic and key.
    """
    topics = [topic for topic, _ in but_keys]
    keys = [key for _, key in but_keys]
    return list(await connection.fetch(_WAITING, lanes, limit, list(but_topics), topics, keys))


async def delete_published(connection: Connection, positions: Sequence[int]) -> None:
    """Take acknowledged events out of the outbox."""
    await connection.execute(_DELETE, positions)


async def keep_lanes(connection: Connection) -> None:
    """Keep the transaction that holds lanes from being taken for idle."""
    await connection.execute("SELECT")


async def count_waiting(connection: Connection, at_most: int) -> int:
    """How many events wait in the outbox, counted no further than `at_most`."""
    return int(await connection.fetchval(_OLDEST, at_most))
