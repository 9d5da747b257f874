"""ETags, and writers that come at the same time: nobody's change is lost."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.integration.intake.company import a_person, import_people
from tests.integration.intake.hr_system import ENTERPRISE, a_user, create, patch, scim
from tests.support.room import Room

TITLE = {"op": "replace", "path": "title", "value": "Judge"}


def attribute(name: str, value: str) -> dict[str, Any]:
    return {"op": "replace", "path": name, "value": value}


class TestEtags:
    async def test_change_with_what_is_shown_and_only_then(self, room: Room) -> None:
        async with scim(room) as client:
            made = await create(client, a_user(1))
            once = await patch(client, made["id"], TITLE)
            again = await patch(client, made["id"], TITLE)
            beyond = await patch(client, made["id"], attribute("name.givenName", "Ana"))

        tags = [made["meta"]["version"], *(each.headers["etag"] for each in (once, again, beyond))]
        assert tags == ['W/"1"', 'W/"2"', 'W/"2"', 'W/"3"']
        assert once.json()["meta"]["version"] == 'W/"2"'

    @pytest.mark.parametrize("form", ["{}", '"{}"', 'W/"0", W/"{}"', "*"])
    async def test_that_are_known_save_the_way(self, room: Room, form: str) -> None:
        async with scim(room) as client:
            made = await create(client, a_user(1))
            tag = form.format('W/"1"' if form == "{}" else 1)
            known = await client.get(f"/Users/{made['id']}", headers={"If-None-Match": tag})
            await patch(client, made["id"], TITLE)
            new = await client.get(f"/Users/{made['id']}", headers={"If-None-Match": 'W/"1"'})

        assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", 'W/"1"')
        assert (new.status_code, new.headers["etag"]) == (200, 'W/"2"')

    async def test_that_are_stale_change_nothing(self, room: Room) -> None:
        async with scim(room) as client:
            made = await create(client, a_user(1))
            place, stale = f"/Users/{made['id']}", {"If-Match": 'W/"1"'}
            await patch(client, made["id"], TITLE)
            answers = [
                await patch(client, made["id"], attribute("title", "X"), **stale),
                await client.put(place, json=a_user(1), headers=stale),
                await client.delete(place, headers=stale),
            ]
            now = {"If-Match": 'W/"1", W/"2"'}
            good = await patch(client, made["id"], attribute("title", "X"), **now)
            gone = await client.delete(place, headers={"If-Match": "*"})

        for answer in answers:
            assert (answer.status_code, answer.json()["status"]) == (412, "412")
        assert good.json()["title"] == "X"
        assert gone.status_code == 204

    async def test_count_what_files_change_too(self, room: Room) -> None:
        async with scim(room) as client:
            made = await create(client, a_user(1))
            await import_people(room, a_person(1, department="Law"))
            answer = await patch(client, made["id"], TITLE, **{"If-Match": 'W/"1"'})
        assert answer.status_code == 412


class TestWritersAtTheSameTime:
    async def test_of_different_attributes_lose_nothing(self, room: Room) -> None:
        async with scim(room) as client:
            made = await create(client, a_user(1))
            names = ("title", "displayName", "name.givenName", "name.familyName", "externalId",
                     f"{ENTERPRISE}:department", f"{ENTERPRISE}:employeeNumber")  # fmt: skip

            answers = await asyncio.gather(
                *(patch(client, made["id"], attribute(name, f"New {name[-5:]}")) for name in names)
            )
            shown = (await client.get(f"/Users/{made['id']}")).json()

        assert {answer.status_code for answer in answers} == {200}
        assert (shown["title"], shown["displayName"]) == ("New title", "New yName")
        assert shown["name"] == {"givenName": "New nName", "familyName": "New yName"}
        assert (shown["externalId"], shown[ENTERPRISE]) == (
            "New nalId", {"employeeNumber": "New umber", "department": "New tment"},
        )  # fmt: skip
        assert shown["meta"]["version"] == 'W/"8"'

    async def test_who_have_seen_the_same_version_do_not_both_win(self, room: Room) -> None:
        async with scim(room) as client:
            made = await create(client, a_user(1))
            answers = await asyncio.gather(
                *(
                    patch(client, made["id"], attribute("title", f"T{n}"), **{"If-Match": 'W/"1"'})
                    for n in range(6)
                )
            )
        assert sorted(answer.status_code for answer in answers) == [200, *[412] * 5]

    async def test_who_push_the_same_person_make_one(self, room: Room) -> None:
        async with scim(room) as client:
            answers = await asyncio.gather(
                *(client.post("/Users", json=a_user(1)) for _ in range(6))
            )
        assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
        assert len(await room.rows("SELECT FROM person")) == 1

    async def test_get_on_beside_files_and_leavers(self, room: Room) -> None:
        async with scim(room) as client:
            made = [await create(client, a_user(number)) for number in range(4)]

            async def push(client: httpx.AsyncClient, number: int) -> list[int]:
                place = made[number]["id"]
                answers = [
                    await patch(client, place, attribute("title", f"T{number}")),
                    await patch(client, place, attribute("active", "False")),
                    await patch(client, place, attribute("active", "True")),
                ]
                return [answer.status_code for answer in answers]

            statuses, *_ = await asyncio.gather(
                asyncio.gather(*(push(client, number) for number in range(4))),
                *(import_people(room, a_person(n, department=f"D{n}")) for n in range(4)),
            )
            shown = [(await client.get(f"/Users/{each['id']}")).json() for each in made]

        assert {status for each in statuses for status in each} == {200}
        assert {each["active"] for each in shown} == {True}
        departments = [each[ENTERPRISE]["department"] for each in shown]
        assert departments == ["D0", "D1", "D2", "D3"]


class TestTheLog:
    async def test_holds_the_route_and_nobodys_name(
        self, room: Room, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async with scim(room) as client:
            made = await create(client, a_user(77))
            await client.get("/Users", params={"filter": 'userName eq "p77@example.com"'})
            await client.get("/Users", params={"filter": 'userName eq "p77@example.com" nonsense'})
            await client.post("/Users", json=a_user(77))
            await patch(client, made["id"], TITLE)
            token = client.headers["Authorization"].rpartition("_")[2]

        written = capsys.readouterr().out
        assert "/scim/v2/Users/{user_id}" in written
        assert written.count("route=/scim/v2/Users ") == 4
        for personal in ("p77", "Ana Lima", "X77", made["id"], token):
            assert personal not in written
