"""The yardstick: the spine's work done bare, with asyncpg and aiokafka alone.

The same rows, bytes, headers and inbox insert, in three processes with the same batches; none of
our classes, no validation, no sorting of failures. Only what makes
bare code faster is shared with ours: the event loop and the garbage collector's settings. Run as
`python -m tests.bench.yardstick PART` with what `tests.bench.spine` puts into the environment.
"""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.checkins.domain.rounds import SETTLING_IN
from services.checkins.handlers import BATCH
from services.checkins.store import checkins, turns
from shared.bus.store.outbox import _ADD_TO_OUTBOX, LANES
from shared.clock import SteppingClock
from shared.ids import new_id
from shared.process import run_until_done
from tests.bench.spine import an_event
from tests.bench.stage import Bench, wait_for_go

FILL_SECONDS = 0.02
"""A relay that lets its batch fill does more events a second; ours is woken at once instead."""

PLANS = {"plan_cache_mode": "force_custom_plan"}
"""A plan made for the empty outbox deletes 2,000 rows in 130 ms instead of one."""

BENCH = Bench.from_environment(os.environ)
EFFECT = """
    INSERT INTO effect AS held (subject, sequence, capacity, times)
    SELECT *, 1 FROM unnest($1::text[], $2::bigint[], $3::int[])
    ON CONFLICT (subject) DO UPDATE SET times = held.times + 1,
        sequence = greatest(held.sequence, excluded.sequence),
        capacity = CASE WHEN excluded.sequence > held.sequence
            THEN excluded.capacity ELSE held.capacity END
"""


async def write() -> None:
    """Insert rows into the outbox, one transaction per batch."""
    connection = await asyncpg.connect(BENCH.dsn, server_settings=PLANS)
    events = [an_event() for _ in range(BENCH.events)]
    payloads = [event.model_dump_json() for event in events]
    keys = [event.key for event in events]
    wait_for_go()
    topic, event_type = BENCH.topic, events[0].topic.event_type
    for begin in range(0, len(events), BENCH.write_batch):
        size = len(keys[begin : begin + BENCH.write_batch])
        part = slice(begin, begin + size)
        story = [str(new_id())] * size
        await connection.execute(
            _ADD_TO_OUTBOX, [new_id() for _ in range(size)], [topic] * size, keys[part],
            [event_type] * size, payloads[part], keys[part], story, story, ["00-0-0-01"] * size,
            "/tandem/local/probe", datetime.now(UTC), LANES,
        )  # fmt: skip


async def schedule() -> None:
    """Claim due turns and move them on, write check-ins and outbox; a transaction per batch."""
    connection = await asyncpg.connect(BENCH.dsn, server_settings=PLANS)
    clock = SteppingClock(Path(os.environ["TANDEM_SIMULATED_CLOCK"]))
    left = BENCH.events
    while left:
        now = clock.now()
        async with connection.transaction():
            claimed = await connection.fetch(turns._CLAIM, now, BATCH)
            rows = await connection.fetch(
                turns._MOVE_ON, SETTLING_IN, now, [row["pair_id"] for row in claimed],
                [row["participant_id"] for row in claimed],
            ) if claimed else []  # fmt: skip
            if rows:
                await _ask(connection, rows, now)
        left -= len(rows)
        if not rows:
            await asyncio.sleep(0.002)


async def _ask(connection, rows, now) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    ids = [new_id() for _ in rows]
    pairs = [row["pair_id"] for row in rows]
    columns = [[row[name] for row in rows] for name in ("programme_id", "participant_id",
               "partner_id", "round", "due_at")]  # fmt: skip
    await connection.execute(checkins._ANNOUNCE, ids, pairs, *columns, now)
    payloads = [
        json.dumps({
            "checkin_id": str(id_), "pair_id": str(row["pair_id"]),
            "programme_id": str(row["programme_id"]), "participant_id": str(row["participant_id"]),
            "side": row["side"], "partner_id": str(row["partner_id"]), "round": row["round"],
            "due_at": row["due_at"].isoformat(),
        }) for id_, row in zip(ids, rows, strict=True)
    ]  # fmt: skip
    size, story = len(rows), [str(new_id())] * len(rows)
    await connection.execute(
        _ADD_TO_OUTBOX, [new_id() for _ in rows], [BENCH.topic] * size, [str(p) for p in pairs],
        ["tandem.checkin-due"] * size, payloads, [str(id_) for id_ in ids], story, story,
        ["00-0-0-01"] * size, "/tandem/local/checkins", now, LANES,
    )  # fmt: skip


async def relay() -> None:
    """Select, send, delete."""
    connection = await asyncpg.connect(BENCH.dsn, server_settings=PLANS)
    producer = AIOKafkaProducer(
        **BENCH.kafka, acks="all", enable_idempotence=True, max_batch_size=256 * 1024
    )
    await producer.start()
    left = BENCH.events
    while left:
        async with connection.transaction():
            rows = await connection.fetch(
                "SELECT * FROM bus.outbox ORDER BY position LIMIT $1", BENCH.relay_batch
            )
            futures = [await producer.send(r["aggregatetype"], r["payload"].encode(),
                       r["aggregateid"].encode(), headers=_headers(r)) for r in rows]  # fmt: skip
            await asyncio.gather(*futures)
            await connection.execute(
                "DELETE FROM bus.outbox WHERE position = ANY($1::bigint[])",
                [row["position"] for row in rows],
            )
        left -= len(rows)
        if len(rows) < BENCH.relay_batch:
            await asyncio.sleep(FILL_SECONDS)
    await producer.stop()


async def consume() -> None:
    """Fetch, note the ids, write the effects, step on, acknowledge."""
    connection = await asyncpg.connect(BENCH.dsn, server_settings=PLANS)
    consumer = AIOKafkaConsumer(
        BENCH.topic, **BENCH.kafka, group_id=f"{BENCH.topic}.yardstick",
        auto_offset_reset="earliest", enable_auto_commit=False,
    )  # fmt: skip
    await consumer.start()
    left = BENCH.events
    while left:
        batch = await consumer.getmany(timeout_ms=10, max_records=BENCH.consume_batch)
        records = [record for part in batch.values() for record in part]
        if not records:
            continue
        await _take(connection, records)
        await consumer.commit()
        left -= len(records)
    await consumer.stop()


async def _take(connection, records) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    headers = [dict(record.headers) for record in records]
    values = [json.loads(record.value) for record in records]
    ends = {(record.topic, record.partition): record.offset + 1 for record in records}
    async with connection.transaction():
        await connection.executemany(
            "INSERT INTO bus.inbox_position VALUES ('yardstick', $1, $2, $3) "
            "ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET next_offset = $3",
            [(topic, number, end) for (topic, number), end in ends.items()],
        )
        await connection.fetch(
            "INSERT INTO bus.inbox_event SELECT unnest($1::uuid[]) "
            "ON CONFLICT DO NOTHING RETURNING event_id",
            [header["ce_id"].decode() for header in headers],
        )
        await connection.execute(
            EFFECT,
            [header["ce_subject"].decode() for header in headers],
            [int(header["ce_sequence"]) for header in headers],
            [value["capacity"] for value in values],
        )


def _headers(row) -> list[tuple[str, bytes]]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(row["id"]).encode()),
        ("ce_source", row["source"].encode()),
        ("ce_type", row["type"].encode()),
        ("ce_time", row["time"].isoformat().encode()),
        ("ce_subject", row["subject"].encode()),
        ("ce_sequence", str(row["sequence"]).encode()),
        ("ce_correlationid", row["correlationid"].encode()),
        ("ce_causationid", row["causationid"].encode()),
        ("content-type", b"application/json"),
        ("traceparent", row["traceparent"].encode()),
    ]


if __name__ == "__main__":
    parts = {"write": write, "schedule": schedule, "relay": relay, "consume": consume}
    run_until_done(parts[sys.argv[1]]())
