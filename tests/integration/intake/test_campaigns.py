"""Who hears of a programme, on a real database and a clock that is set by hand."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.intake.campaign_handlers import tell_whose_turn_it_is
from services.intake.handlers import move_programmes_by_date
from services.intake.people_handlers import leave
from services.intake.store.campaigns import next_due
from shared.auth import Role
from tests.integration.intake.company import (
    a_person,
    call,
    import_people,
    programme_body,
    register,
    told,
)
from tests.support.room import Room

MONDAY = datetime(2026, 3, 16, tzinfo=UTC)
WINDOW = {
    "enrolment_opens_at": MONDAY.isoformat(),
    "enrolment_closes_at": "2026-04-10T12:00:00Z",
    "starts_on": "2026-04-15",
    "invites": True,
}
ALL_STEPS = [
    ("announcement", 1), ("invitation", 1), ("reminder", 1), ("reminder", 2), ("reminder", 3),
    ("last-call", 1),
]  # fmt: skip


async def staff(room: Room, number: int = 3, **other: object) -> dict[int, UUID]:
    """So many people who work from Monday to Friday; their ids by their numbers."""
    usual = {"working_days": "1;2;3;4;5"} | other
    await import_people(room, *(a_person(each, **usual) for each in range(1, number + 1)))
    rows = await room.rows("SELECT person_id, employee_number FROM person")
    return {int(row["employee_number"][1:]): row["person_id"] for row in rows}


async def a_campaign(room: Room, **other: object) -> UUID:
    """A programme that opens by its date and invites."""
    body = programme_body(**(WINDOW | {"opens_by_date": True} | other))
    answer = await call(room, "POST", "/v1/programmes", body)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["programme_id"])


async def act(room: Room) -> None:
    """Let both schedules act until nothing is due."""
    while True:
        async with room.units.begin() as work:
            done = await move_programmes_by_date(work) + await tell_whose_turn_it_is(work)
        if not done:
            return


async def live(room: Room, until: datetime) -> None:
    """Step the clock from one due instant to the next, as a simulation does."""
    while True:
        await act(room)
        async with room.units.reading() as work:
            dues = [await next_due(work)]
        dues += [row["at"] for row in await room.rows("SELECT min(moves_at) AS at FROM programme")]
        to_come = [due for due in dues if due is not None and due <= until]
        if not to_come:
            break
        room.clock.instant = min(to_come)
    room.clock.instant = until


async def heard(room: Room) -> dict[str, list[tuple[str, int]]]:
    """What each person was told, in order."""
    found: dict[str, list[tuple[str, int]]] = {}
    for event in await told(room, "invitation-due"):
        found.setdefault(event["person_id"], []).append((event["step"], event["number"]))
    return found


async def decline(room: Room, programme_id: UUID, person_id: UUID) -> httpx.Response:
    path = f"/v1/me/programmes/{programme_id}/decline"
    async with room.api(Role.PARTICIPANT, subject=str(person_id)) as api:
        return await api.post(path)


class TestACampaign:
    async def test_tells_everybody_each_step_once_at_nine_where_they_are(self, room: Room) -> None:
        people = await staff(room, 2)
        await staff(room, 1, time_zone="America/New_York")
        programme_id = await a_campaign(room)

        await live(room, MONDAY + timedelta(days=60))

        assert await heard(room) == {str(person_id): ALL_STEPS for person_id in people.values()}
        events = await told(room, "invitation-due")
        invited = {e["time_zone"]: e["due_at"] for e in events if e["step"] == "invitation"}
        assert invited == {
            "America/New_York": "2026-03-16T13:00:00Z", "Europe/Berlin": "2026-03-16T08:00:00Z",
        }  # fmt: skip
        assert {event["programme_id"] for event in events} == {str(programme_id)}
        assert {event["closes_at"] for event in events} == {"2026-04-10T12:00:00Z"}

    async def test_leaves_those_in_peace_who_have_answered_declined_or_left(
        self, room: Room
    ) -> None:
        people = await staff(room, 4)
        programme_id = await a_campaign(room)
        await live(room, MONDAY + timedelta(days=1))

        row = {"person_id": str(people[1]), "role": "mentor"}
        assert (await register(room, programme_id, row)).status_code == 200
        assert (await decline(room, programme_id, people[2])).status_code == 204
        async with room.units.begin() as work:
            await leave([people[3]], work)
        await live(room, MONDAY + timedelta(days=60))

        first_two = ALL_STEPS[:2]
        assert await heard(room) == {
            str(people[1]): first_two, str(people[2]): first_two, str(people[3]): first_two,
            str(people[4]): ALL_STEPS,
        }  # fmt: skip

    async def test_reaches_its_departments_alone(self, room: Room) -> None:
        people = await staff(room, 2)
        await staff(room, 1, department="Law")
        await a_campaign(room, audience=["Law"])

        await live(room, MONDAY + timedelta(days=2))

        assert list(await heard(room)) == [str(people[1])]

    async def test_that_is_a_test_reaches_its_coordinator_alone(self, room: Room) -> None:
        people = await staff(room)
        assert (await call(room, "PUT", f"/v1/coordinators/{people[2]}")).status_code == 204
        await a_campaign(room, test_for=str(people[2]))

        await live(room, MONDAY + timedelta(days=60))

        assert await heard(room) == {str(people[2]): ALL_STEPS}

    async def test_that_nobody_asked_for_tells_nobody(self, room: Room) -> None:
        await staff(room)
        await a_campaign(room, invites=False)

        await live(room, MONDAY + timedelta(days=60))

        assert await heard(room) == {}

    async def test_goes_on_where_it_was_when_the_close_is_put_off(self, room: Room) -> None:
        people = await staff(room, 1)
        programme_id = await a_campaign(room)
        await live(room, MONDAY + timedelta(days=20))

        later = {"enrolment_closes_at": "2026-05-20T12:00:00Z"}
        await call(room, "PATCH", f"/v1/programmes/{programme_id}", later)
        await live(room, MONDAY + timedelta(days=70))

        assert await heard(room) == {str(people[1]): ALL_STEPS}
        events = await told(room, "invitation-due")
        assert events[-1]["due_at"] == "2026-05-18T07:00:00Z"

    async def test_invites_who_is_hired_in_the_midst_of_it(self, room: Room) -> None:
        await staff(room, 1)
        await a_campaign(room)
        await live(room, datetime(2026, 4, 1, 15, tzinfo=UTC))

        people = await staff(room, 2)
        await live(room, MONDAY + timedelta(days=60))

        assert (await heard(room))[str(people[2])] == [("invitation", 1), ("last-call", 1)]


class TestAYearlyProgramme:
    async def test_invites_and_takes_newcomers_alone_while_it_is_running(self, room: Room) -> None:
        old = await staff(room, 2)
        programme_id = await a_campaign(room, kind="yearly")
        await live(room, datetime(2026, 6, 1, 12, tzinfo=UTC))

        people = await staff(room, 3)
        await live(room, datetime(2026, 9, 1, tzinfo=UTC))
        late = await register(room, programme_id, {"person_id": str(old[1]), "role": "mentee"})
        new = await register(room, programme_id, {"person_id": str(people[3]), "role": "mentee"})

        steps = await heard(room)
        assert steps[str(people[3])] == [("invitation", 1)] + [("reminder", n) for n in (1, 2, 3)]
        assert steps[str(old[1])] == steps[str(old[2])] == ALL_STEPS
        assert (new.status_code, new.json()["registered"]) == (200, 1)
        assert (late.status_code, late.json()["code"]) == (422, "bad-rows")

    async def test_invites_a_newcomer_of_the_days_before_it_runs_when_it_does(
        self, room: Room
    ) -> None:
        await staff(room, 1)
        await a_campaign(room, kind="yearly")
        await live(room, datetime(2026, 4, 12, tzinfo=UTC))

        people = await staff(room, 2)
        await live(room, datetime(2026, 4, 16, tzinfo=UTC))

        assert (await heard(room))[str(people[2])] == [("invitation", 1)]
        [event] = [
            e for e in await told(room, "invitation-due") if e["person_id"] == str(people[2])
        ]
        assert event["due_at"] == "2026-04-15T07:00:00Z"
        assert event["closes_at"] == "2026-12-02T00:00:00Z"


class TestDeclining:
    async def test_is_refused_to_who_takes_part_and_when_nobody_can_sign_up(
        self, room: Room
    ) -> None:
        people = await staff(room, 2)
        programme_id = await a_campaign(room)
        early = await decline(room, programme_id, people[1])
        await live(room, MONDAY)
        await register(room, programme_id, {"person_id": str(people[1]), "role": "mentor"})

        taking_part = await decline(room, programme_id, people[1])

        assert (early.status_code, early.json()["code"]) == (409, "programme-not-open")
        assert (taking_part.status_code, taking_part.json()["code"]) == (409, "already-registered")

    async def test_twice_is_the_same_as_once_and_lets_one_sign_up_after_all(
        self, room: Room
    ) -> None:
        people = await staff(room, 1)
        programme_id = await a_campaign(room)
        await live(room, MONDAY)

        answers = [await decline(room, programme_id, people[1]) for _ in range(2)]
        row = {"person_id": str(people[1]), "role": "mentor"}

        assert [answer.status_code for answer in answers] == [204, 204]
        assert (await register(room, programme_id, row)).status_code == 200


class TestThePreview:
    async def test_says_which_step_goes_to_how_many_and_when(self, room: Room) -> None:
        await staff(room, 3)
        await staff(room, 1, time_zone="America/New_York")
        programme_id = await a_campaign(room)

        steps = await preview(room, programme_id)

        assert [(step["step"], step["number"]) for step in steps["steps"]] == ALL_STEPS
        assert {step["people"] for step in steps["steps"]} == {3}
        assert steps["steps"][1]["first_at"] == "2026-03-16T08:00:00Z"
        assert steps["steps"][1]["last_at"] == "2026-03-16T13:00:00Z"

    async def test_agrees_with_what_is_told_then(self, room: Room) -> None:
        people = await staff(room, 3)
        programme_id = await a_campaign(room)
        await live(room, MONDAY + timedelta(days=1))
        await decline(room, programme_id, people[1])
        before = await preview(room, programme_id)

        await live(room, MONDAY + timedelta(days=60))

        events = Counter((e["step"], e["number"]) for e in await told(room, "invitation-due"))
        after = await preview(room, programme_id)
        assert {(s["step"], s["number"]): s["told"] for s in after["steps"]} == events
        expected = {(s["step"], s["number"]): s["people"] for s in before["steps"][1:]}
        assert expected == dict.fromkeys(ALL_STEPS[1:], 2)
        assert (before["declined"], before["registered"]) == (1, 0)
        assert {events[step] for step in ALL_STEPS[2:]} == {2}

    @pytest.mark.parametrize("role", [Role.PARTICIPANT, Role.INTEGRATION])
    async def test_is_for_coordinators(self, room: Room, role: Role) -> None:
        programme_id = await a_campaign(room)

        answer = await call(room, "GET", f"/v1/programmes/{programme_id}/campaign", None, role)

        assert answer.status_code == 403


async def preview(room: Room, programme_id: UUID) -> Mapping[str, Any]:
    answer = await call(room, "GET", f"/v1/programmes/{programme_id}/campaign")
    assert answer.status_code == 200, answer.text
    found: Mapping[str, Any] = answer.json()
    return found
