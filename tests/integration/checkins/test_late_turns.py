"""Turns that come late, or while rules change: nobody is asked in a burst or after the end."""

import asyncio
import random
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.checkins.domain.rounds import Rhythm, moments, turn_after
from tandem_events import Event
from tests.integration.checkins.couples import (
    APRIL,
    FIRST_DUE,
    LAST_DAY,
    Couple,
    a_programme,
    ask_at,
    asked_at,
    dues,
    tell,
    told,
)
from tests.support.room import NOON, Room

VIENNA = ZoneInfo("Europe/Vienna")
MAY = datetime(2026, 5, 6, 10, tzinfo=VIENNA)


class TestAnOutage:
    async def test_of_days_lets_the_round_be_asked_late(self, room: Room) -> None:
        await tell(room, a_programme(), *Couple().story())

        asked = await asked_at(room, FIRST_DUE + timedelta(days=13))

        assert [number for number, _ in asked] == [APRIL, APRIL]
        assert {e["due_at"] for e in await told(room, "checkin-due")} == {"2026-04-01T08:00:00Z"}

    async def test_of_weeks_passes_the_round_over(self, room: Room) -> None:
        await tell(room, a_programme(), *Couple().story())

        asked = await asked_at(room, FIRST_DUE + timedelta(days=14))

        assert asked == []
        assert set((await dues(room)).values()) == {MAY}

    async def test_of_months_brings_one_check_in_only(self, room: Room) -> None:
        couple = Couple()
        await tell(room, a_programme(), *couple.story())

        asked = await asked_at(room, datetime(2026, 9, 7, tzinfo=VIENNA))

        assert {*asked} == {(APRIL + 5, couple.mentor_id), (APRIL + 5, couple.mentee_id)}
        assert len(asked) == 2

    async def test_over_the_programmes_end_asks_nobody(self, room: Room) -> None:
        """The last round is on 2 December, the last day a week before it would be too late."""
        await tell(room, a_programme(ends_on=date(2026, 12, 9)), *Couple().story())

        asked = await asked_at(room, datetime(2026, 12, 10, tzinfo=VIENNA))

        assert asked == []
        assert set((await dues(room)).values()) == {None}

    async def test_to_the_evening_of_the_last_day_still_asks(self, room: Room) -> None:
        await tell(room, a_programme(ends_on=date(2026, 12, 9)), *Couple().story())

        asked = await asked_at(room, datetime(2026, 12, 9, 23, 59, tzinfo=VIENNA))

        assert len(asked) == 2

    async def test_that_delays_a_new_pair_skips_what_has_passed(self, room: Room) -> None:
        room.clock.instant = datetime(2026, 7, 20, tzinfo=VIENNA)

        await tell(room, a_programme(), *Couple().story())

        assert set((await dues(room)).values()) == {datetime(2026, 8, 5, 10, tzinfo=VIENNA)}


class TestAProgramme:
    async def test_that_is_shortened_while_turns_wait_asks_nobody(self, room: Room) -> None:
        await tell(room, a_programme(), *Couple().story())
        room.clock.instant = FIRST_DUE + timedelta(days=5)

        await tell(room, a_programme(ends_on=date(2026, 4, 3)), sequence=2)

        assert await asked_at(room, FIRST_DUE + timedelta(days=5)) == []

    async def test_that_is_prolonged_after_its_end_goes_on_without_a_burst(
        self, room: Room
    ) -> None:
        await tell(room, a_programme(ends_on=date(2026, 4, 30)), *Couple().story())
        await asked_at(room, FIRST_DUE)
        room.clock.instant = datetime(2026, 8, 25, tzinfo=VIENNA)

        await tell(room, a_programme(), sequence=2)

        assert set((await dues(room)).values()) == {datetime(2026, 9, 2, 10, tzinfo=VIENNA)}

    async def test_asks_once_a_month_though_rule_and_zone_change_after_each(
        self, room: Room
    ) -> None:
        couple = Couple()
        await tell(room, a_programme(weekday=1), *couple.story())
        asked = await asked_at(room, datetime(2026, 4, 6, 10, tzinfo=VIENNA))

        await tell(room, a_programme(weekday=7, hour=23), sequence=2)
        await tell(room, couple.mentor("Pacific/Honolulu"), sequence=2)

        asked += await asked_at(room, datetime(2026, 4, 30, tzinfo=VIENNA))
        assert len(asked) == len({*asked}) == 2

    async def test_that_changes_its_name_leaves_calendar_and_turns_alone(self, room: Room) -> None:
        await tell(room, a_programme(), *Couple().story())
        before = await _versions(room)

        await tell(room, a_programme(name="Another name"), sequence=2)
        await tell(room, a_programme(hour=9), sequence=1)

        assert await _versions(room) == before

    async def test_that_changes_its_hour_renews_them(self, room: Room) -> None:
        await tell(room, a_programme(), *Couple().story())
        before = await _versions(room)

        await tell(room, a_programme(hour=11), sequence=2)

        assert not {*before} & {*await _versions(room)}


class TestAnEndedPair:
    async def test_is_not_asked_for_what_waits(self, room: Room) -> None:
        couple = Couple()
        await tell(room, a_programme(), *couple.story())
        room.clock.instant = FIRST_DUE + timedelta(hours=1)

        await tell(room, couple.ended())

        assert await asked_at(room, room.clock.instant) == []

    async def test_is_not_revived_by_a_change_at_the_same_time(self, room: Room) -> None:
        for number in range(1, 9):
            couple = Couple()
            await tell(room, a_programme(hour=9), *couple.story(), sequence=2 * number)

            await asyncio.gather(
                tell(room, a_programme(hour=11), sequence=2 * number + 1),
                tell(room, couple.ended()),
            )

            assert await dues(room) == {}


class TestAClaim:
    async def test_leaves_out_a_programme_whose_rules_change_at_this_moment(
        self, room: Room
    ) -> None:
        await tell(room, a_programme(), *Couple().story())

        async with room.units.begin() as work:
            await work.connection.execute("UPDATE programme SET hour = 11")
            meanwhile = await asyncio.wait_for(ask_at(room, FIRST_DUE), 5)
        afterwards = await ask_at(room, FIRST_DUE)

        assert (meanwhile, afterwards) == (0, 2)

    async def test_holds_the_rules_until_its_check_ins_are_written(self, room: Room) -> None:
        await tell(room, a_programme(), *Couple().story())
        room.clock.instant = FIRST_DUE
        from services.checkins import handlers  # noqa: PLC0415

        async with room.units.begin() as work:
            assert await handlers.ask_whose_turn_it_is(work) == 2
            changing = asyncio.create_task(tell(room, a_programme(hour=11), sequence=2))
            [held] = await room.rows(
                "SELECT count(*) FROM (SELECT FROM programme FOR UPDATE SKIP LOCKED) AS free"
            )
        await changing

        assert held["count"] == 0
        assert set((await dues(room)).values()) == {MAY + timedelta(hours=1)}

    async def test_and_changes_at_the_same_time_agree(self, room: Room) -> None:
        couples = [Couple() for _ in range(40)]
        await tell(room, a_programme(), *(e for c in couples for e in c.story()))
        room.clock.instant = FIRST_DUE + timedelta(days=2)

        async def change() -> None:
            for number in range(2, 12):
                await tell(room, a_programme(weekday=1 + number % 3, hour=number), sequence=number)

        async def ask() -> None:
            for _ in range(20):
                await ask_at(room, room.clock.instant)

        await asyncio.gather(change(), ask(), ask())
        await asked_at(room, room.clock.instant)

        events = await told(room, "checkin-due")
        assert len(events) == len({e["participant_id"] for e in events}) == 80
        unlike = await room.rows(
            """
            SELECT FROM turn LEFT JOIN moment
                ON (moment.programme_id, moment.time_zone, round)
                    = (turn.programme_id, turn.time_zone, next_round)
            WHERE moment.due_at IS DISTINCT FROM turn.due_at
            """
        )
        assert unlike == []


class TestTheStore:
    @pytest.mark.parametrize("seed", range(6))
    async def test_does_as_the_rule_says(self, room: Room, seed: int) -> None:
        """A course of changes and outages, followed by the pure rule as well."""
        chance = random.Random(seed)
        couple = Couple()
        await tell(room, a_programme(), *couple.story())
        rule, zone, last = _rhythm(), "Europe/Vienna", -1
        for sequence in range(2, 22):
            event, rule, zone = _a_change(chance, couple, rule, zone)
            await tell(room, event, sequence=sequence)
            now = room.clock.instant + timedelta(hours=chance.randint(0, 900))
            expected = turn_after(moments(rule, zone), last, NOON, now)
            is_due = expected is not None and expected.due_at <= now

            asked = [n for n, who in await asked_at(room, now) if who == couple.mentor_id]

            assert asked == ([expected.round] if expected and is_due else [])
            last = asked[-1] if asked else last
            following = turn_after(moments(rule, zone), last, NOON, now)
            assert (await dues(room))[couple.mentor_id] == (following and following.due_at)


def _rhythm(every: int = 1, weekday: int = 3, hour: int = 10, ends_on: date = LAST_DAY) -> Rhythm:
    return Rhythm(every, weekday, hour, date(2026, 3, 2), ends_on)


def _a_change(
    chance: random.Random, couple: Couple, rule: Rhythm, zone: str
) -> tuple[Event, Rhythm, str]:
    if chance.randrange(2):
        zone = chance.choice(["Pacific/Kiritimati", "Pacific/Honolulu", "Africa/Cairo"])
        return couple.mentor(zone), rule, zone
    every, weekday, hour = chance.randint(1, 3), chance.randint(1, 7), chance.randint(0, 23)
    ends_on = LAST_DAY + timedelta(days=chance.randint(-200, 400))
    event = a_programme(ends_on=ends_on, every_months=every, weekday=weekday, hour=hour)
    return event, _rhythm(every, weekday, hour, ends_on), zone


async def _versions(room: Room) -> list[str]:
    """Which version each row of the calendar and each turn is, as the database numbers them."""
    query = """
        SELECT 'moment ' || xmin || ctid AS version FROM moment
        UNION ALL SELECT 'turn ' || xmin || ctid FROM turn ORDER BY version
    """
    return [row["version"] for row in await room.rows(query)]
