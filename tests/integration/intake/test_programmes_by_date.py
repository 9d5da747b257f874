"""Programmes that go on by themselves, on a real database and a clock that is set by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.intake.domain.by_date import next_move
from services.intake.domain.programmes import Kind, Programme, State
from services.intake.handlers import move_programmes_by_date
from services.intake.store import programmes as store
from shared.ids import new_id
from tandem_events import Policies
from tests.integration.intake.company import an_open_programme, call, programme_body, told
from tests.support.room import NOON, Room

JUST_BEFORE = timedelta(microseconds=1)


async def live_until(room: Room, instant: datetime) -> int:
    """Let the schedule act at an instant until it has nothing more to do; how often it acted."""
    room.clock.instant = instant
    moved = 0
    while True:
        async with room.units.begin() as work:
            done = await move_programmes_by_date(work)
        if not done:
            return moved
        moved += done


async def states(room: Room) -> list[str]:
    return [event["state"] for event in await told(room, "programme-changed")]


class TestAProgramme:
    async def test_lives_by_its_dates_across_both_changes_of_the_clocks_each_move_once(
        self, room: Room
    ) -> None:
        """Berlin's summer time begins on 29 March and ends on 25 October 2026."""
        body = programme_body(
            enrolment_opens_at="2026-03-10T08:00:00Z", enrolment_closes_at="2026-03-20T08:00:00Z",
            starts_on="2026-03-29", ends_on="2026-10-25", time_zone="Europe/Berlin",
            opens_by_date=True,
        )  # fmt: skip
        await call(room, "POST", "/v1/programmes", body)
        turning_points = [
            datetime(2026, 3, 10, 8, tzinfo=UTC), datetime(2026, 3, 20, 8, tzinfo=UTC),
            datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC),
        ]  # fmt: skip

        moves = [
            (await live_until(room, at - JUST_BEFORE), await live_until(room, at))
            for at in turning_points
        ]

        assert moves == [(0, 1)] * 4
        assert await states(room) == ["draft", "open", "closed", "running", "ended"]

    async def test_that_was_forgotten_for_a_year_catches_up_to_its_end(self, room: Room) -> None:
        await an_open_programme(room)

        moved = await live_until(room, NOON + timedelta(days=400))

        assert moved == 3
        assert (await states(room))[-1] == "ended"

    async def test_that_nobody_scheduled_stays_a_draft(self, room: Room) -> None:
        await call(room, "POST", "/v1/programmes", programme_body())

        assert await live_until(room, NOON + timedelta(days=400)) == 0

    async def test_whose_enrolment_passed_unnoticed_gives_its_opening_up(self, room: Room) -> None:
        await call(room, "POST", "/v1/programmes", programme_body(opens_by_date=True))

        await live_until(room, NOON + timedelta(days=30))

        assert await states(room) == ["draft", "draft"]

    async def test_that_is_always_open_runs_while_people_register(self, room: Room) -> None:
        body = programme_body(
            kind="always-open", opens_by_date=True, enrolment_closes_at="2026-11-01T00:00:00Z"
        )
        await call(room, "POST", "/v1/programmes", body)

        await live_until(room, NOON)
        await live_until(room, NOON + timedelta(days=300))

        assert await states(room) == ["draft", "open", "running", "ended"]


class TestTheDatabase:
    async def test_finds_due_programmes_at_the_instants_that_the_rule_says(
        self, room: Room
    ) -> None:
        zones = ("UTC", "Europe/Berlin", "Africa/Cairo", "America/Santiago", "Pacific/Apia")
        made = [
            replace(_programme(state, kind), time_zone=zone, opens_by_date=by_date)
            for state in State
            for kind in Kind
            for zone in zones
            for by_date in (True, False)
        ]

        async with room.units.begin() as work:
            for programme in made:
                await store.put(work, programme)
        rows = await room.rows("SELECT programme_id, moves_at FROM programme")

        found: dict[UUID, datetime | None] = {row["programme_id"]: row["moves_at"] for row in rows}
        moves = {programme.programme_id: next_move(programme) for programme in made}
        assert found == {key: move and move[0] for key, move in moves.items()}


def _programme(state: State, kind: Kind) -> Programme:
    """It starts and ends on days on which Cairo and Santiago have no midnight."""
    return Programme(
        new_id(), "Spring", state, NOON, NOON + timedelta(days=20), date(2026, 4, 24),
        date(2026, 9, 5), Policies(), kind,
    )  # fmt: skip
