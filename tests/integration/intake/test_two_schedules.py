"""Two schedule processes that invite side by side, one of which is killed amid its work."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.embedded.programs import base_environment
from services.intake.store.campaigns import BATCH
from shared.clock import SteppingClock
from tests.integration.intake.company import call, programme_body, told
from tests.support.databases import Databases
from tests.support.room import NOON, Room
from tests.support.until import until

pytestmark = pytest.mark.timeout(120)

PEOPLE = 2 * BATCH
NINE = datetime(2026, 3, 16, 8, tzinfo=UTC)
TANDEM = str(Path(sys.executable).with_name("tandem"))

_STAFF = """
    INSERT INTO person (person_id, employee_number, name, email, department, seniority, time_zone,
                        locale, working_days, changed_at)
    SELECT gen_random_uuid(), n::text, 'Ana Lima', n || '@example.com', 'Sales', 2,
           'Europe/Berlin', 'en', '{1,2,3,4,5}', $1
    FROM generate_series(1, $2) AS n
"""

_WAITING_TO_WRITE = """
    SELECT count(*) FROM pg_locks
    WHERE relation = 'invitation'::regclass AND NOT granted AND mode = 'RowExclusiveLock'
"""

_TO_INVITE = "SELECT count(*) FROM invitee WHERE step IS NULL"


@asynccontextmanager
async def schedule(
    environment: dict[str, str], log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that only runs schedules, from its start until the block ends."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            TANDEM, "serve", "intake", env=environment, stdout=output, stderr=output
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


async def count(room: Room, query: str) -> int:
    [row] = await room.rows(query)
    number: int = row["count"]
    return number


class TestTwoSchedules:
    async def test_of_which_one_is_killed_open_once_and_invite_everybody_once(
        self, room: Room, databases: Databases, tmp_path: Path
    ) -> None:
        await room.rows(_STAFF, NOON, PEOPLE)
        body = programme_body(
            enrolment_opens_at=NINE.isoformat(), enrolment_closes_at="2026-04-10T12:00:00Z",
            starts_on="2026-04-15", opens_by_date=True,
            campaign={"announce_days_before": None},
        )  # fmt: skip
        await call(room, "POST", "/v1/programmes", body)
        clock = SteppingClock.start(tmp_path / "clock", NINE - timedelta(hours=1))
        database = room.settings.database_url.rpartition("/")[2]
        more = {"ROLES": "schedule", "SIMULATED_CLOCK": str(tmp_path / "clock")}
        environment = base_environment() | databases.environment("intake", database, more)

        async def both_have_claimed() -> bool:
            return await count(room, _WAITING_TO_WRITE) == 2

        async def everybody_is_invited() -> bool:
            return await count(room, _TO_INVITE) == 0

        async with AsyncExitStack() as running:
            first, second = [
                await running.enter_async_context(schedule(environment, tmp_path / f"{n}.log"))
                for n in range(2)
            ]
            async with room.pool.acquire() as connection, connection.transaction():
                await connection.execute("LOCK TABLE invitation IN SHARE MODE")
                clock.step(NINE)
                await until(both_have_claimed, "two claims side by side")
                first.kill()
                await first.wait()
            await until(everybody_is_invited, "an end of the work")

        assert (first.returncode, second.returncode) == (-signal.SIGKILL, 0)
        events = await told(room, "invitation-due")
        assert len(events) == len({event["person_id"] for event in events}) == PEOPLE
        assert {event["step"] for event in events} == {"invitation"}
        assert await count(room, "SELECT count(*) FROM invitation") == PEOPLE
        states = [event["state"] for event in await told(room, "programme-changed")]
        assert states == ["draft", "open"]
