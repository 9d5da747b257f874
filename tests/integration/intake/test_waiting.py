"""Who waits for a place, and what leavers, files and campaigns make of it, on a real database."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.intake import people_handlers
from tests.integration.intake.company import an_open_programme, register
from tests.integration.intake.signing import mine, people, settle, sheet, sign_up
from tests.integration.intake.test_campaigns import MONDAY, a_campaign, heard, live
from tests.support.room import Room


async def leave_company(room: Room, *person_ids: UUID) -> None:
    async with room.units.begin() as work:
        await people_handlers.leave(person_ids, work)


async def standings(room: Room, programme: UUID, *person_ids: UUID) -> list[str]:
    return [(await sheet(room, programme, person))["standing"] for person in person_ids]


@pytest.fixture
async def queue(room: Room) -> tuple[UUID, list[UUID]]:
    """A programme with one place, which the first of four has; the others wait in order."""
    programme, four = await an_open_programme(room), await people(room, 1, 2, 3, 4)
    await settle(room, programme, places=1)
    for person in four:
        await sign_up(room, programme, person)
        room.clock.instant += timedelta(minutes=1)
    return programme, four


class TestTheQueue:
    async def test_moves_up_for_who_leaves_the_company(
        self, room: Room, queue: tuple[UUID, list[UUID]]
    ) -> None:
        programme, (ana, bo, cleo, dan) = queue

        await leave_company(room, ana, bo)

        assert await standings(room, programme, cleo, dan) == ["registered", "waiting"]
        kept = await room.rows("SELECT person_id FROM sign_up ORDER BY sent_at")
        assert [row["person_id"] for row in kept] == [ana, cleo, dan]

    async def test_lets_go_whom_a_file_registers(
        self, room: Room, queue: tuple[UUID, list[UUID]]
    ) -> None:
        programme, (ana, bo, cleo, dan) = queue

        await register(room, programme, {"person_id": str(bo), "role": "mentee"})
        await mine(room, bo, "POST", f"{programme}/withdraw", {})

        assert await standings(room, programme, ana, bo) == ["registered", "withdrawn"]
        await leave_company(room, ana)
        assert await standings(room, programme, cleo, dan) == ["registered", "waiting"]

    async def test_hears_no_more_of_the_campaign(self, room: Room) -> None:
        ana, bo = await people(room, 1, 2)
        room.clock.instant = MONDAY
        programme = await a_campaign(room)
        await live(room, MONDAY + timedelta(days=1))
        await settle(room, programme, places=1)
        for person in (ana, bo):
            await sign_up(room, programme, person)
        told = await heard(room)

        await live(room, MONDAY + timedelta(days=60))

        assert set(told) == {str(ana), str(bo)}
        assert await heard(room) == told
