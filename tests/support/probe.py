"""The probe: the smallest service, to test the spine without any service's own rules."""

import asyncio
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from shared.bus.reactions import Reactions, Told, latest_per_subject
from shared.bus.work import Work
from shared.ids import new_id
from shared.process import run_until_done
from shared.service import Service
from shared.settings import ServiceSettings
from tandem_events import ParticipantRegistered, Profile

BUG = "a bug waits here"
BLOCKS_FOR_EVER = "blocks for ever"
AWAITS_FOR_EVER = "awaits for ever"
HANGS_WHILE = "PROBE_HANGS_WHILE"
"""The variable that names a file: while it exists, the handler hangs at events that ask for it."""


class ProbeSettings(ServiceSettings):
    service: ClassVar[str] = "probe"


class ProbeBug(Exception):
    """What the probe's handler raises at an event that asks for it."""


reactions = Reactions("probe")


@reactions.to(ParticipantRegistered)
async def count_effects(told: Sequence[Told[ParticipantRegistered]], work: Work) -> None:
    """Keep the newest state of each subject, and how many events of it took effect."""
    if any(item.event.profile.department == BUG for item in told):
        raise ProbeBug
    if _hangs_now():
        await _hang({item.event.profile.department for item in told})
    newest = latest_per_subject(told)
    times = (
        [sum(item.subject == new.subject for item in told) for new in newest]
        if len(newest) < len(told)
        else [1] * len(newest)
    )
    await work.connection.execute(
        """
        INSERT INTO effect AS held (subject, sequence, capacity, times)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[], $4::int[])
        ON CONFLICT (subject) DO UPDATE SET
            times = held.times + excluded.times,
            sequence = greatest(held.sequence, excluded.sequence),
            capacity = CASE WHEN excluded.sequence > held.sequence
                THEN excluded.capacity ELSE held.capacity END
        """,
        [item.subject for item in newest],
        [item.sequence for item in newest],
        [item.event.capacity for item in newest],
        times,
    )


def _hangs_now() -> bool:
    return Path(os.environ.get(HANGS_WHILE, "/nowhere")).exists()


async def _hang(departments: set[str]) -> None:
    if BLOCKS_FOR_EVER in departments:
        threading.Event().wait()
    if AWAITS_FOR_EVER in departments:
        await asyncio.Event().wait()


def build(settings: ServiceSettings) -> Service:
    return Service(
        name="probe",
        settings=settings,
        reactions=reactions,
        routers=[],
        migrations=Path(__file__).parent / "probe_migrations",
    )


def a_registration(
    participant_id: UUID | None = None, *, capacity: int = 1, department: str = "Research"
) -> ParticipantRegistered:
    """A registration with the given particulars and any others."""
    return ParticipantRegistered(
        participant_id=participant_id or new_id(),
        person_id=new_id(),
        programme_id=UUID(int=7),
        role="mentor",
        capacity=capacity,
        time_zone="Europe/Vienna",
        locale="en",
        working_days=(1, 2, 3, 4, 5),
        profile=Profile(department=department, seniority=3, interests=("data", "writing")),
    )


if __name__ == "__main__":
    run_until_done(build(ProbeSettings.load(os.environ)).run())
