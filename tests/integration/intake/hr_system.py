"""What intake's tests push by SCIM, as an HR system would."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from services.intake import scim_token_handlers
from tests.support.room import Room

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TANDEM = "urn:ietf:params:scim:schemas:extension:tandem:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


async def a_token(room: Room) -> str:
    async with room.units.begin() as work:
        _, parts = await scim_token_handlers.create_token("Tests", 1, "tester", work)
    return str(parts)


@asynccontextmanager
async def scim(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the room's SCIM with a good token."""
    async with httpx.AsyncClient(
        transport=room.transport(),
        base_url="http://service/scim/v2",
        headers={"Authorization": f"Bearer {await a_token(room)}"},
    ) as client:
        yield client


def a_user(number: int, **other: object) -> dict[str, Any]:
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": f"p{number}@example.com",
        "externalId": f"X{number}",
        "displayName": f"Ana Lima {number}",
        "active": True,
        "emails": [{"value": f"p{number}@example.com", "type": "work", "primary": True}],
        ENTERPRISE: {"employeeNumber": f"E{number}", "department": "Sales"},
    } | other


async def create(client: httpx.AsyncClient, user: dict[str, Any]) -> Any:
    answer = await client.post("/Users", json=user)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def patch(
    client: httpx.AsyncClient, user_id: str, *operations: dict[str, Any], **headers: str
) -> httpx.Response:
    body = {"schemas": [PATCH], "Operations": list(operations)}
    return await client.patch(f"/Users/{user_id}", content=json.dumps(body), headers=headers)


async def find(client: httpx.AsyncClient, condition: str, **more: int) -> Any:
    answer = await client.get("/Users", params={"filter": condition, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()
