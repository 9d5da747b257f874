"""A small company for matching's tests: its events, and the steps of a match."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx

from services.matching.settings import Settings
from services.matching.workers import MatchRuns, Solver
from shared.auth import Role
from shared.ids import new_id
from tandem_events import (
    Event,
    MatchingPolicy,
    ParticipantRegistered,
    ParticipantWithdrawn,
    Policies,
    Profile,
    ProgrammeChanged,
)
from tests.support.room import NOON, Room, record_of


def a_programme(
    programme_id: UUID, state: str = "open", weights: dict[str, int] | None = None
) -> ProgrammeChanged:
    return ProgrammeChanged(
        programme_id=programme_id,
        name="Mentoring 2026",
        state=state,
        enrolment_opens_at=datetime(2026, 1, 1, tzinfo=UTC),
        enrolment_closes_at=datetime(2026, 3, 1, tzinfo=UTC),
        starts_on=date(2026, 3, 2),
        ends_on=date(2026, 12, 18),
        policies=Policies(matching=MatchingPolicy(weights=weights or {})),
    )


def a_registration(  # noqa: PLR0913 - what a test may want to say of somebody
    programme_id: UUID,
    role: str,
    *,
    capacity: int = 0,
    level: int = 1,
    department: str = "Sales",
    interests: tuple[str, ...] = (),
) -> ParticipantRegistered:
    return ParticipantRegistered(
        participant_id=new_id(),
        person_id=new_id(),
        programme_id=programme_id,
        role=role,
        capacity=capacity,
        time_zone="Europe/Vienna",
        locale="en",
        working_days=(1, 2, 3, 4, 5),
        profile=Profile(department=department, seniority=level, interests=interests),
    )


def mentors(programme_id: UUID, number: int, capacity: int = 1) -> list[ParticipantRegistered]:
    return [
        a_registration(programme_id, "mentor", capacity=capacity, level=3) for _ in range(number)
    ]


def mentees(programme_id: UUID, number: int) -> list[ParticipantRegistered]:
    return [a_registration(programme_id, "mentee") for _ in range(number)]


def a_withdrawal(registration: ParticipantRegistered) -> ParticipantWithdrawn:
    return ParticipantWithdrawn(
        participant_id=registration.participant_id,
        person_id=registration.person_id,
        programme_id=registration.programme_id,
        reason="own-wish",
        withdrawn_at=NOON,
    )


async def tell(room: Room, events: Sequence[Event], sequence: int = 1) -> None:
    """Let events reach matching in one batch."""
    assert await room.take(*(record_of(event, sequence) for event in events)) == 0


async def queued_run(room: Room, programme_id: UUID) -> str:
    answer = await post(room, f"/v1/programmes/{programme_id}/runs")
    assert answer.status_code == 202
    return str(answer.json()["run_id"])


async def proposed_run(room: Room, programme_id: UUID, solver: Solver) -> str:
    """Start a run and let a worker bring it to its proposal."""
    run_id = await queued_run(room, programme_id)
    assert await match_runs(room, solver).work_on_next() == 1
    return run_id


async def published_run(room: Room, programme_id: UUID, solver: Solver) -> str:
    run_id = await proposed_run(room, programme_id, solver)
    assert (await publish(room, run_id)).status_code == 200
    return run_id


def match_runs(room: Room, solver: Solver) -> MatchRuns:
    assert isinstance(room.settings, Settings)
    return MatchRuns(room.units, solver, room.settings)


async def publish(room: Room, run_id: str) -> httpx.Response:
    return await post(room, f"/v1/runs/{run_id}/publish")


async def post(room: Room, address: str, body: object = None) -> httpx.Response:
    async with room.api(Role.COORDINATOR) as api:
        return await api.post(address, json=body)


async def get(room: Room, address: str, **query: Any) -> Any:
    """The answer's body; reading is an operator's right too."""
    async with room.api(Role.OPERATOR) as api:
        answer = await api.get(address, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def told(room: Room, topic: str) -> list[Any]:
    """The data of the events in the outbox on this topic, in order."""
    query = "SELECT payload FROM bus.outbox WHERE aggregatetype = $1 ORDER BY position"
    return [json.loads(row["payload"]) for row in await room.rows(query, topic)]
