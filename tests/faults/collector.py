"""Gathers a history from topics and databases, once everything has come to rest."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from aiokafka import ConsumerRecord

from deploy.services import SERVICES, topics_read_by
from tandem_events import TOPICS, Envelope
from tests.faults import witness
from tests.faults.history import Applied, Asked, History, Published
from tests.faults.plan import MENTOR_CAPACITY
from tests.faults.rig import Rig
from tests.faults.workload import Workload
from tests.support.kafka import read_all
from tests.support.servers import servers_of

SETTLING_IN = timedelta(days=14)
LATEST = timedelta(days=14)
WEDNESDAY, TEN = 2, 10
FIRST_YEAR, LAST_YEAR = 2026, 2035


async def collect(rig: Rig, workload: Workload) -> History:
    """Look at everything there is."""
    records = await read_all(servers_of(rig.servers), *(topic.name for topic in TOPICS))
    history = History(
        accepted=list(workload.accepted),
        published=[published(record) for record in records],
        readers={name: frozenset(t.name for t in topics_read_by(name)) for name in SERVICES},
    )
    for record in records:
        history.ends[record.topic, record.partition] = record.offset + 1
    for service in SERVICES:
        await _look_into(rig, service, history)
    rows = await rig.rows("notifications", "SELECT kind, subject_id, participant_id FROM delivery")
    history.deliveries = [(row[0], str(row[1]), str(row[2])) for row in rows]
    for data in history.facts("participant-registered"):
        if data["role"] == "mentor":
            history.capacities[data["participant_id"]] = MENTOR_CAPACITY
    history.due = expected(history, rig.clock.now())
    return history


async def _look_into(rig: Rig, service: str, history: History) -> None:
    for row in await rig.rows(service, witness.READ):
        history.applied.append(
            Applied(service, row["topic"], str(row["event_id"]), row["source"], row["subject"],
                    row["sequence"])
        )  # fmt: skip
    for row in await rig.rows(service, "SELECT subject, sequence FROM bus.subject_sequence"):
        history.versions[f"/tandem/local/{service}", row["subject"]] = row["sequence"]
    for row in await rig.rows(service, "SELECT * FROM bus.inbox_position"):
        place = (service, row["topic"], row["partition"])
        history.positions[place] = row["next_offset"]
    dead = await rig.rows(service, "SELECT header_names, header_values FROM bus.dead_letter")
    history.dead[service] = frozenset(
        dict(zip(row[0], row[1], strict=True)).get(b"ce_id", b"no id").decode() for row in dead
    )


def published(record: "ConsumerRecord[bytes, bytes]") -> Published:
    """A record as the checker takes it."""
    envelope = Envelope.from_headers(record.headers)
    return Published(
        record.topic, record.partition, record.offset, str(envelope.id), envelope.source,
        envelope.subject, envelope.sequence, json.loads(record.value) if record.value else None,
    )  # fmt: skip


def expected(history: History, now: datetime) -> list[Asked]:
    """Who had to be asked by now: both of each pair that lasts, from two weeks after its start.

    A pair that checkins heard of late may have missed a round by more than two weeks.
    Reckoned from the calendar alone, apart from the service's own rule.
    """
    zones = {d["participant_id"]: d["time_zone"] for d in history.facts("participant-registered")}
    made = {d["pair_id"]: d["made_at"] for d in history.facts("agreement-made")}
    ended = {data["pair_id"] for data in history.facts("pair-ended")}
    instants: Mapping[str, list[datetime]] = {
        zone: first_wednesdays(zone) for zone in zones.values()
    }
    due = []
    for pair in history.facts("pair-formed"):
        if pair["pair_id"] in ended:
            continue
        since = datetime.fromisoformat(pair["formed_at"]) + SETTLING_IN
        heard = datetime.fromisoformat(made.get(pair["pair_id"], pair["formed_at"]))
        for participant in (pair["mentor_id"], pair["mentee_id"]):
            due += [
                Asked(pair["pair_id"], participant, at)
                for at in instants[zones[participant]]
                if since <= at <= now and heard < at + LATEST
            ]
    return due


def first_wednesdays(zone: str) -> list[datetime]:
    """Ten o'clock of the first Wednesday of each month, there."""
    firsts = [date(y, m, 1) for y in range(FIRST_YEAR, LAST_YEAR + 1) for m in range(1, 13)]
    days = [first + timedelta(days=(WEDNESDAY - first.weekday()) % 7) for first in firsts]
    return [datetime(d.year, d.month, d.day, TEN, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            for d in days]  # fmt: skip
