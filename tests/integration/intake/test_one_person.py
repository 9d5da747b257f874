"""Writing one person at a time, by many at once, on a real database."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.intake import people_handlers
from services.intake.domain.person import (
    AddressTaken,
    Details,
    NoSuchPerson,
    NumberTaken,
    Person,
    StaleVersion,
)
from shared.ids import new_id
from tests.integration.intake.company import (
    a_person,
    an_open_programme,
    everything,
    import_people,
    register,
    told,
)
from tests.integration.intake.test_leaving import ids, leave
from tests.support.room import NOON, Room


def details(number: int, **other: Any) -> Details:
    values: dict[str, Any] = {**a_person(number), "working_days": (1, 2, 3)}
    values |= {"manager_number": None} | other
    return Details(**values)


async def add(room: Room, given: Details, *, active: bool = True) -> Person:
    async with room.units.begin() as work:
        return await people_handlers.add_person(given, work, active=active)


async def replace(
    room: Room, person_id: UUID, given: Details, *, active: bool = True, expected: int | None = None
) -> Person:
    async with room.units.begin() as work:
        return await people_handlers.replace_person(
            person_id, given, work, active=active, expected=expected
        )


class TestAdding:
    async def test_is_the_same_as_importing(self, room: Room) -> None:
        person = await add(room, details(1))

        assert person == Person(person.person_id, details(1), None, version=1)
        contact = {"name": "Ana Lima 1", "email": "p1@example.com"}
        assert await told(room, "person-contact") == [
            {"person_id": str(person.person_id)} | contact
        ]
        before = await everything(room)
        assert (await import_people(room, a_person(1)))["unchanged"] == 1
        assert await everything(room) == before

    async def test_refuses_numbers_and_addresses_of_others(self, room: Room) -> None:
        ana = await add(room, details(1))

        with pytest.raises(NumberTaken) as number:
            await add(room, details(1, email="new@example.com"))
        with pytest.raises(AddressTaken) as address:
            await add(room, details(2, email="P1@example.com"))

        assert number.value.owner == address.value.owner == ana.person_id

    async def test_of_somebody_inactive_tells_nothing(self, room: Room) -> None:
        person = await add(room, details(1), active=False)

        assert person.left_at == NOON
        assert await room.outbox() == []

    async def test_a_leaver_is_a_re_hire(self, room: Room) -> None:
        ana = await add(room, details(1))
        await leave(room, "E1")

        again = await add(room, details(1, email="ana@example.com"))

        assert (again.person_id, again.left_at, again.version) == (ana.person_id, None, 3)
        *_, last = await told(room, "person-contact")
        assert last["email"] == "ana@example.com"


class TestReplacing:
    async def test_tells_what_differs(self, room: Room) -> None:
        ana = await add(room, details(1))
        programme_id = await an_open_programme(room)
        await register(room, programme_id, {"employee_number": "E1", "role": "mentee"})
        before = len(await room.outbox())

        law = await replace(room, ana.person_id, details(1, department="Law"), expected=1)
        await replace(room, ana.person_id, details(1, department="Law", name="Zoë"), expected=2)
        await replace(room, ana.person_id, details(1, department="Law", name="Zoë", title="CEO"))

        assert law.version == 2
        assert [row["aggregatetype"] for row in (await room.outbox())[before:]] == [
            "participant-registered", "person-contact",
        ]  # fmt: skip
        _, last = await told(room, "participant-registered")
        assert last["profile"]["department"] == "Law"

    async def test_with_nothing_new_does_nothing(self, room: Room) -> None:
        ana = await add(room, details(1))
        before = await everything(room)

        assert await replace(room, ana.person_id, details(1), expected=1) == ana
        assert await everything(room) == before

    async def test_lets_leave_and_come_back(self, room: Room) -> None:
        ana = await add(room, details(1))
        programme_id = await an_open_programme(room)
        await register(room, programme_id, {"employee_number": "E1", "role": "mentee"})

        left = await replace(room, ana.person_id, details(1), active=False)
        assert (left.left_at, left.version) == (NOON, 2)
        [withdrawn] = await told(room, "participant-withdrawn")
        assert withdrawn["reason"] == "left-company"

        back = await replace(room, ana.person_id, details(1), active=True)
        assert (back.left_at, back.version) == (None, 3)
        assert [event is None for event in await told(room, "person-contact")] == [
            False, True, False,
        ]  # fmt: skip

    async def test_of_a_leaver_tells_nobody_their_new_address(self, room: Room) -> None:
        ana = await add(room, details(1), active=False)

        await replace(room, ana.person_id, details(1, email="new@example.com"), active=False)

        assert await room.outbox() == []

    async def test_lets_reports_follow_a_new_number(self, room: Room) -> None:
        ana = await add(room, details(1))
        await add(room, details(2, manager_number="E1"))

        await replace(room, ana.person_id, details(1, employee_number="X1"))

        [ben] = await room.rows("SELECT * FROM person WHERE employee_number = 'E2'")
        assert (ben["manager_number"], ben["version"]) == ("X1", 1)

    async def test_refuses_what_is_stale_unknown_or_taken(self, room: Room) -> None:
        ana = await add(room, details(1))
        ben = await add(room, details(2))
        before = await everything(room)

        with pytest.raises(StaleVersion):
            await replace(room, ana.person_id, details(1, title="CEO"), expected=7)
        with pytest.raises(NoSuchPerson):
            await replace(room, new_id(), details(3))
        with pytest.raises(NumberTaken):
            await replace(room, ben.person_id, details(2, employee_number="E1"))
        with pytest.raises(AddressTaken):
            await replace(room, ben.person_id, details(2, email="p1@example.com"))
        assert await everything(room) == before


class TestManyWriters:
    async def test_lose_no_update(self, room: Room) -> None:
        ana = await add(room, details(1))

        async def retitle(turn: int) -> str | None:
            try:
                await replace(room, ana.person_id, details(1, title=f"T{turn}"), expected=1)
            except StaleVersion:
                return None
            return f"T{turn}"

        written = await asyncio.gather(*(retitle(turn) for turn in range(8)))

        [held] = await room.rows("SELECT title, version FROM person")
        assert [title for title in written if title] == [held["title"]]
        assert held["version"] == 2

    async def test_give_an_address_to_one_of_them(self, room: Room) -> None:
        given = [details(number, email="same@example.com") for number in range(8)]

        answers = await asyncio.gather(*(add(room, each) for each in given), return_exceptions=True)

        assert sum(isinstance(answer, Person) for answer in answers) == 1
        assert sum(isinstance(answer, AddressTaken) for answer in answers) == 7

    async def test_leave_the_newest_profile_told(self, room: Room) -> None:
        people = [await add(room, details(number)) for number in range(12)]
        programme_id = await an_open_programme(room)
        items = [{"employee_number": f"E{number}", "role": "mentee"} for number in range(12)]

        await asyncio.gather(
            register(room, programme_id, *items),
            *(
                replace(room, person.person_id, person.details._replace(department="Law"))
                for person in people
            ),
        )

        newest = {e["participant_id"]: e for e in await told(room, "participant-registered")}
        assert {event["profile"]["department"] for event in newest.values()} == {"Law"}
        assert len(newest) == 12

    async def test_register_nobody_who_leaves_meanwhile(self, room: Room) -> None:
        await import_people(room, *(a_person(number) for number in range(10)))
        programme_id = await an_open_programme(room)

        await asyncio.gather(
            *(leave(room, f"E{number}") for number in range(10)),
            *(
                register(room, programme_id, {"employee_number": f"E{number}", "role": "mentee"})
                for number in range(10)
            ),
        )

        active = await room.rows("SELECT FROM participant WHERE withdrawn_at IS NULL")
        assert active == []
        assert len(await ids(room)) == 10
