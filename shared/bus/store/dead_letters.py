"""Dead letters: records that could not take effect, kept raw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from shared.database import Connection

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
