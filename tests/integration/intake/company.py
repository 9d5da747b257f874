"""What intake's tests send in, and how they look at what came out."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from services.intake.domain import people, registrations
from shared.auth import Role
from tests.support.room import NOON, Room

PEOPLE_HEADER = [field.name for field in people.FIELDS]
REGISTRATION_HEADER = [field.name for field in registrations.FIELDS]


def a_person(number: int, **other: object) -> dict[str, object]:
    row = {
        "employee_number": f"E{number}", "name": f"Ana Lima {number}",
        "email": f"p{number}@example.com", "department": "Sales", "seniority": 2,
        "education_level": 3, "education_field": "Law", "time_zone": "Europe/Berlin",
        "locale": "de", "working_days": "1;2;3", "title": "Counsel", "manager_number": "",
    }  # fmt: skip
    return row | other


def table(rows: Sequence[Mapping[str, object]], header: Sequence[str] = PEOPLE_HEADER) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


async def send(
    room: Room,
    path: str,
    file: bytes,
    mapping: Mapping[str, Any] | None = None,
    **fields: object,
) -> httpx.Response:
    mapped = {"mapping": json.dumps(mapping)} if mapping else {}
    async with room.api() as api:
        return await api.post(
            path,
            files={"file": ("people.csv", file, "text/csv")},
            data=mapped | {name: str(value) for name, value in fields.items()},
        )


async def import_people(room: Room, *rows: Mapping[str, object]) -> Any:
    answer = await send(room, "/v1/people/imports", table(rows))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def call(
    room: Room, method: str, path: str, body: object = None, *roles: Role
) -> httpx.Response:
    async with room.api(*roles) as api:
        return await api.request(method, path, json=body)


def programme_body(**other: object) -> dict[str, object]:
    body = {
        "name": "Spring", "enrolment_opens_at": NOON.isoformat(),
        "enrolment_closes_at": (NOON + timedelta(days=20)).isoformat(),
        "starts_on": "2026-04-01", "ends_on": "2026-12-01",
        "policies": {"mentor_capacity": 2, "matching": {"weights": {"interests": 30}}},
    }  # fmt: skip
    return body | other


async def an_open_programme(room: Room) -> UUID:
    drafted = (await call(room, "POST", "/v1/programmes", programme_body())).json()
    opened = await call(room, "POST", f"/v1/programmes/{drafted['programme_id']}/open")
    assert opened.status_code == 200, opened.text
    return UUID(drafted["programme_id"])


async def register(room: Room, programme_id: UUID, *items: Mapping[str, object]) -> httpx.Response:
    return await call(room, "POST", f"/v1/programmes/{programme_id}/registrations", list(items))


async def participants(room: Room, programme_id: UUID) -> dict[str, Any]:
    """The registrations of a programme, by the person's name."""
    answer = await call(room, "GET", f"/v1/programmes/{programme_id}/registrations")
    return {item["name"]: item for item in answer.json()["items"]}


async def told(room: Room, topic: str) -> list[Any]:
    """The data of the events of a topic that wait in the outbox; None is a tombstone."""
    rows = [row for row in await room.outbox() if row["aggregatetype"] == topic]
    return [row["payload"] and json.loads(row["payload"]) for row in rows]


async def everything(room: Room) -> list[object]:
    """All that intake's database holds of people, registrations and events, to compare."""
    queries = (
        "SELECT person::text FROM person ORDER BY person_id",
        "SELECT participant::text FROM participant ORDER BY participant_id",
        "SELECT programme::text FROM programme ORDER BY programme_id",
        "SELECT outbox::text FROM bus.outbox AS outbox ORDER BY position",
        "SELECT held::text FROM bus.subject_sequence AS held ORDER BY subject",
    )
    return [tuple(row) for query in queries for row in await room.rows(query)]
