"""People who leave the company and come back, on a real database."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from services.intake import people_handlers
from services.intake.domain.person import AddressTaken
from services.intake.store import person as person_store
from shared.auth import Role
from tests.integration.intake.company import (
    a_person,
    an_open_programme,
    call,
    import_people,
    participants,
    register,
    send,
    table,
    told,
)
from tests.support.room import NOON, Room


async def ids(room: Room) -> dict[str, UUID]:
    rows = await room.rows("SELECT employee_number, person_id FROM person ORDER BY 1")
    return {row["employee_number"]: row["person_id"] for row in rows}


async def leave(room: Room, *numbers: str) -> list[UUID]:
    held = await ids(room)
    async with room.units.begin() as work:
        return await people_handlers.leave([held[number] for number in numbers], work)


async def come_back(room: Room, *numbers: str) -> list[UUID]:
    held = await ids(room)
    async with room.units.begin() as work:
        return await people_handlers.come_back([held[number] for number in numbers], work)


async def topics(room: Room) -> list[tuple[str, bool]]:
    """What was told, in order: the topic, and whether it was a tombstone."""
    return [(row["aggregatetype"], row["payload"] is None) for row in await room.outbox()]


async def enrol(room: Room, *numbers: str) -> UUID:
    programme_id = await an_open_programme(room)
    items = [{"employee_number": number, "role": "mentee"} for number in numbers]
    assert (await register(room, programme_id, *items)).status_code == 200
    return programme_id


class TestWhoLeaves:
    async def test_is_withdrawn_and_their_address_forgotten(self, room: Room) -> None:
        await import_people(room, a_person(1), a_person(2))
        programme_id = await enrol(room, "E1", "E2")
        before = len(await topics(room))

        left = await leave(room, "E1")

        assert left == [(await ids(room))["E1"]]
        assert (await topics(room))[before:] == [
            ("participant-withdrawn", False),
            ("participant-registered", True),
            ("person-contact", True),
        ]
        [withdrawn] = await told(room, "participant-withdrawn")
        assert (withdrawn["reason"], withdrawn["person_id"]) == ("left-company", str(left[0]))
        held = await participants(room, programme_id)
        assert held["Ana Lima 1"]["withdrawn_because"] == "left-company"
        assert held["Ana Lima 2"]["withdrawn_at"] is None

    async def test_leaves_once(self, room: Room) -> None:
        await import_people(room, a_person(1))
        await leave(room, "E1")
        before = await topics(room)

        assert await leave(room, "E1") == []
        assert await topics(room) == before

    async def test_keeps_their_place_in_a_programme_that_has_ended(self, room: Room) -> None:
        await import_people(room, a_person(1))
        programme_id = await enrol(room, "E1")
        await room.rows("UPDATE programme SET state = 'ended' RETURNING 1")

        await leave(room, "E1")

        assert await told(room, "participant-withdrawn") == []
        [held] = (await participants(room, programme_id)).values()
        assert held["withdrawn_at"] is None

    async def test_coordinates_no_longer_and_does_not_sign_in(self, room: Room) -> None:
        await import_people(room, a_person(1))
        person_id = (await ids(room))["E1"]
        path = f"/v1/coordinators/{person_id}"
        await call(room, "PUT", path)

        await leave(room, "E1")

        assert (await call(room, "GET", "/v1/coordinators")).json()["items"] == []
        assert (await call(room, "PUT", path)).status_code == 404
        by_id = await call(room, "GET", f"/v1/accounts/{person_id}", None, Role.PORTAL)
        address = {"email": "p1@example.com"}
        by_mail = await call(room, "POST", "/v1/accounts/find", address, Role.PORTAL)
        assert (by_id.status_code, by_mail.status_code) == (404, 404)

    async def test_cannot_be_registered(self, room: Room) -> None:
        await import_people(room, a_person(1))
        programme_id = await an_open_programme(room)
        await leave(room, "E1")

        answer = await register(room, programme_id, {"employee_number": "E1", "role": "mentee"})

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["reason"] == "belongs to somebody who has left"

    async def test_is_not_told_again_by_republishing(self, room: Room) -> None:
        await import_people(room, a_person(1), a_person(2))
        await leave(room, "E1")

        answer = await call(
            room, "POST", "/v1/republish", {"topic": "person-contact"}, Role.OPERATOR
        )

        assert answer.json()["republished"] == 1

    async def test_leaves_their_address_to_others(self, room: Room) -> None:
        await import_people(room, a_person(1))
        await leave(room, "E1")

        report = await import_people(room, a_person(2, email="P1@example.com"))

        assert report["imported"] == 1
        found = await call(
            room, "POST", "/v1/accounts/find", {"email": "p1@example.com"}, Role.PORTAL
        )
        assert found.json()["name"] == "Ana Lima 2"


class TestWhoComesBack:
    async def test_is_the_same_person_and_told_again(self, room: Room) -> None:
        await import_people(room, a_person(1))
        before = await ids(room)
        await leave(room, "E1")

        assert await come_back(room, "E1") == list(before.values())

        first, ended, again = await told(room, "person-contact")
        assert (first, ended) == (again, None)
        assert [row["sequence"] for row in await room.outbox()] == [1, 2, 3]
        assert await come_back(room, "E1") == []

    async def test_may_come_by_a_file(self, room: Room) -> None:
        await import_people(room, a_person(1))
        before = await ids(room)
        await leave(room, "E1")

        report = await import_people(room, a_person(1))

        assert (report["came_back"], report["imported"], report["changed"]) == (1, 0, 0)
        assert await ids(room) == before
        *_, last = await told(room, "person-contact")
        assert last["email"] == "p1@example.com"

    async def test_stays_withdrawn_until_registered_again(self, room: Room) -> None:
        await import_people(room, a_person(1))
        programme_id = await enrol(room, "E1")
        [before] = (await participants(room, programme_id)).values()
        await leave(room, "E1")
        await come_back(room, "E1")

        [back] = (await participants(room, programme_id)).values()
        assert back["withdrawn_because"] == "left-company"

        again = await register(room, programme_id, {"employee_number": "E1", "role": "mentor"})
        [held] = (await participants(room, programme_id)).values()
        assert again.json()["registered"] == 1
        assert (held["participant_id"], held["withdrawn_at"]) == (before["participant_id"], None)

    async def test_needs_an_address_of_their_own(self, room: Room) -> None:
        await import_people(room, a_person(1))
        await leave(room, "E1")
        await import_people(room, a_person(2, email="p1@example.com"))

        with pytest.raises(AddressTaken) as refused:
            await come_back(room, "E1")

        assert refused.value.owner == (await ids(room))["E2"]
        answer = await send(room, "/v1/people/imports", table([a_person(1)]))
        assert answer.json()["errors"][0]["column"] == "email"


async def line(room: Room, number: str) -> Sequence[str]:
    names: dict[Any, str] = {person_id: name for name, person_id in (await ids(room)).items()}
    async with room.units.reading() as work:
        above = await person_store.managers(work, UUID(str((await ids(room))[number])))
    return [names[person_id] for person_id in above]


class TestManagers:
    async def test_are_found_at_any_height_also_when_they_come_later(self, room: Room) -> None:
        await import_people(room, *(a_person(n, manager_number=f"E{n + 1}") for n in range(300)))

        assert len(await line(room, "E0")) == 299
        assert (await line(room, "E297")) == ["E298", "E299"]

    async def test_in_a_circle_end_where_it_closes(self, room: Room) -> None:
        await import_people(
            room,
            a_person(1, manager_number="E2"),
            a_person(2, manager_number="E3"),
            a_person(3, manager_number="E2"),
            a_person(4, manager_number="E4"),
        )

        assert await line(room, "E1") == ["E2", "E3"]
        assert await line(room, "E2") == ["E3"]
        assert await line(room, "E4") == []

    async def test_and_titles_are_listed_with_people(self, room: Room) -> None:
        await import_people(room, a_person(1, manager_number="E9"))

        [person] = (await call(room, "GET", "/v1/people")).json()["items"]

        assert (person["title"], person["manager_number"]) == ("Counsel", "E9")
        assert (person["left_at"], person["version"]) == (None, 1)

    async def test_of_leavers_are_listed_too(self, room: Room) -> None:
        await import_people(room, a_person(1))
        await leave(room, "E1")

        [person] = (await call(room, "GET", "/v1/people")).json()["items"]

        assert (person["left_at"], person["version"]) == (f"{NOON:%Y-%m-%dT%H:%M:%SZ}", 2)
