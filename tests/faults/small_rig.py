"""The smallest rig: the probe service in a process of its own, on a database and topics of its own.

It is for one fault at a time, with a guarantee whole or broken on purpose.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from deploy.embedded.programs import base_environment
from shared.bus.moments import Moment
from tandem_events import ParticipantRegistered
from tests.conftest import OpenRoom
from tests.faults import witness
from tests.faults.collector import published
from tests.faults.history import Applied, History
from tests.faults.run_service import ORDERS, SABOTAGE
from tests.support.databases import Databases
from tests.support.kafka import make_topics, read_all
from tests.support.probe import a_registration
from tests.support.room import Room
from tests.support.servers import Servers
from tests.support.until import until

TOPIC = ParticipantRegistered.topic.name
ROOT = Path(__file__).parents[2]


@dataclass
class SmallRig:
    """The probe, which can be told what to publish, started, and killed at a moment."""

    servers: Servers
    room: Room
    environment: dict[str, str]
    orders: Path
    process: asyncio.subprocess.Process | None = None

    async def tell(self, *events: ParticipantRegistered) -> None:
        """Commit events, in one unit, for the probe to publish and to take."""
        async with self.room.units.begin() as work:
            for event in events:
                work.publish(event)

    async def start(self) -> None:
        """Start the probe."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.run_service", "probe",
            cwd=ROOT, env=self.environment, stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def start_and_die_at(self, moment: Moment) -> None:
        """Start the probe and see it killed the first time that it reaches a moment."""
        self.orders.write_text(json.dumps([moment, 1]))
        await self.start()
        assert self.process
        assert await asyncio.wait_for(self.process.wait(), 30) == -9

    async def stop(self) -> None:
        """Stop the probe, if it runs."""
        if self.process and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()

    async def outbox_is_empty(self) -> None:
        """Wait until all has left."""
        await until(partial(self._yes, "SELECT NOT EXISTS (SELECT FROM bus.outbox)"), "all left")

    async def marks_take_effect(self) -> None:
        """Tell more, to every partition, and wait until that has taken effect: all before has."""
        marks = [a_registration() for _ in range(20)]
        await self.tell(*marks)
        subjects = "', '".join(mark.subject for mark in marks)
        query = f"SELECT count(*) >= 20 FROM witness.applied WHERE subject IN ('{subjects}')"  # noqa: S608
        await until(partial(self._yes, query), "the marks took effect")

    async def history(self) -> History:
        """What there is to check."""
        prefix = self.room.settings.topic_prefix
        records = await read_all(self.servers, prefix + TOPIC)
        history = History(readers={"probe": frozenset({prefix + TOPIC})})
        history.published = [published(record) for record in records]
        history.applied = [
            Applied("probe", prefix + TOPIC, str(row["event_id"]), row["source"], row["subject"],
                    row["sequence"])
            for row in await self.room.rows(witness.READ)
        ]  # fmt: skip
        for row in await self.room.rows("SELECT subject, sequence FROM bus.subject_sequence"):
            history.versions[self.room.settings.source, row["subject"]] = row["sequence"]
        for record in records:
            history.ends[record.topic, record.partition] = record.offset + 1
        for row in await self.room.rows("SELECT * FROM bus.inbox_position"):
            history.positions["probe", row["topic"], row["partition"]] = row["next_offset"]
        return history

    async def _yes(self, query: str) -> bool:
        return bool(await self.room.pool.fetchval(query))


@asynccontextmanager
async def small_rig(
    servers: Servers, databases: Databases, open_room: OpenRoom, folder: Path, sabotage: str = ""
) -> AsyncIterator[SmallRig]:
    """A rig whose probe is whole, or has one guarantee broken."""
    prefix = f"f{uuid4().hex[:8]}."
    make_topics(servers, prefix, {})
    room = await open_room("probe", TOPIC_PREFIX=prefix)
    await room.pool.execute(witness.CREATE)
    orders = folder / f"orders-{prefix}"
    database = room.settings.database_url.rpartition("/")[2]
    environment = {
        **base_environment(),
        **databases.environment("probe", database, {"TOPIC_PREFIX": prefix}),
        ORDERS: str(orders),
        SABOTAGE: sabotage,
    }
    rig = SmallRig(servers, room, environment, orders)
    try:
        yield rig
    finally:
        await rig.stop()
