"""The check-in row: a million pairs, a hundred thousand check-ins due at the same moment.

Two processes share the work, as in production: a schedule and a relay. The yardstick runs the same
statements bare: rows claimed and moved on, check-ins and outbox written, sent, deleted.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import asyncpg

from services.checkins.domain.rounds import Rhythm, moments
from services.checkins.handlers import BATCH
from services.checkins.store import calendar, turns
from shared.clock import SteppingClock
from shared.ids import new_id
from tandem_events import PARTITIONS, CheckinDue
from tests.bench.report import report
from tests.bench.stage import Stage, end, stage, start
from tests.support.databases import Databases
from tests.support.kafka import count_records
from tests.support.servers import Servers

PAIRS = 1_000_000
DUE = 100_000
ROUNDS = 3
ZONES = ("Europe/Vienna", "America/New_York", "Asia/Tokyo", "Australia/Sydney")
RHYTHM = Rhythm(1, 3, 10, date(2026, 1, 1), date(2026, 12, 31))
DUE_AT = datetime(2026, 4, 1, 8, tzinfo=UTC)
BEFORE = DUE_AT - timedelta(days=3)
START_SECONDS = 4.0
LONGEST_SECONDS = 300

Run: TypeAlias = Callable[[Stage], AbstractAsyncContextManager[None]]
LOOKS = 200

_FILL = (
    """
    INSERT INTO programme (programme_id, sequence, starts_on, ends_on, every_months, weekday, hour)
    VALUES ($1, 1, '2026-01-01', '2026-12-31', 1, 3, 10)
    """,
    """
    INSERT INTO pair (pair_id, programme_id, mentor_id, mentee_id, formed_at, begun_at)
    SELECT gen_random_uuid(), $1::uuid, gen_random_uuid(), gen_random_uuid(), at, at
    FROM generate_series(1, {pairs}), (VALUES ('2026-01-01Z'::timestamptz)) AS formed (at)
    """,
    """
    INSERT INTO turn (pair_id, participant_id, side, partner_id, programme_id, formed_at, time_zone,
                      last_round, next_round, due_at)
    SELECT pair_id, mentor_id, 'mentor', mentee_id, $1::uuid, formed_at, 'Asia/Tokyo', 24314, 24315,
           '2026-04-01 01:00Z'::timestamptz + interval '1 day'
    FROM pair
    UNION ALL
    SELECT pair_id, mentee_id, 'mentee', mentor_id, $1::uuid, formed_at, 'Europe/Vienna', 24314,
           24315, '2026-04-01 08:00Z'::timestamptz
               + CASE WHEN row_number() OVER () <= {due} THEN interval '0' ELSE interval '1 day' END
    FROM pair
    """,
)


async def measure_checkins(servers: Servers, databases: Databases) -> None:
    """Report `checkins.due_seconds` against the yardstick, and `checkins.idle_scan_ms`."""
    ours, yardsticks = [], []
    for _ in range(ROUNDS):
        yardsticks.append(await _round(servers, databases, _yardstick))
        ours.append(await _round(servers, databases, _ours))
    value, yardstick = statistics.median(ours), statistics.median(yardsticks)
    report("checkins.due_seconds", value, "s", yardstick)
    async with _filled(servers, databases, SIMULATED_CLOCK="") as (_, _settings, watcher):
        report("checkins.idle_scan_ms", await _idle_scan(watcher), "ms")


async def _round(servers: Servers, databases: Databases, run: Run) -> float:
    """Seconds from the due moment until all check-ins are on Kafka."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clock"
        clock = SteppingClock.start(file, BEFORE)
        async with _filled(servers, databases, SIMULATED_CLOCK=str(file)) as made, run(made):
            await asyncio.sleep(START_SECONDS)
            topic = made[1].topic_prefix + CheckinDue.topic.name
            admin = servers.admin_client()
            began = time.perf_counter()
            clock.step(DUE_AT)
            async with asyncio.timeout(LONGEST_SECONDS):
                while count_records(admin, topic) < DUE:  # noqa: ASYNC110 - other processes send
                    await asyncio.sleep(0.1)
            return time.perf_counter() - began


@asynccontextmanager
async def _ours(made: Stage) -> AsyncIterator[None]:
    environment, _settings, _ = made
    serve = [str(Path(sys.executable).with_name("tandem")), "serve", "checkins"]
    parts = [await start(serve, environment | {"TANDEM_ROLES": r}) for r in ("schedule", "relay")]
    yield
    await end(parts)


@asynccontextmanager
async def _yardstick(made: Stage) -> AsyncIterator[None]:
    environment, _settings, _ = made
    parts = [
        await start(["-m", "tests.bench.yardstick", part], environment)
        for part in ("schedule", "relay")
    ]
    yield
    await end(parts)


@asynccontextmanager
async def _filled(servers: Servers, databases: Databases, **settings: str) -> AsyncIterator[Stage]:
    """A database with a million active pairs, a hundred thousand of them due at one moment."""
    given = {name: value for name, value in settings.items() if value}
    async with stage(
        servers, databases, "checkins", CheckinDue, DUE, partitions=PARTITIONS, **given
    ) as made:
        await _fill(made[2])
        yield made


async def _fill(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    programme = new_id()
    for statement in _FILL:
        await connection.execute(statement.format(pairs=PAIRS, due=DUE), programme, timeout=600)
    rows = [(zone, moment) for zone in ZONES for moment in moments(RHYTHM, zone)]
    await connection.execute(
        calendar._PUT_MOMENTS,
        [programme] * len(rows),
        [zone for zone, _ in rows],
        [moment.round for _, moment in rows],
        [moment.local_at for _, moment in rows],
        [moment.due_at for _, moment in rows],
        [moment.asked_until for _, moment in rows],
    )
    await connection.execute("VACUUM ANALYZE", timeout=600)


async def _idle_scan(connection: "asyncpg.Connection[asyncpg.Record]") -> float:
    """The median milliseconds of looking for due turns where none is."""
    statement = await connection.prepare(turns._CLAIM)
    spent = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        assert await statement.fetch(BEFORE, BATCH) == []
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)
