"""What intake tells in the comparison: whatever could come out differently, through real units."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from shared.bus.work import LARGEST_EVENT_CHARACTERS, Cause, Units
from shared.clock import FixedClock
from shared.database import open_pool
from shared.ids import new_id
from shared.settings import ServiceSettings
from tandem_events import (
    ParticipantRegistered,
    ParticipantWithdrawn,
    PersonContact,
    Policies,
    Profile,
    ProgrammeChanged,
)

INSTANTS = (
    datetime(2026, 11, 25, 9, 30, 15, 123456, tzinfo=UTC),
    datetime(2026, 11, 25, 9, 30, 16, 120000, tzinfo=UTC),
    datetime(2026, 11, 25, 9, 30, 17, tzinfo=UTC),
)
"""With all six digits of a fraction, with trailing zeros, with none."""

NAMES = ("Žofie Núñez", "山田 花子", "𝄞 & 🌱", 'a "quoted" \\ name\n\ton two lines ', " ")
PER_UNIT = 100


class CalledOff(Exception):
    """Raised to take back a unit of work."""


class Story:
    """Tells intake's events, at instants that show how a time is written."""

    def __init__(self, units: Units, clock: FixedClock) -> None:
        self._units = units
        self._clock = clock

    async def tell_everything(self) -> None:
        """Tell each kind of event: states, facts, tombstones, odd texts, a unit taken back."""
        for instant in INSTANTS:
            self._clock.instant = instant
            await self._tell_of_a_person()
        await self._tell_in_one_unit()
        await self._take_a_unit_back()

    async def tell_many(self, count: int) -> None:
        """Tell of so many registrations: fifty, in turn, changed again and again."""
        self._clock.instant = INSTANTS[0]
        subjects = [new_id() for _ in range(PER_UNIT // 2)]
        for first in range(0, count, PER_UNIT):
            async with self._units.begin() as work:
                for number in range(first, min(first + PER_UNIT, count)):
                    work.publish(_registration(subjects[number % len(subjects)]))

    async def tell_one(self) -> None:
        """Tell of one registration, in a unit of its own."""
        async with self._units.begin() as work:
            work.publish(_registration(new_id()))

    async def _tell_of_a_person(self) -> None:
        """The whole course of a registration, one unit after another, to its tombstones."""
        participant, person = new_id(), new_id()
        async with self._units.begin() as work:
            work.publish(_programme(new_id(), NAMES[0]))
            work.publish(_registration(participant))
        for name in NAMES:
            async with self._units.begin() as work:
                work.publish(PersonContact(person_id=person, name=name, email="a@example.org"))
        async with self._units.begin(Cause("by-hand", "by-hand", "")) as work:
            work.publish(_registration(participant, capacity=0))
            work.publish(_withdrawal(participant, person, work.now))
        async with self._units.begin() as work:
            work.retire(ParticipantRegistered, participant)
            work.retire(PersonContact, person)

    async def _tell_in_one_unit(self) -> None:
        """Several versions of one subject in one commit, and the largest event there may be."""
        programme, person = new_id(), new_id()
        envelope = PersonContact(person_id=person, name="", email="")
        longest = "𝄞" * (LARGEST_EVENT_CHARACTERS - len(envelope.model_dump_json()))
        async with self._units.begin() as work:
            for name in NAMES:
                work.publish(_programme(programme, name))
            work.publish(PersonContact(person_id=person, name=longest, email=""))
            work.retire(ProgrammeChanged, programme)
            work.publish(_programme(programme, "again"))

    async def _take_a_unit_back(self) -> None:
        with suppress(CalledOff):
            async with self._units.begin() as work:
                work.publish(_registration(new_id()))
                await work.finish("/tandem/taken/back")
                raise CalledOff


@asynccontextmanager
async def story_of(settings: ServiceSettings) -> AsyncIterator[Story]:
    """A story told by a service on its own database."""
    pool = await open_pool(settings)
    clock = FixedClock(INSTANTS[0])
    try:
        yield Story(Units(pool, settings.source, clock, settings.topic_prefix), clock)
    finally:
        await pool.close()


def _programme(programme: UUID, name: str) -> ProgrammeChanged:
    begin = INSTANTS[0]
    return ProgrammeChanged(
        programme_id=programme,
        name=name,
        state="open",
        enrolment_opens_at=begin,
        enrolment_closes_at=begin + timedelta(days=14),
        starts_on=date(2027, 1, 1),
        ends_on=date(2027, 12, 31),
        policies=Policies(),
    )


def _registration(participant: UUID, capacity: int = 1) -> ParticipantRegistered:
    return ParticipantRegistered(
        participant_id=participant,
        person_id=new_id(),
        programme_id=UUID(int=7),
        role="mentor",
        capacity=capacity,
        time_zone="Europe/Vienna",
        locale="en",
        working_days=(1, 2, 3, 4, 5),
        profile=Profile(department="Forschung & Entwicklung", seniority=3, interests=("schöne",)),
    )


def _withdrawal(participant: UUID, person: UUID, at: datetime) -> ParticipantWithdrawn:
    return ParticipantWithdrawn(
        participant_id=participant,
        person_id=person,
        programme_id=UUID(int=7),
        reason="own-wish",
        withdrawn_at=at,
    )
