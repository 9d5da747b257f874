"""Registrations over HTTP, on a real database."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from shared.ids import new_id
from tests.integration.intake.company import (
    REGISTRATION_HEADER,
    a_person,
    an_open_programme,
    call,
    everything,
    import_people,
    participants,
    programme_body,
    register,
    send,
    table,
    told,
)
from tests.support.room import Room

MENTOR = {
    "employee_number": "E1", "role": "mentor", "interests": ["Writing", "Data", "Writing"],
    "wanted_departments": ["Law"], "working_days": [3, 1],
}  # fmt: skip
MENTEE = {"employee_number": "E2", "role": "mentee"}


@pytest.fixture
async def programme_id(room: Room) -> UUID:
    """An open programme, and three people."""
    await import_people(room, a_person(1), a_person(2), a_person(3))
    return await an_open_programme(room)


class TestRegistering:
    async def test_tells_each_participant_whole(self, room: Room, programme_id: UUID) -> None:
        answer = await register(room, programme_id, MENTOR, MENTEE)

        assert answer.json() == {"rows": 2, "registered": 2, "changed": 0, "unchanged": 0}
        events = {event["role"]: event for event in await told(room, "participant-registered")}
        assert events["mentor"]["capacity"] == 2
        assert events["mentor"]["working_days"] == [1, 3]
        assert events["mentor"]["profile"] == {
            "department": "Sales", "wanted_departments": ["Law"], "seniority": 2,
            "interests": ["Writing", "Data"], "education_level": 3, "education_field": "Law",
        }  # fmt: skip
        assert (events["mentee"]["capacity"], events["mentee"]["time_zone"]) == (0, "Europe/Berlin")

    async def test_again_tells_only_what_differs(self, room: Room, programme_id: UUID) -> None:
        await register(room, programme_id, MENTOR, MENTEE)

        answer = await register(room, programme_id, MENTOR | {"capacity": 5}, MENTEE)

        assert answer.json() == {"rows": 2, "registered": 0, "changed": 1, "unchanged": 1}
        *first, last = await told(room, "participant-registered")
        assert (len(first), last["capacity"]) == (2, 5)
        assert last["participant_id"] in {event["participant_id"] for event in first}

    async def test_names_people_by_id_too(self, room: Room, programme_id: UUID) -> None:
        listed = (await call(room, "GET", "/v1/people", None)).json()["items"]

        answer = await register(
            room, programme_id, {"person_id": listed[0]["person_id"], "role": "both"}
        )

        assert answer.json()["registered"] == 1

    async def test_at_once_twice_registers_once(self, room: Room, programme_id: UUID) -> None:
        answers = await asyncio.gather(
            *(register(room, programme_id, MENTOR, MENTEE) for _ in range(5))
        )

        assert sum(answer.json()["registered"] for answer in answers) == 2
        assert len(await told(room, "participant-registered")) == 2


class TestWrongRegistrations:
    async def test_are_told_one_by_one_and_none_is_taken(
        self, room: Room, programme_id: UUID
    ) -> None:
        before = await everything(room)
        person_id = (await room.rows("SELECT person_id FROM person WHERE employee_number = 'E1'"))[
            0
        ]["person_id"]

        answer = await register(
            room,
            programme_id,
            MENTOR,
            {"employee_number": "E77", "role": "mentee"},
            {"person_id": str(new_id()), "role": "mentee"},
            {"person_id": str(person_id), "role": "mentee"},
        )

        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["bad_rows"]) == (422, "bad-rows", 3)
        assert [(e["index"], e["field"], e["pointer"]) for e in problem["errors"]] == [
            (1, "employee_number", "/body/1/employee_number"),
            (2, "person_id", "/body/2/person_id"),
            (3, None, "/body/3"),
        ]
        assert await everything(room) == before

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("role", "boss"), ("capacity", 51), ("capacity", True), ("interests", ["a\x00"]),
            ("interests", [str(n) for n in range(21)]), ("time_zone", "Mars/Base"),
            ("locale", "english"), ("working_days", [8]), ("working_days", []),
            ("wanted_departments", ["x" * 81]), ("seniority", 3), ("person_id", "E1"),
        ],
    )  # fmt: skip
    async def test_that_are_malformed_are_refused_by_field(
        self, room: Room, programme_id: UUID, field: str, value: object
    ) -> None:
        before = await everything(room)

        answer = await register(room, programme_id, MENTEE, MENTOR | {field: value})

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
        assert answer.json()["errors"][0]["pointer"].startswith(f"/body/1/{field}")
        assert await everything(room) == before

    async def test_of_nobody_are_refused(self, room: Room, programme_id: UUID) -> None:
        answer = await register(room, programme_id, {"role": "mentee"})

        assert answer.json()["errors"][0]["pointer"] == "/body/0"

    async def test_of_a_mentee_with_places_are_refused(
        self, room: Room, programme_id: UUID
    ) -> None:
        answer = await register(room, programme_id, MENTEE | {"capacity": 1})

        assert answer.json()["errors"] == [
            {
                "index": 0,
                "field": "capacity",
                "pointer": "/body/0/capacity",
                "reason": "must be 0 or empty for a mentee",
            }
        ]

    async def test_in_a_programme_that_is_not_open_are_refused(self, room: Room) -> None:
        await import_people(room, a_person(1))
        draft = (await call(room, "POST", "/v1/programmes", programme_body())).json()

        answer = await register(room, draft["programme_id"], MENTOR)

        assert (answer.status_code, answer.json()["code"]) == (409, "programme-not-open")

    async def test_after_the_closing_instant_are_refused_before_the_schedule_comes(
        self, room: Room, programme_id: UUID
    ) -> None:
        room.clock.instant += timedelta(days=20)

        answer = await register(room, programme_id, MENTOR)

        assert (answer.status_code, answer.json()["code"]) == (409, "programme-not-open")

    async def test_in_no_programme_are_refused(self, room: Room) -> None:
        answer = await register(room, new_id(), MENTOR)

        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-programme")


class TestFilesOfRegistrations:
    async def test_are_taken_as_lists_are(self, room: Room, programme_id: UUID) -> None:
        rows: list[dict[str, object]] = [
            {"employee_number": "E1", "role": "mentor", "capacity": 3, "interests": "Data; Law"},
            {"employee_number": "E2", "role": "mentee", "wanted_departments": "Law"},
        ]
        path = f"/v1/programmes/{programme_id}/registrations/imports"

        answer = await send(room, path, table(rows, REGISTRATION_HEADER))

        assert answer.json() == {"rows": 2, "registered": 2, "changed": 0, "unchanged": 0}
        held = await participants(room, programme_id)
        assert held["Ana Lima 1"]["interests"] == ["Data", "Law"]
        assert held["Ana Lima 2"]["wanted_departments"] == ["Law"]

    async def test_with_unknown_people_are_refused_by_row_and_column(
        self, room: Room, programme_id: UUID
    ) -> None:
        file = b"Nr,role\nE1,mentor\nE77,mentee\n"
        path = f"/v1/programmes/{programme_id}/registrations/imports"
        before = await everything(room)

        answer = await send(room, path, file, {"employee_number": "Nr"})

        assert answer.json()["errors"] == [
            {"row": 3, "column": "Nr", "reason": "belongs to nobody who was imported"}
        ]
        assert await everything(room) == before

    async def test_tell_all_faults_of_a_file_at_once(self, room: Room, programme_id: UUID) -> None:
        file = b"employee_number,role,time_zone\nE77,boss,\nE1,mentor,Mars/Base\nE78,mentee,\n"
        path = f"/v1/programmes/{programme_id}/registrations/imports"

        answer = await send(room, path, file)

        assert [(e["row"], e["column"]) for e in answer.json()["errors"]] == [
            (2, "role"), (2, "employee_number"), (3, "time_zone"), (4, "employee_number"),
        ]  # fmt: skip
        assert answer.json()["bad_rows"] == 3


class TestWithdrawing:
    async def test_is_told_and_ends_the_state(self, room: Room, programme_id: UUID) -> None:
        await register(room, programme_id, MENTOR)
        participant_id = (await participants(room, programme_id))["Ana Lima 1"]["participant_id"]
        path = f"/v1/registrations/{participant_id}/withdraw"

        answer = await call(room, "POST", path, {"reason": "left-company"})

        assert answer.status_code == 204
        [withdrawn] = await told(room, "participant-withdrawn")
        assert withdrawn["reason"] == "left-company"
        assert (await told(room, "participant-registered"))[-1] is None
        rows = [row for row in await room.outbox() if row["subject"] == participant_id]
        assert [(row["aggregatetype"], row["sequence"]) for row in rows] == [
            ("participant-registered", 1),
            ("participant-withdrawn", 2),
            ("participant-registered", 3),
        ]

    async def test_twice_is_refused(self, room: Room, programme_id: UUID) -> None:
        await register(room, programme_id, MENTOR)
        participant_id = (await participants(room, programme_id))["Ana Lima 1"]["participant_id"]
        path = f"/v1/registrations/{participant_id}/withdraw"

        answers = [await call(room, "POST", path, {"reason": "own-wish"}) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [204, 409]
        assert answers[1].json()["code"] == "already-withdrawn"

    async def test_lets_one_come_back_under_the_same_id(
        self, room: Room, programme_id: UUID
    ) -> None:
        await register(room, programme_id, MENTOR)
        participant_id = (await participants(room, programme_id))["Ana Lima 1"]["participant_id"]
        path = f"/v1/registrations/{participant_id}/withdraw"
        await call(room, "POST", path, {"reason": "own-wish"})

        answer = await register(room, programme_id, MENTOR)

        assert answer.json()["registered"] == 1
        newest = (await room.outbox())[-1]
        assert (newest["subject"], newest["sequence"]) == (participant_id, 4)
        held = await participants(room, programme_id)
        assert held["Ana Lima 1"]["withdrawn_at"] is None

    @pytest.mark.parametrize("reason", ["bored", None, "own-wish\x00"])
    async def test_needs_a_known_reason(self, room: Room, reason: str | None) -> None:
        answer = await call(
            room, "POST", f"/v1/registrations/{new_id()}/withdraw", {"reason": reason}
        )

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")

    async def test_of_nobody_is_refused(self, room: Room) -> None:
        path = f"/v1/registrations/{new_id()}/withdraw"

        answer = await call(room, "POST", path, {"reason": "own-wish"})

        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-participant")


class TestLookups:
    async def test_say_who_people_and_participants_are(
        self, room: Room, programme_id: UUID
    ) -> None:
        await register(room, programme_id, MENTOR)
        one = (await participants(room, programme_id))["Ana Lima 1"]
        unknown = str(new_id())

        people = await call(room, "POST", "/v1/people/lookup", {"ids": [one["person_id"], unknown]})
        found = await call(
            room, "POST", "/v1/participants/lookup", {"ids": [one["participant_id"], unknown]}
        )

        who = {"person_id": one["person_id"], "name": "Ana Lima 1", "department": "Sales"}
        assert people.json() == {"items": [who]}
        assert found.json() == {
            "items": [
                who
                | {
                    "participant_id": one["participant_id"],
                    "programme_id": str(programme_id),
                    "role": "mentor",
                }
            ]
        }

    async def test_of_more_than_a_thousand_are_refused(self, room: Room) -> None:
        body = {"ids": [str(new_id()) for _ in range(1001)]}

        answer = await call(room, "POST", "/v1/people/lookup", body)

        assert answer.status_code == 422

    async def test_pages_follow_one_another_to_the_end(
        self, room: Room, programme_id: UUID
    ) -> None:
        await register(room, programme_id, MENTOR, MENTEE)
        path = f"/v1/programmes/{programme_id}/registrations?limit=1"

        first = (await call(room, "GET", path)).json()
        second = (await call(room, "GET", f"{path}&after={first['next']}")).json()
        third = (await call(room, "GET", f"{path}&after={second['next']}")).json()

        assert [len(page["items"]) for page in (first, second, third)] == [1, 1, 0]
        assert third["next"] is None
