"""The witness: every event that took effect in a service, in the order in which it did.

It is written in the transaction of the effect itself, so it can't say otherwise than is true.
"""

from collections.abc import Sequence
from typing import LiteralString

import asyncpg

from shared.bus.reactions import Reactions
from shared.bus.work import Work
from tandem_events import Received

CREATE: LiteralString = """
    CREATE SCHEMA IF NOT EXISTS witness;
    CREATE TABLE IF NOT EXISTS witness.applied (
        serial bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id uuid NOT NULL, topic text NOT NULL, source text NOT NULL,
        subject text NOT NULL, sequence bigint NOT NULL
    );
"""

_WRITE: LiteralString = """
    INSERT INTO witness.applied (event_id, topic, source, subject, sequence)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[])
"""

READ: LiteralString = "SELECT * FROM witness.applied ORDER BY serial"


async def prepare(dsn: str) -> None:
    """Make room for the witness in a service's database, as the service's own role."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(CREATE)
    finally:
        await connection.close()


def watch(reactions: Reactions) -> None:
    """Let each batch that a service takes be witnessed."""
    react = reactions.react

    async def react_and_tell(received: Sequence[Received], work: Work) -> None:
        await react(received, work)
        envelopes = [item.envelope for item in received]
        await work.connection.execute(
            _WRITE,
            [envelope.id for envelope in envelopes],
            [item.event_class.topic.name for item in received],
            [envelope.source for envelope in envelopes],
            [envelope.subject for envelope in envelopes],
            [envelope.sequence for envelope in envelopes],
        )

    reactions.react = react_and_tell  # type: ignore[method-assign]
