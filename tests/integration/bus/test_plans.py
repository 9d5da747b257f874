"""The spine's hot statements on filled tables: each finds its rows by an index."""

from datetime import UTC, datetime
from typing import LiteralString

import pytest

from shared.bus.store import inbox, outbox
from shared.ids import new_id
from tests.conftest import OpenRoom
from tests.support.room import Room

WAITING = 20_000
RECENT_IDS = 50_000

FILL_OUTBOX: LiteralString = """
    INSERT INTO bus.outbox (id, lane, aggregatetype, aggregateid, type, payload, source, subject,
                            sequence, time, correlationid, causationid, traceparent)
    SELECT uuidv7(), n % $2::int, 'topic', uuidv7(), 'type', '{}', '/source', uuidv7(), 1, now(),
           '', '', ''
    FROM generate_series(1, $1::int) AS n
"""
FILL_INBOX: LiteralString = """
    INSERT INTO bus.inbox_event
    SELECT uuidv7(- n * interval '2 days' / $1) FROM generate_series(1, $1::int) AS n
"""
FILL_POSITIONS: LiteralString = """
    INSERT INTO bus.inbox_position
    SELECT 'group', 'topic-' || topic, number, 0
    FROM generate_series(1, 200) AS topic, generate_series(0, 11) AS number
"""


@pytest.fixture
async def room(open_room: OpenRoom) -> Room:
    room = await open_room("probe")
    await room.pool.execute(FILL_OUTBOX, WAITING, outbox.LANES)
    await room.pool.execute(FILL_INBOX, RECENT_IDS)
    await room.pool.execute(FILL_POSITIONS)
    await room.pool.execute("ANALYZE")
    return room


class TestTheRelay:
    async def test_reads_what_waits_in_order_and_sorts_nothing(self, room: Room) -> None:
        lanes = list(range(outbox.LANES))

        plan = await room.plan(outbox._WAITING, lanes, 500, [], [], [])

        assert "Index Scan using outbox_pkey on outbox" in plan
        assert "Sort" not in plan

    async def test_deletes_by_position(self, room: Room) -> None:
        plan = await room.plan(outbox._DELETE, list(range(1, 100)))

        assert "outbox_pkey" in plan
        assert "Seq Scan" not in plan


class TestTheInbox:
    async def test_locks_its_places_by_the_primary_key(self, room: Room) -> None:
        plan = await room.plan(inbox._LOCK_POSITIONS, "group", ["topic-7", "topic-8"], [0, 1])

        assert "inbox_position_pkey" in plan
        assert "Seq Scan" not in plan

    async def test_puts_new_ids_into_the_partition_of_their_day_alone(self, room: Room) -> None:
        today = f"inbox_event_{datetime.now(UTC):%Y%m%d}"
        before = await entries_of(room)

        async with room.units.begin() as work:
            await inbox.remember_events(work.connection, [new_id() for _ in range(100)])

        after = await entries_of(room)
        assert {child for child in after if after[child] != before[child]} == {today}


async def entries_of(room: Room) -> dict[str, int]:
    """How many ids each partition holds."""
    rows = await room.rows(
        "SELECT tableoid::regclass::text AS child, count(*) FROM bus.inbox_event GROUP BY 1"
    )
    counts = {row["child"].removeprefix("bus."): row["count"] for row in rows}
    children = await room.rows(
        "SELECT relname FROM pg_class WHERE relname ~ '^inbox_event_[0-9]+$'"
    )
    return {row["relname"]: counts.get(row["relname"], 0) for row in children}
