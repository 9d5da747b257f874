"""Dead letters: records that could not take effect, kept raw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

import asyncpg

from shared.database import Connection

_BURY: LiteralString = """
    INSERT INTO bus.dead_letter (id, consumer_group, topic, partition, record_offset, record_key,
                                 header_names, header_values, record_value, problem, died_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (consumer_group, topic, partition, record_offset)
    DO UPDATE SET times = bus.dead_letter.times + 1, problem = excluded.problem,
                  state = 'waiting', settled_at = NULL, settled_by = NULL
"""

_WAITING_SINCE: LiteralString = """
    SELECT count(*) FROM bus.dead_letter
    WHERE consumer_group = $1 AND died_at > $2 AND state = 'waiting'
"""

_FACTS: LiteralString = """
    SELECT id, topic, partition, record_offset AS "offset", problem, times, died_at, state,
           settled_at, settled_by
    FROM bus.dead_letter
    WHERE ($1::uuid IS NULL OR id > $1) AND ($2::text IS NULL OR state = $2)
        AND ($3::text IS NULL OR topic = $3)
    ORDER BY id LIMIT $4
"""

_WHOLE: LiteralString = """
    SELECT id, topic, partition, record_offset AS "offset", problem, times, died_at, state,
           settled_at, settled_by, record_key, header_names, header_values, record_value
    FROM bus.dead_letter WHERE id = $1
"""

_LOCK: LiteralString = "SELECT state FROM bus.dead_letter WHERE id = $1 FOR UPDATE"

_SETTLE: LiteralString = """
    UPDATE bus.dead_letter SET state = $2, settled_at = $3, settled_by = $4 WHERE id = $1
"""

_FAIL_AGAIN: LiteralString = """
    UPDATE bus.dead_letter SET times = times + 1, problem = $2 WHERE id = $1
"""

_FORGET: LiteralString = "DELETE FROM bus.dead_letter WHERE settled_at < $1"


class State(StrEnum):
    """What has become of a dead letter."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


class NoSuchDeadLetter(LookupError):
    """There is no dead letter with this id."""

    def __init__(self, letter_id: UUID) -> None:
        self.letter_id = letter_id
        super().__init__(f"There is no dead letter {letter_id} here.")


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


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a dead letter, without the record itself.

    Attributes:
        problem: Why it could not take effect, the last time that it was tried.
        times: How often it was tried: once by the consumer, then by operators.
        settled_at: When it was replayed or discarded.
        settled_by: The opaque subject of whoever did that.
    """

    id: UUID
    topic: str
    partition: int
    offset: int
    problem: str
    times: int
    died_at: datetime
    state: State
    settled_at: datetime | None
    settled_by: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter with its record as it was on Kafka.

    A header's name that is not UTF-8 holds its bytes as lone surrogates (PEP 383).
    """

    facts: Facts
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None


async def bury(connection: Connection, group: str, burials: Sequence[Burial], at: datetime) -> None:
    """Keep records that can't take effect as dead letters."""
    await connection.executemany(_BURY, [_burial_row(group, burial, at) for burial in burials])


async def count_waiting_since(connection: Connection, group: str, since: datetime) -> int:
    """How many of the dead letters that the group has had since then still wait."""
    return int(await connection.fetchval(_WAITING_SINCE, group, since))


async def facts(
    connection: Connection,
    limit: int,
    *,
    after: UUID | None = None,
    state: State | None = None,
    topic: str | None = None,
) -> list[Facts]:
    """Dead letters in the order in which they died, without their records."""
    rows = await connection.fetch(_FACTS, after, state, topic, limit)
    return [_facts_of(row) for row in rows]


async def get(connection: Connection, letter_id: UUID) -> Letter:
    """A dead letter with its record.

    Raises:
        NoSuchDeadLetter: There is none with this id.
    """
    row = await connection.fetchrow(_WHOLE, letter_id)
    if row is None:
        raise NoSuchDeadLetter(letter_id)
    names = [name.decode(errors="surrogateescape") for name in row["header_names"]]
    headers = tuple(zip(names, row["header_values"], strict=True))
    return Letter(_facts_of(row), row["record_key"], headers, row["record_value"])


async def lock(connection: Connection, letter_id: UUID) -> State:
    """Keep others from settling it until the transaction ends; returns its state.

    Raises:
        NoSuchDeadLetter: There is none with this id.
    """
    state = await connection.fetchval(_LOCK, letter_id)
    if state is None:
        raise NoSuchDeadLetter(letter_id)
    return State(state)


async def settle(
    connection: Connection, letter_id: UUID, state: State, at: datetime, by: str
) -> None:
    """Remember that it was replayed or discarded; the caller has locked it."""
    await connection.execute(_SETTLE, letter_id, state, at, by)


async def fail_again(connection: Connection, letter_id: UUID, problem: str) -> None:
    """Remember one more try that came to nothing, and why."""
    await connection.execute(_FAIL_AGAIN, letter_id, problem)


async def forget_settled(connection: Connection, before: datetime) -> None:
    """Delete what was replayed or discarded before then: its record may hold what is personal."""
    await connection.execute(_FORGET, before)


def _facts_of(row: asyncpg.Record) -> Facts:
    return Facts(**{name: row[name] for name in Facts.__slots__} | {"state": State(row["state"])})


def _burial_row(group: str, burial: Burial, at: datetime) -> tuple[object, ...]:
    names = [name.encode(errors="surrogateescape") for name, _ in burial.headers]
    values = [value for _, value in burial.headers]
    return (
        burial.id, group, burial.topic, burial.partition, burial.offset, burial.key,
        names, values, burial.value, burial.problem, at,
    )  # fmt: skip
