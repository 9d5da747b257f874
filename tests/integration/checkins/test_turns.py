"""Who is asked when: whatever the order of events, and whatever changes."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from services.checkins import handlers
from tandem_events import Event, ParticipantRegistered
from tests.integration.checkins.couples import (
    APRIL,
    FIRST_DUE,
    Couple,
    a_programme,
    ask_at,
    asked_at,
    dues,
    everything,
    tell,
    told,
)
from tests.support.room import NOON, Room, tombstone_of

MAY = datetime(2026, 5, 6, 8, tzinfo=UTC)


class TestANewPair:
    async def test_begins_with_the_default_agreement(self, room: Room) -> None:
        couple = Couple()

        await tell(room, a_programme(), *couple.story())

        [made] = await told(room, "agreement-made")
        assert made["pair_id"] == str(couple.pair_id)
        assert (made["cadence"], made["channels"]) == ("twice-a-month", ["video", "phone"])
        assert (made["expected_end"], made["origin"]) == ("2026-12-18", "default")

    async def test_is_asked_on_the_programmes_weekday_and_hour_where_each_partner_is(
        self, room: Room
    ) -> None:
        couple = Couple(mentor_zone="Asia/Tokyo", mentee_zone="America/New_York")

        await tell(room, a_programme(weekday=1, hour=16), *couple.story())

        assert await dues(room) == {
            couple.mentor_id: datetime(2026, 4, 6, 7, tzinfo=UTC),
            couple.mentee_id: datetime(2026, 4, 6, 20, tzinfo=UTC),
        }

    async def test_is_not_asked_in_its_first_fortnight(self, room: Room) -> None:
        couple = Couple()
        late = datetime(2026, 3, 25, tzinfo=UTC)

        await tell(room, a_programme(), couple.mentor(), couple.mentee(), couple.formed(late))

        assert set((await dues(room)).values()) == {MAY}

    async def test_formed_near_the_end_is_never_asked(self, room: Room) -> None:
        couple = Couple()
        late = datetime(2026, 12, 1, tzinfo=UTC)

        await tell(room, a_programme(), couple.mentor(), couple.mentee(), couple.formed(late))

        assert set((await dues(room)).values()) == {None}
        assert len(await told(room, "agreement-made")) == 1


class TestTheOrderOfEvents:
    @pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
    async def test_makes_no_difference(self, room: Room, order: tuple[int, ...]) -> None:
        couple = Couple()
        events = [a_programme(), *couple.story()]

        for number in order:
            await tell(room, events[number])

        assert await dues(room) == {couple.mentor_id: FIRST_DUE, couple.mentee_id: FIRST_DUE}
        assert len(await told(room, "agreement-made")) == 1

    async def test_nor_do_repetitions_and_older_versions(self, room: Room) -> None:
        couple = Couple()
        await tell(room, a_programme(), *couple.story(), sequence=2)
        before = await everything(room)

        await tell(room, a_programme(hour=23), couple.mentor("Asia/Tokyo"), sequence=1)
        await tell(room, a_programme(), *couple.story(), sequence=2)

        assert await everything(room) == before
        assert len(await told(room, "agreement-made")) == 1

    async def test_an_end_before_the_beginning_asks_nobody(self, room: Room) -> None:
        couple = Couple()

        await tell(room, a_programme(), couple.ended())
        await tell(room, *couple.story())

        assert await dues(room) == {}
        assert await told(room, "agreement-made") == []

    async def test_at_the_same_time_loses_no_half(self, room: Room) -> None:
        couples = [Couple() for _ in range(12)]
        await tell(room, a_programme())
        halves: list[list[Event]] = [
            [p for c in couples for p in (c.mentor(), c.mentee())],
            [c.formed() for c in couples],
        ]

        for couple_halves in zip(*halves, strict=False):
            await asyncio.gather(*(tell(room, event) for event in couple_halves))
        await asyncio.gather(*(tell(room, *half) for half in halves))

        assert len(await dues(room)) == 24
        assert set((await dues(room)).values()) == {FIRST_DUE}


class TestAChange:
    async def test_of_the_zone_moves_the_turn(self, room: Room) -> None:
        couple = Couple()
        await tell(room, a_programme(), *couple.story())

        await tell(room, couple.mentor("America/New_York"), sequence=2)

        assert (await dues(room))[couple.mentor_id] == datetime(2026, 4, 1, 14, tzinfo=UTC)
        assert (await dues(room))[couple.mentee_id] == FIRST_DUE

    async def test_of_the_rules_moves_every_turn(self, room: Room) -> None:
        couple = Couple()
        await tell(room, a_programme(), *couple.story())

        await tell(room, a_programme(weekday=5, hour=9), sequence=2)

        assert set((await dues(room)).values()) == {datetime(2026, 4, 3, 7, tzinfo=UTC)}

    async def test_of_the_rules_asks_nobody_twice_in_a_month(self, room: Room) -> None:
        couple = Couple()
        await tell(room, a_programme(), *couple.story())
        assert await ask_at(room, FIRST_DUE) == 2

        await tell(room, a_programme(weekday=5), sequence=2)

        assert await ask_at(room, FIRST_DUE + timedelta(days=20)) == 0
        assert set((await dues(room)).values()) == {datetime(2026, 5, 1, 8, tzinfo=UTC)}

    async def test_a_pair_that_ends_is_asked_no_more(self, room: Room) -> None:
        couple, other = Couple(), Couple()
        await tell(room, a_programme(), *couple.story(), *other.story())

        await tell(room, couple.ended())

        assert len(await asked_at(room, FIRST_DUE)) == 2
        assert {e["pair_id"] for e in await told(room, "checkin-due")} == {str(other.pair_id)}

    async def test_who_left_keeps_a_pair_from_nothing_but_their_own(self, room: Room) -> None:
        couple = Couple()
        await tell(room, a_programme(), *couple.story())

        assert await room.take(tombstone_of(ParticipantRegistered, couple.mentor_id, 2)) == 0
        await tell(room, a_programme(hour=11), sequence=2)

        assert (await dues(room))[couple.mentee_id] == datetime(2026, 4, 1, 9, tzinfo=UTC)


class TestAsking:
    async def test_tells_of_each_partner_once_at_the_moment(self, room: Room) -> None:
        couple = Couple()
        await tell(room, a_programme(), *couple.story())

        before = await ask_at(room, FIRST_DUE - timedelta(microseconds=1))
        at = await ask_at(room, FIRST_DUE)
        after = await ask_at(room, FIRST_DUE + timedelta(days=1))

        assert (before, at, after) == (0, 2, 0)
        events = await told(room, "checkin-due")
        assert {(e["participant_id"], e["side"], e["partner_id"]) for e in events} == {
            (str(couple.mentor_id), "mentor", str(couple.mentee_id)),
            (str(couple.mentee_id), "mentee", str(couple.mentor_id)),
        }
        assert {(e["round"], e["due_at"]) for e in events} == {(APRIL, "2026-04-01T08:00:00Z")}

    async def test_goes_on_until_the_programmes_end(self, room: Room) -> None:
        await tell(room, a_programme(), *Couple().story())

        asked = 0
        day = NOON
        while day < datetime(2027, 2, 1, tzinfo=UTC):
            asked += await ask_at(room, day)
            day += timedelta(days=1)

        assert asked == 2 * 9  # April to December
        assert set((await dues(room)).values()) == {None}

    async def test_by_many_schedules_at_once_asks_each_once(self, room: Room) -> None:
        couples = [Couple() for _ in range(60)]
        await tell(room, a_programme(), *(e for c in couples for e in c.story()))

        counts = await asyncio.gather(*(ask_at(room, FIRST_DUE) for _ in range(6)))

        assert sum(counts) == 120
        rows = await room.rows("SELECT participant_id, count(*) FROM checkin GROUP BY 1")
        assert {row["count"] for row in rows} == {1}

    async def test_by_two_schedules_side_by_side_shares_the_work(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(handlers, "BATCH", 20)
        couples = [Couple() for _ in range(200)]
        await tell(room, a_programme(), *(e for c in couples for e in c.story()))
        room.clock.instant = FIRST_DUE
        done = [0, 0]

        async def run(number: int) -> None:
            while asked := await ask_at(room, FIRST_DUE):
                done[number] += asked

        await asyncio.gather(run(0), run(1))

        assert sum(done) == 400
        assert min(done) > 0
        assert len({e["checkin_id"] for e in await told(room, "checkin-due")}) == 400
