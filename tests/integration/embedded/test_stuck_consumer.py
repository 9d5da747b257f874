"""A consumer that is really stuck, as a process of its own under the supervisor."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.embedded.programs import Program
from deploy.up.supervision import Supervisor
from tests.conftest import OpenRoom
from tests.integration.bus.spine import TOPIC, has, raw
from tests.support.databases import Databases
from tests.support.kafka import make_topics, send_raw
from tests.support.probe import AWAITS_FOR_EVER, BLOCKS_FOR_EVER, HANGS_WHILE, a_registration
from tests.support.room import Room
from tests.support.servers import Servers
from tests.support.until import until

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def room(servers: Servers, open_room: OpenRoom) -> Room:
    prefix = f"t{uuid4().hex[:8]}."
    make_topics(servers, prefix, {})
    return await open_room("probe", TOPIC_PREFIX=prefix)


@asynccontextmanager
async def supervised(
    room: Room, databases: Databases, hangs_while: Path
) -> AsyncIterator[Callable[[], int]]:
    """The probe's consumer under the supervisor; gives its process id, 0 while there is none."""
    database = room.settings.database_url.rpartition("/")[2]
    settings = {
        "TOPIC_PREFIX": room.settings.topic_prefix,
        "ROLES": "consume",
        "STUCK_AFTER_SECONDS": "9",
    }
    environment = databases.environment("probe", database, settings)
    environment |= {HANGS_WHILE: str(hangs_while), "PYTHONPATH": str(ROOT)}
    program = Program("probe", [sys.executable, "-m", "tests.support.probe"], environment)
    folder = hangs_while.parent
    supervisor = Supervisor(run_folder=folder / "run", log_folder=folder / "logs")
    supervisor.start([], [program])
    supervisor.start_services()
    try:
        yield lambda: supervisor.states()["probe"].pid
    finally:
        supervisor.stop()


class TestAStuckConsumer:
    @pytest.mark.parametrize("way", [BLOCKS_FOR_EVER, AWAITS_FOR_EVER])
    async def test_is_found_and_its_process_replaced_and_nothing_is_lost(
        self, room: Room, servers: Servers, databases: Databases, tmp_path: Path, way: str
    ) -> None:
        hangs = tmp_path / "hangs"
        hangs.touch()
        records = [raw(a_registration()), raw(a_registration(department=way))]
        await send_raw(servers, room.settings.topic_prefix + TOPIC, records)

        async with supervised(room, databases, hangs) as process:
            await until(lambda: _is(process() > 0), "it runs")
            stuck = process()
            await until(lambda: _is(process() not in {0, stuck}), "it is replaced", 90)
            hangs.unlink()
            await until(lambda: has(room, 2), "both events took effect", 60)

        log = (tmp_path / "logs" / "probe.log").read_text()
        assert "process.stuck" in log
        assert await room.pool.fetchval("SELECT max(times) FROM effect") == 1
        assert await room.rows("SELECT FROM bus.dead_letter") == []


async def _is(true: bool) -> bool:  # noqa: FBT001 - what it is called with is a comparison
    return true
