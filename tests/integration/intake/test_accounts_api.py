"""Who signs in, and as what, over HTTP."""

from typing import Any
from uuid import UUID

import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.integration.intake.company import (
    a_person,
    an_open_programme,
    call,
    import_people,
    register,
)
from tests.support.room import Room


async def person_id(room: Room, number: int) -> UUID:
    query = "SELECT person_id FROM person WHERE employee_number = $1"
    found: UUID = (await room.rows(query, f"E{number}"))[0]["person_id"]
    return found


async def find(room: Room, email: str) -> Any:
    return await call(room, "POST", "/v1/accounts/find", {"email": email}, Role.PORTAL)


class TestFinding:
    async def test_by_address_says_as_what_one_may_sign_in(self, room: Room) -> None:
        await import_people(room, a_person(1), a_person(2))
        await call(room, "PUT", f"/v1/coordinators/{await person_id(room, 2)}")
        programme = await an_open_programme(room)
        await register(room, programme, {"employee_number": "E1", "role": "mentee"})

        first, second = await find(room, "P1@EXAMPLE.com"), await find(room, "p2@example.com")

        assert (first.json()["takes_part"], first.json()["coordinates"]) == (True, False)
        assert (second.json()["takes_part"], second.json()["coordinates"]) == (False, True)

    async def test_nobody_is_told_without_repeating_the_address(self, room: Room) -> None:
        answer = await find(room, "nobody@example.com")

        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-person")
        assert "nobody@" not in answer.text

    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.PARTICIPANT, Role.OPERATOR])
    async def test_is_for_the_portal_alone(self, room: Room, role: Role) -> None:
        answer = await call(room, "POST", "/v1/accounts/find", {"email": "a@example.com"}, role)

        assert answer.status_code == 403


class TestMyself:
    async def test_lists_where_one_takes_part(self, room: Room) -> None:
        await import_people(room, a_person(1))
        programme = await an_open_programme(room)
        await register(room, programme, {"employee_number": "E1", "role": "mentor"})

        async with room.api(Role.PARTICIPANT, subject=str(await person_id(room, 1))) as api:
            myself = (await api.get("/v1/me")).json()

        [participation] = myself["participations"]
        assert (myself["name"], participation["role"]) == ("Ana Lima 1", "mentor")
        assert participation["programme_id"] == str(programme)

    async def test_is_nobody_for_a_program(self, room: Room) -> None:
        async with room.api(Role.PARTICIPANT, subject="tandem-command") as api:
            answer = await api.get("/v1/me")

        assert answer.status_code == 403


class TestCoordinators:
    async def test_are_appointed_and_dismissed_whatever_how_often(self, room: Room) -> None:
        await import_people(room, a_person(1))
        address = f"/v1/coordinators/{await person_id(room, 1)}"

        for _ in range(2):
            assert (await call(room, "PUT", address)).status_code == 204
        appointed = (await call(room, "GET", "/v1/coordinators")).json()["items"]
        for _ in range(2):
            assert (await call(room, "DELETE", address)).status_code == 204
        left = (await call(room, "GET", "/v1/coordinators")).json()["items"]

        assert [item["name"] for item in appointed] == ["Ana Lima 1"]
        assert left == []

    async def test_who_are_nobody_are_not_appointed(self, room: Room) -> None:
        answer = await call(room, "PUT", f"/v1/coordinators/{new_id()}")

        assert answer.status_code == 404

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    async def test_are_no_matter_of_participants(self, room: Room, method: str) -> None:
        answer = await call(room, method, f"/v1/coordinators/{new_id()}", None, Role.PARTICIPANT)

        assert answer.status_code == 403
