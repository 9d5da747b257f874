"""Pairs and what is told of them, for checkins' tests; and the steps of a check-in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from services.checkins import handlers
from shared.auth import Form, FormKind
from shared.ids import new_id
from tandem_events import (
    CheckinPolicy,
    Event,
    PairEnded,
    PairFormed,
    ParticipantRegistered,
    Policies,
    Profile,
    ProgrammeChanged,
)
from tests.support.room import NOON, Room, record_of

PROGRAMME = UUID("01900000-0000-7000-8000-000000000001")
FIRST_DUE = datetime(2026, 4, 1, 8, tzinfo=UTC)
"""The first check-in of pairs formed at NOON in Vienna: Wednesday, 1 April, 10:00 there."""

ANSWERS = {"lesson": "Ask earlier.", "goal": "Give a talk.", "had_goal": True, "goal_rating": 4}


APRIL = 12 * 2026 + 3
"""The round of the first check-in."""

LAST_DAY = date(2026, 12, 18)


def a_programme(
    *, name: str = "Mentoring 2026", ends_on: date = LAST_DAY, **policy: int
) -> ProgrammeChanged:
    return ProgrammeChanged(
        programme_id=PROGRAMME,
        name=name,
        state="running",
        enrolment_opens_at=datetime(2026, 1, 1, tzinfo=UTC),
        enrolment_closes_at=datetime(2026, 3, 1, tzinfo=UTC),
        starts_on=date(2026, 3, 2),
        ends_on=ends_on,
        policies=Policies(checkins=CheckinPolicy(**policy)),
    )


@dataclass(frozen=True)
class Couple:
    """A mentor and a mentee with what is told of them."""

    mentor_zone: str = "Europe/Vienna"
    mentee_zone: str = "Europe/Vienna"
    pair_id: UUID = field(default_factory=new_id)
    mentor_id: UUID = field(default_factory=new_id)
    mentee_id: UUID = field(default_factory=new_id)
    mentor_person: UUID = field(default_factory=new_id)
    mentee_person: UUID = field(default_factory=new_id)

    def mentor(self, zone: str | None = None) -> ParticipantRegistered:
        return _registration(self.mentor_id, self.mentor_person, "mentor", zone or self.mentor_zone)

    def mentee(self) -> ParticipantRegistered:
        return _registration(self.mentee_id, self.mentee_person, "mentee", self.mentee_zone)

    def formed(self, at: datetime = NOON) -> PairFormed:
        return PairFormed(
            pair_id=self.pair_id, programme_id=PROGRAMME, run_id=UUID(int=2),
            mentor_id=self.mentor_id, mentee_id=self.mentee_id, reasons=(), formed_at=at,
        )  # fmt: skip

    def ended(self) -> PairEnded:
        return PairEnded(
            pair_id=self.pair_id, programme_id=PROGRAMME, mentor_id=self.mentor_id,
            mentee_id=self.mentee_id, reason="withdrawn", ended_at=NOON + timedelta(days=1),
        )  # fmt: skip

    def story(self) -> list[Event]:
        """All that is told of them, in the natural order."""
        return [self.mentor(), self.mentee(), self.formed()]


def _registration(
    participant: UUID, person: UUID, role: str, time_zone: str
) -> ParticipantRegistered:
    return ParticipantRegistered(
        participant_id=participant, person_id=person, programme_id=PROGRAMME, role=role,
        capacity=1, time_zone=time_zone, locale="en", working_days=(1, 2, 3, 4, 5),
        profile=Profile(department="Research", seniority=3),
    )  # fmt: skip


async def tell(room: Room, *events: Event, sequence: int = 1) -> None:
    """Let events reach checkins in one batch."""
    assert await room.take(*(record_of(event, sequence) for event in events)) == 0


async def ask_at(room: Room, instant: datetime) -> int:
    """Let the schedule act once at an instant; returns how many turns moved on."""
    room.clock.instant = instant
    async with room.units.begin() as work:
        return await handlers.ask_whose_turn_it_is(work)


async def asked(room: Room, couple: Couple) -> dict[UUID, UUID]:
    """Ask both of a couple for the first time; returns check-ins by participant."""
    await tell(room, a_programme(), *couple.story())
    assert await ask_at(room, FIRST_DUE) == 2
    return {
        UUID(e["participant_id"]): UUID(e["checkin_id"]) for e in await told(room, "checkin-due")
    }


async def asked_at(room: Room, instant: datetime) -> list[tuple[int, UUID]]:
    """Let the schedule act at an instant until it rests; returns who was asked, by round."""
    before = len(await told(room, "checkin-due"))
    while await ask_at(room, instant):
        pass
    events = (await told(room, "checkin-due"))[before:]
    return [(event["round"], UUID(event["participant_id"])) for event in events]


async def by_link(
    room: Room,
    checkin_id: UUID,
    participant_id: UUID,
    answers: Any,
    kind: FormKind = FormKind.CHECKIN,
) -> httpx.Response:
    """Answer a check-in by a link to a form."""
    async with room.api_by_link(Form(kind, checkin_id, participant_id)) as api:
        return await api.post(f"/v1/checkins/{checkin_id}/answers", json=answers)


async def dues(room: Room) -> dict[UUID, datetime | None]:
    """When each participant is asked next."""
    rows = await room.rows("SELECT participant_id, due_at FROM turn")
    return {row["participant_id"]: row["due_at"] for row in rows}


async def told(room: Room, topic: str) -> list[Any]:
    """The data of the events in the outbox on this topic, in order."""
    query = "SELECT payload FROM bus.outbox WHERE aggregatetype = $1 ORDER BY position"
    return [json.loads(row["payload"]) for row in await room.rows(query, topic)]


async def everything(room: Room) -> Sequence[object]:
    """All that checkins keeps of pairs and turns, to compare."""
    queries = (
        "SELECT pair_id, programme_id, formed_at, ended_at FROM pair ORDER BY pair_id",
        "SELECT pair_id, cadence, channels, expected_end FROM agreement ORDER BY pair_id",
        "SELECT turn::text FROM turn ORDER BY pair_id, participant_id",
        "SELECT moment::text FROM moment ORDER BY programme_id, time_zone, round",
    )
    return [tuple(row) for query in queries for row in await room.rows(query)]
