"""People who sign up, over intake's API."""

from typing import Any
from uuid import UUID

import httpx

from shared.auth import Role
from tests.integration.intake.company import a_person, call, import_people
from tests.support.room import Room

ANSWERS: dict[str, Any] = {
    "role": "mentee", "looking-for": ["plateau"], "next-goals": "My own words.",
    "interests": ["Writing"], "languages": ["de"], "channels": ["chat", "video"],
}  # fmt: skip


async def people(room: Room, *numbers: int) -> list[UUID]:
    await import_people(room, *(a_person(number) for number in numbers))
    rows = await room.rows("SELECT person_id FROM person ORDER BY employee_number")
    return [row["person_id"] for row in rows]


async def mine(
    room: Room, person: UUID, method: str, path: str, body: object = None
) -> httpx.Response:
    async with room.api(Role.PARTICIPANT, subject=str(person)) as api:
        return await api.request(method, f"/v1/me/programmes/{path}", json=body)


async def sign_up(room: Room, programme: UUID, person: UUID, **other: Any) -> httpx.Response:
    body = {"answers": ANSWERS | other, "consent": "1"}
    return await mine(room, person, "PUT", f"{programme}/sign-up", body)


async def sheet(room: Room, programme: UUID, person: UUID) -> Any:
    return (await mine(room, person, "GET", f"{programme}/sign-up")).json()


async def settle(room: Room, programme: UUID, **other: object) -> httpx.Response:
    body = {"questionnaire": "default", "version": 1, **other}
    return await call(room, "PUT", f"/v1/programmes/{programme}/enrolment", body)
