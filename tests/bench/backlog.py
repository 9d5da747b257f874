"""The spine after a bad day: a million events wait in the outbox, ten million ids in the inbox.

The yardstick of each figure is the same work on an empty table, in the same run.
"""

import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import asyncpg

from shared.bus.store import inbox, outbox
from shared.ids import new_id
from tandem_events import ParticipantRegistered
from tests.bench.report import report
from tests.bench.stage import Stage, stage
from tests.support.databases import Databases
from tests.support.probe import a_registration
from tests.support.servers import Servers

WAITING = 1_000_000
RECENT_IDS = 10_000_000
DAYS = 7
RELAY_BATCH = 2000
INBOX_BATCH = 1000
LOOKS = 50
JUST_ENOUGH = RELAY_BATCH * LOOKS

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_FILL_OUTBOX = """
    INSERT INTO bus.outbox (id, lane, aggregatetype, aggregateid, type, payload, source, subject,
                            sequence, time, correlationid, causationid, traceparent)
    SELECT uuidv7(), n % $3::int, 'topic', uuidv7(), 'tandem.participant-registered', $1,
           '/tandem/local/probe', uuidv7(), 1, now(), 'c', 'c', '00-0-0-01'
    FROM generate_series(1, $2::int) AS n
"""

_FILL_INBOX = """
    INSERT INTO bus.inbox_event
    SELECT uuidv7(- n * make_interval(days => $2) / $1)
    FROM generate_series(1, $1::int) AS n ORDER BY n DESC
    ON CONFLICT DO NOTHING
"""


async def measure_outbox(servers: Servers, databases: Databases) -> None:
    """Report `outbox.claim_ms`: one relay batch claimed and deleted, a million behind it."""
    payload = a_registration().model_dump_json()
    async with _stage(servers, databases) as (_, _settings, connection):
        await connection.execute(_FILL_OUTBOX, payload, JUST_ENOUGH, outbox.LANES)
        few = await _median(connection, _claim_batch)
        await connection.execute(_FILL_OUTBOX, payload, WAITING, outbox.LANES, timeout=600)
        report("outbox.claim_ms", await _median(connection, _claim_batch), "ms", few)


async def measure_inbox(servers: Servers, databases: Databases) -> None:
    """Report `inbox.remember_ms`: a batch of new ids, ten million of a week beside them."""
    async with _stage(servers, databases) as (_, _settings, connection):
        await _keep(connection, datetime.now(UTC))
        empty = await _median(connection, _remember_batch)
        for day in range(DAYS, -1, -1):
            await _keep(connection, datetime.now(UTC) - timedelta(days=day))
        await connection.execute(_FILL_INBOX, RECENT_IDS, DAYS, timeout=1200)
        await connection.execute("ANALYZE bus.inbox_event", timeout=600)
        report("inbox.remember_ms", await _median(connection, _remember_batch), "ms", empty)


async def _claim_batch(connection: Connection) -> None:
    lanes = await outbox.lock_free_lanes(connection, range(outbox.LANES))
    events = await outbox.waiting_events(connection, lanes, RELAY_BATCH)
    assert len(events) == RELAY_BATCH
    await outbox.delete_published(connection, [event["position"] for event in events])


async def _remember_batch(connection: Connection) -> None:
    ids = [new_id() for _ in range(INBOX_BATCH)]
    assert await inbox.remember_events(connection, ids) == set(ids)


async def _median(connection: Connection, act: Callable[[Connection], Awaitable[None]]) -> float:
    """The median milliseconds of a transaction that does this."""
    spent = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        async with connection.transaction():
            await act(connection)
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)


async def _keep(connection: Connection, at: datetime) -> None:
    await inbox.keep_inbox(connection, at, timedelta(days=DAYS + 1))


def _stage(servers: Servers, databases: Databases) -> AbstractAsyncContextManager[Stage]:
    return stage(servers, databases, "probe", ParticipantRegistered, 0)
