"""HR systems push people by SCIM: what becomes of them, and what is told."""

import json
from typing import Any

import httpx
import pytest

from services.intake.domain.people import MONDAY_TO_FRIDAY
from shared.ids import new_id
from tests.conftest import OpenRoom
from tests.integration.intake.company import (
    a_person,
    an_open_programme,
    call,
    everything,
    import_people,
    participants,
    register,
    told,
)
from tests.integration.intake.hr_system import (
    ENTERPRISE,
    TANDEM,
    USER,
    a_user,
    create,
    find,
    patch,
    scim,
)
from tests.support.room import Room


async def person(room: Room, person_id: str) -> Any:
    """What the rest of Tandem knows of a person."""
    items = (await call(room, "GET", "/v1/people")).json()["items"]
    return next(item for item in items if item["person_id"] == person_id)


def refused(answer: httpx.Response) -> tuple[int, str | None]:
    assert answer.headers["content-type"] == "application/scim+json"
    assert answer.json()["status"] == str(answer.status_code)
    return answer.status_code, answer.json().get("scimType")


class TestCreating:
    async def test_makes_a_person_and_tells_of_them(self, room: Room) -> None:
        user = a_user(
            1,
            title="Counsel",
            timezone="Europe/Berlin",
            preferredLanguage="pt-br",
            **{TANDEM: {"seniority": 3, "educationLevel": "4", "workingDays": "1;2;3"}},
        )
        async with scim(room) as client:
            made = await create(client, user)

        known = await person(room, made["id"])
        assert known == {
            "person_id": made["id"], "employee_number": "E1", "name": "Ana Lima 1",
            "email": "p1@example.com", "department": "Sales", "seniority": 3,
            "education_level": 4, "education_field": None, "time_zone": "Europe/Berlin",
            "locale": "pt-BR", "working_days": [1, 2, 3], "title": "Counsel",
            "manager_number": None, "left_at": None, "version": 1,
        }  # fmt: skip
        assert made["meta"]["location"] == f"http://service/scim/v2/Users/{made['id']}"
        assert made["preferredLanguage"] == "pt-br"
        assert [contact["email"] for contact in await told(room, "person-contact")] == [
            "p1@example.com"
        ]

    async def test_takes_little_and_shows_no_defaults(self, room: Room) -> None:
        async with scim(room) as client:
            made = await create(client, {"schemas": [USER], "userName": "ana@example.com"})

        known = await person(room, made["id"])
        assert (known["name"], known["employee_number"]) == ("ana@example.com",) * 2
        assert (known["department"], known["seniority"]) == ("Unassigned", 1)
        assert (known["time_zone"], known["locale"]) == ("UTC", "en")
        assert known["working_days"] == list(MONDAY_TO_FRIDAY)
        assert set(made) == {"schemas", "id", "meta", "userName", "active", "emails"}

    async def test_passes_over_what_it_does_not_know(self, room: Room) -> None:
        more = {"phoneNumbers": [{"value": "1"}], "urn:acme:2.0:User": {"badge": 7}, "shoe": 41}
        async with scim(room) as client:
            made = await create(client, a_user(1, **more))
        assert "phoneNumbers" not in made

    async def test_refuses_what_is_taken(self, room: Room) -> None:
        async with scim(room) as client:
            await create(client, a_user(1))
            other = a_user(2)
            for clash in (
                other | {"userName": "P1@Example.com"},
                other | {ENTERPRISE: {"employeeNumber": "E1"}},
                other | {"emails": [{"value": "P1@example.com"}]},
            ):
                answer = await client.post("/Users", json=clash)
                assert refused(answer) == (409, "uniqueness")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"userName": None}, {"userName": "x", "emails": None}, {"timezone": "Mars/Base"},
            {"emails": [{"value": "nobody"}]}, {"locale": "nonsense"}, {TANDEM: {"seniority": 21}},
            {"displayName": "a\u0000b"}, {"displayName": "\ud800"}, {"userName": "x" * 255},
            {"active": "perhaps"}, {"emails": [{"value": f"a{n}@b.cc"} for n in range(11)]},
        ],
    )  # fmt: skip
    async def test_refuses_what_cannot_be_kept(self, room: Room, wrong: dict[str, Any]) -> None:
        before = await everything(room)
        async with scim(room) as client:
            body = json.dumps(a_user(1, **wrong))
            answer = await client.post("/Users", content=body)
        assert refused(answer) == (400, "invalidValue")
        assert await everything(room) == before

    @pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 100_000, b'"x"'])
    async def test_refuses_what_is_no_object(self, room: Room, body: bytes) -> None:
        async with scim(room) as client:
            answers = [
                await client.post("/Users", content=body),
                await client.post("/.search", content=body),
            ]
        assert {refused(answer) for answer in answers} == {(400, "invalidSyntax")}

    async def test_refuses_what_is_too_large_and_what_is_not_supported(self, room: Room) -> None:
        async with scim(room) as client:
            assert refused(await client.post("/Users", content=b" " * 300_000)) == (413, None)
            assert refused(await client.post("/Bulk", json={})) == (501, None)
            assert refused(await client.get("/Groups")) == (404, None)
            assert refused(await client.delete("/Users")) == (405, None)


class TestTheDoor:
    @pytest.mark.parametrize("header", ["", "Bearer x", "Basic YTpi", "Form x"])
    async def test_is_closed_without_a_good_token(self, room: Room, header: str) -> None:
        async with scim(room) as client:
            client.headers["Authorization"] = header
            for method, path in (("GET", "/Users"), ("POST", "/Users"), ("GET", "/Schemas")):
                answer = await client.request(method, path, json={} if method == "POST" else None)
                assert refused(answer) == (401, None)
                assert answer.headers["www-authenticate"] == "Bearer"

    async def test_does_not_take_tandems_own_tokens_nor_the_other_way_round(
        self, room: Room
    ) -> None:
        async with scim(room) as client, room.api() as api:
            ours, theirs = api.headers["Authorization"], client.headers["Authorization"]
            client.headers["Authorization"], api.headers["Authorization"] = ours, theirs
            assert (await client.get("/Users")).status_code == 401
            assert (await api.get("/v1/people")).status_code == 401


class TestReplacing:
    async def test_empties_what_is_left_out_but_for_active(self, room: Room) -> None:
        async with scim(room) as client:
            made = await create(client, a_user(1, title="Counsel", active=False))
            put = a_user(1, displayName="Ana Neu")
            del put["active"], put[ENTERPRISE]["department"]
            answer = await client.put(f"/Users/{made['id']}", json=put | {"id": "not-mine"})

        shown = answer.json()
        assert (shown["id"], shown["active"]) == (made["id"], False)
        assert "title" not in shown
        assert "department" not in shown[ENTERPRISE]
        known = await person(room, made["id"])
        assert (known["name"], known["department"]) == ("Ana Neu", "Unassigned")

    async def test_with_the_same_changes_and_tells_nothing(self, room: Room) -> None:
        async with scim(room) as client:
            made = await create(client, a_user(1))
            before = await everything(room)
            answer = await client.put(f"/Users/{made['id']}", json=made)
        assert answer.json() == made
        assert await everything(room) == before


class TestTheShapesOfEntra:
    async def test_are_understood(self, room: Room) -> None:
        async with scim(room) as client:
            boss, made = await create(client, a_user(1)), await create(client, a_user(2))
            answer = await patch(
                client,
                made["id"],
                {"op": "Replace", "path": "displayName", "value": "Ana Neu"},
                {"op": "Add", "path": 'emails[type eq "work"].value', "value": "neu@example.com"},
                {"op": "Add", "path": "name.givenName", "value": "Ana"},
                {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": boss["id"]},
                {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Law"},
                {"op": "Add", "path": 'addresses[type eq "work"].country', "value": "DE"},
                {"op": "Add", "path": 'emails[type eq "home"].value', "value": "h@example.com"},
            )  # fmt: skip
            by_name = await find(client, 'userName eq "P2@EXAMPLE.COM"')

        assert answer.status_code == 200, answer.text
        [shown] = by_name["Resources"]
        assert shown == answer.json()
        manager = {"value": boss["id"], "$ref": boss["meta"]["location"]}
        assert shown[ENTERPRISE] == {
            "employeeNumber": "E2", "department": "Law", "manager": manager,
        }  # fmt: skip
        assert [email["value"] for email in shown["emails"]] == ["neu@example.com", "h@example.com"]
        known = await person(room, made["id"])
        assert (known["email"], known["manager_number"]) == ("neu@example.com", "E1")

    async def test_disable_and_enable_again(self, room: Room) -> None:
        programme_id = await an_open_programme(room)
        async with scim(room) as client:
            made = await create(client, a_user(1))
            await register(room, programme_id, {"employee_number": "E1", "role": "mentee"})
            off = await patch(
                client, made["id"], {"op": "Replace", "path": "active", "value": "False"}
            )
            listed = await find(client, 'externalId eq "X1"')
            one = await client.get(f"/Users/{made['id']}")
            taken = await client.post("/Users", json=a_user(1))
            on = await patch(client, made["id"], {"op": "replace", "value": {"active": "True"}})

        assert (off.json()["active"], on.json()["active"]) == (False, True)
        assert [each["active"] for each in listed["Resources"]] == [False]
        assert one.json()["active"] is False
        assert refused(taken) == (409, "uniqueness")
        [left] = await told(room, "participant-withdrawn")
        assert left["reason"] == "left-company"
        assert (await participants(room, programme_id))["Ana Lima 1"]["withdrawn_at"] is not None
        *_, gone, back = await told(room, "person-contact")
        assert (gone, back["email"]) == (None, "p1@example.com")

    @pytest.mark.parametrize("value", ["", None, {"value": ""}, {"value": None}])
    async def test_take_a_manager_away(self, room: Room, value: object) -> None:
        async with scim(room) as client:
            user = a_user(1, **{ENTERPRISE: {"employeeNumber": "E1", "manager": {"value": "E9"}}})
            made = await create(client, user)
            assert made[ENTERPRISE]["manager"] == {"value": "E9"}
            answer = await patch(
                client,
                made["id"],
                {"op": "replace", "path": f"{ENTERPRISE}:manager", "value": value},
            )
        assert "manager" not in answer.json()[ENTERPRISE]
        assert (await person(room, made["id"]))["manager_number"] is None

    async def test_are_refused_where_they_mean_nothing(self, room: Room) -> None:
        async with scim(room) as client:
            made = await create(client, a_user(1))
            for operation, code in (
                ({"op": "replace", "path": "emails[type", "value": "x"}, "invalidPath"),
                ({"op": "replace", "path": "emails[\ud800", "value": "x"}, "invalidPath"),
                ({"op": "remove"}, "noTarget"),
                ({"op": "move", "path": "title", "value": "x"}, "invalidValue"),
                ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
                ({"op": "remove", "path": "userName"}, "mutability"),
                ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
            ):
                assert refused(await patch(client, made["id"], operation)) == (400, code)
            many = [{"op": "add", "path": "title", "value": "x"}] * 101
            assert refused(await patch(client, made["id"], *many)) == (400, "invalidSyntax")
            assert (await client.get(f"/Users/{made['id']}")).json() == made


class TestTheShapesOfOkta:
    async def test_are_understood(self, room: Room) -> None:
        user = {
            "schemas": [USER, ENTERPRISE], "userName": "isaac@example.com", "id": None,
            "name": {"givenName": "Isaac", "familyName": "Brock", "middleName": ""},
            "emails": [{"primary": True, "value": "isaac@example.com", "type": "work"}],
            "displayName": "", "locale": "en_US", "externalId": "00ujl29u0le5T6Aj10h7",
            "groups": [], "password": "1mz050nq", "active": True, "phoneNumbers": [],
            ENTERPRISE: {"manager": {"value": "E9", "displayName": "Boss"}},
        }  # fmt: skip
        async with scim(room) as client:
            nobody = await find(client, 'userName eq "isaac@example.com"', startIndex=1, count=100)
            made = await create(client, user)
            off = await client.put(f"/Users/{made['id']}", json=user | {"active": False})
            on = await patch(client, made["id"], {"op": "replace", "value": {"active": True}})

        assert (nobody["totalResults"], nobody["Resources"]) == (0, [])
        assert (off.json()["active"], on.json()["active"]) == (False, True)
        known = await person(room, made["id"])
        assert (known["name"], known["locale"]) == ("Isaac Brock", "en-US")
        dump = str(await room.rows("SELECT person::text FROM person"))
        assert "1mz050nq" not in dump


class TestDeleting:
    async def test_is_leaving_and_leaves_nothing_to_see(self, room: Room) -> None:
        async with scim(room) as client:
            made = await create(client, a_user(1))
            gone = await client.delete(f"/Users/{made['id']}")
            assert (gone.status_code, gone.content) == (204, b"")
            for answer in (
                await client.get(f"/Users/{made['id']}"),
                await client.delete(f"/Users/{made['id']}"),
                await client.put(f"/Users/{made['id']}", json=a_user(1)),
                await patch(client, made["id"], {"op": "add", "path": "title", "value": "x"}),
                await client.get(f"/Users/{new_id()}"),
                await client.get("/Users/nonsense"),
            ):
                assert refused(answer) == (404, None)
            assert (await find(client, "userName pr"))["totalResults"] == 0
            again = await create(client, a_user(1))

        assert again["id"] == made["id"]
        first, end, last = await told(room, "person-contact")
        assert (first["email"], end, last["email"]) == ("p1@example.com", None, "p1@example.com")


class TestBesideFiles:
    async def test_imported_people_are_found_and_taken_over(self, room: Room) -> None:
        await import_people(room, a_person(1))
        async with scim(room) as client:
            [found] = (await find(client, 'userName eq "p1@example.com"'))["Resources"]
            answer = await patch(
                client, found["id"], {"op": "add", "value": {"externalId": "X1", "title": "Judge"}}
            )

        assert found[ENTERPRISE] == {"employeeNumber": "E1", "department": "Sales"}
        assert found[TANDEM]["workingDays"] == "1;2;3"
        known = await person(room, found["id"])
        assert (known["title"], known["department"], known["seniority"]) == ("Judge", "Sales", 2)
        assert answer.json()["externalId"] == "X1"

    async def test_what_a_file_says_later_is_shown_and_kept(self, room: Room) -> None:
        async with scim(room) as client:
            made = await create(client, a_user(1, **{ENTERPRISE: {"employeeNumber": "E1"}}))
            await import_people(room, a_person(1, name="Ana Neu", department="Law"))
            shown = (await client.get(f"/Users/{made['id']}")).json()
            await patch(client, made["id"], {"op": "add", "path": "title", "value": "Judge"})

        assert (shown["displayName"], shown[ENTERPRISE]["department"]) == ("Ana Neu", "Law")
        known = await person(room, made["id"])
        assert (known["name"], known["department"], known["title"]) == ("Ana Neu", "Law", "Judge")


class TestPages:
    async def test_hold_everybody_once(self, room: Room) -> None:
        async with scim(room) as client:
            ids = [(await create(client, a_user(number)))["id"] for number in range(5)]
            pages = [
                (await client.get("/Users", params={"startIndex": start, "count": 2})).json()
                for start in (0, 1, 3, 5, 9)
            ]
            none = (await client.get("/Users", params={"count": -1})).json()
            searched = await client.post(
                "/Users/.search", json={"attributes": ["userName"], "sortBy": "userName",
                                        "sortOrder": "descending", "count": 1},
            )  # fmt: skip

        seen = [[each["id"] for each in page["Resources"]] for page in pages]
        assert seen == [ids[:2], ids[:2], ids[2:4], ids[4:], []]
        assert {page["totalResults"] for page in pages} == {5}
        assert (none["totalResults"], none["Resources"]) == (5, [])
        [last] = searched.json()["Resources"]
        assert (last["userName"], set(last)) == ("p4@example.com", {"schemas", "id", "userName"})


class TestBehindAProxy:
    async def test_addresses_begin_as_the_settings_say(self, open_room: OpenRoom) -> None:
        room = await open_room("intake", SCIM_URL="https://hr.example.com/scim")
        async with scim(room) as client:
            made = await create(client, a_user(1))
            types = (await client.get("/ResourceTypes")).json()

        assert made["meta"]["location"] == f"https://hr.example.com/scim/Users/{made['id']}"
        [user] = types["Resources"]
        assert user["meta"]["location"] == "https://hr.example.com/scim/ResourceTypes/User"
