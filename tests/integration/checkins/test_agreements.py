"""Default agreements end with their programme, also when its end moves."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.checkins import handlers
from services.checkins.store import agreements
from tests.integration.checkins.couples import LAST_DAY, Couple, a_programme, tell, told
from tests.support.room import NOON, Room

LONGER = LAST_DAY + timedelta(days=90)
SHORTER = LAST_DAY - timedelta(days=90)


async def follow(room: Room) -> int:
    """Let the schedule act until it rests; returns how many agreements followed."""
    followed = 0
    while True:
        async with room.units.begin() as work:
            number = await handlers.let_agreements_follow_their_programme(work)
        if not number:
            return followed
        followed += number


async def rests(room: Room) -> bool:
    async with room.units.reading() as work:
        return await agreements.moved_since(work) is None


async def ends(room: Room) -> dict[UUID, date]:
    rows = await room.rows("SELECT pair_id, expected_end FROM agreement")
    return {row["pair_id"]: row["expected_end"] for row in rows}


class TestADefaultAgreement:
    @pytest.mark.parametrize("ends_on", [LONGER, SHORTER])
    async def test_follows_the_end_of_its_programme_and_tells_of_it(
        self, room: Room, ends_on: date
    ) -> None:
        couple = Couple()
        await tell(room, a_programme(), *couple.story())
        room.clock.instant = NOON + timedelta(days=30)

        await tell(room, a_programme(ends_on=ends_on), sequence=2)
        followed = await follow(room)

        assert followed == 1
        first, second = await told(room, "agreement-made")
        assert second == first | {
            "expected_end": ends_on.isoformat(),
            "made_at": "2026-04-01T12:00:00Z",
        }
        assert await ends(room) == {couple.pair_id: ends_on}
        assert await rests(room)

    async def test_is_told_under_a_higher_sequence(self, room: Room) -> None:
        await tell(room, a_programme(), *Couple().story())

        await tell(room, a_programme(ends_on=LONGER), sequence=2)
        await follow(room)

        rows = await room.rows(
            "SELECT sequence FROM bus.outbox WHERE aggregatetype = 'agreement-made'"
            " ORDER BY position"
        )
        assert [row["sequence"] for row in rows] == [1, 2]

    async def test_stays_when_anything_else_of_the_programme_changes(self, room: Room) -> None:
        await tell(room, a_programme(), *Couple().story())

        await tell(room, a_programme(hour=8), sequence=2)

        assert await follow(room) == 0
        assert await rests(room)

    async def test_of_a_pair_that_has_ended_stays(self, room: Room) -> None:
        ended, other = Couple(), Couple()
        await tell(room, a_programme(), *ended.story(), *other.story())
        await tell(room, ended.ended())

        await tell(room, a_programme(ends_on=LONGER), sequence=2)

        assert await follow(room) == 1
        assert await ends(room) == {ended.pair_id: LAST_DAY, other.pair_id: LONGER}

    async def test_follows_in_batches_though_the_end_moves_twice(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(handlers, "BATCH", 2)
        couples = [Couple() for _ in range(7)]
        await tell(room, a_programme(), *(e for c in couples for e in c.story()))

        await tell(room, a_programme(ends_on=LONGER), sequence=2)
        async with room.units.begin() as work:
            await handlers.let_agreements_follow_their_programme(work)
        assert not await rests(room)
        await tell(room, a_programme(ends_on=SHORTER), sequence=3)
        await follow(room)

        assert {*(await ends(room)).values()} == {SHORTER}
        assert await rests(room)


class TestAnAgreementOfThePartners:
    async def test_stays_as_they_made_it(self, room: Room) -> None:
        couple = Couple()
        await tell(room, a_programme(), *couple.story())
        await room.rows("UPDATE agreement SET origin = 'partners'")

        await tell(room, a_programme(ends_on=LONGER), sequence=2)

        assert await follow(room) == 0
        assert await ends(room) == {couple.pair_id: LAST_DAY}
