"""Two schedule processes side by side, and one of them killed amid its work."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.embedded.programs import base_environment
from services.checkins.handlers import BATCH
from shared.clock import SteppingClock
from tests.integration.checkins.couples import (
    APRIL,
    FIRST_DUE,
    PROGRAMME,
    Couple,
    a_programme,
    tell,
    told,
)
from tests.support.databases import Databases
from tests.support.room import Room
from tests.support.until import until

pytestmark = pytest.mark.timeout(120)

PAIRS = 2 * BATCH
TANDEM = str(Path(sys.executable).with_name("tandem"))

_PAIRS = """
    INSERT INTO pair (pair_id, programme_id, mentor_id, mentee_id, formed_at, begun_at)
    SELECT gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), $2, $2
    FROM generate_series(1, $3)
"""

_TURNS = """
    INSERT INTO turn (pair_id, participant_id, side, partner_id, programme_id, formed_at,
                      time_zone, next_round, due_at)
    SELECT pair_id, mentor_id, 'mentor', mentee_id, $1, formed_at, 'Europe/Vienna', $2, $3
    FROM pair ON CONFLICT DO NOTHING
"""

_WAITING_TO_WRITE = """
    SELECT count(*) FROM pg_locks
    WHERE relation = 'checkin'::regclass AND NOT granted AND mode = 'RowExclusiveLock'
"""


@asynccontextmanager
async def schedule(
    environment: dict[str, str], log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that only asks, from its start until the block ends."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            TANDEM, "serve", "checkins", env=environment, stdout=output, stderr=output
        )

    async def has_started() -> bool:
        return "service.started" in await asyncio.to_thread(log.read_text)

    try:
        await until(has_started, f"a start of {log.name}")
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def nobody_can_write_checkins(room: Room) -> AsyncIterator[None]:
    """Schedules get as far as having claimed their turns."""
    async with room.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE checkin IN SHARE MODE")
        yield


async def count(room: Room, query: str, *values: object) -> int:
    [row] = await room.rows(query, *values)
    number: int = row["count"]
    return number


@pytest.fixture
async def filled(room: Room) -> Room:
    """Mentors of many pairs, to be asked at the same moment in two units for each of two."""
    await tell(room, a_programme(), *Couple().story())
    await room.rows(_PAIRS, PROGRAMME, FIRST_DUE - timedelta(days=30), PAIRS)
    await room.rows(_TURNS, PROGRAMME, APRIL, FIRST_DUE)
    return room


class TestTwoSchedules:
    async def test_of_which_one_is_killed_miss_and_double_nothing(
        self, filled: Room, databases: Databases, tmp_path: Path
    ) -> None:
        turns = await count(filled, "SELECT count(*) FROM turn")
        clock = SteppingClock.start(tmp_path / "clock", FIRST_DUE - timedelta(hours=1))
        database = filled.settings.database_url.rpartition("/")[2]
        more = {"ROLES": "schedule", "SIMULATED_CLOCK": str(tmp_path / "clock")}
        environment = base_environment() | databases.environment("checkins", database, more)

        async def both_have_claimed() -> bool:
            return await count(filled, _WAITING_TO_WRITE) == 2

        async def nothing_is_due() -> bool:
            query = "SELECT count(*) FROM turn WHERE next_round = $1"
            return await count(filled, query, APRIL) == 0

        async with AsyncExitStack() as running:
            first, second = [
                await running.enter_async_context(schedule(environment, tmp_path / f"{n}.log"))
                for n in range(2)
            ]
            async with nobody_can_write_checkins(filled):
                clock.step(FIRST_DUE)
                await until(both_have_claimed, "two claims side by side")
                first.kill()
                await first.wait()
            await until(nothing_is_due, "an end of the work")

        assert (first.returncode, second.returncode) == (-signal.SIGKILL, 0)
        events = await told(filled, "checkin-due")
        asked = {(event["pair_id"], event["participant_id"]) for event in events}
        assert len(events) == len(asked) == turns
        assert await count(filled, "SELECT count(*) FROM checkin") == turns
        assert {event["round"] for event in events} == {APRIL}
