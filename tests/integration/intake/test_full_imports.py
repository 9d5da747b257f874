"""Files that list everybody, and previews of files, on a real database."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.intake.company import (
    a_person,
    an_open_programme,
    everything,
    import_people,
    participants,
    register,
    send,
    table,
    told,
)
from tests.support.room import Room

PATH = "/v1/people/imports"
TEN = [a_person(number) for number in range(10)]


async def take(room: Room, rows: Sequence[Mapping[str, object]], **fields: object) -> Any:
    answer = await send(room, PATH, table(rows), None, **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def active(room: Room) -> set[str]:
    rows = await room.rows("SELECT employee_number FROM person WHERE left_at IS NULL")
    return {row["employee_number"] for row in rows}


class TestFullFiles:
    async def test_let_the_absent_leave_with_their_events(self, room: Room) -> None:
        await import_people(room, *TEN)
        programme_id = await an_open_programme(room)
        await register(room, programme_id, {"employee_number": "E9", "role": "mentee"})

        report = await take(room, TEN[:9], full=True)

        assert report == {
            "rows": 9, "imported": 0, "came_back": 0, "changed": 0, "unchanged": 9, "left": 1,
        }  # fmt: skip
        assert "E9" not in await active(room)
        [event] = await told(room, "participant-withdrawn")
        assert event["reason"] == "left-company"
        assert (await told(room, "person-contact"))[-1] is None
        held = await participants(room, programme_id)
        assert held["Ana Lima 9"]["withdrawn_because"] == "left-company"

    async def test_that_are_not_said_to_be_full_remove_nobody(self, room: Room) -> None:
        await import_people(room, *TEN)

        report = await take(room, TEN[:1])

        assert report["left"] == 0
        assert len(await active(room)) == 10

    async def test_sent_again_change_nothing(self, room: Room) -> None:
        await import_people(room, *TEN)
        await take(room, TEN[:9], full=True)
        before = await everything(room)

        report = await take(room, TEN[:9], full=True)

        assert (report["unchanged"], report["left"]) == (9, 0)
        assert await everything(room) == before

    async def test_bring_back_whom_they_list_again(self, room: Room) -> None:
        await import_people(room, *TEN)
        await take(room, TEN[:9], full=True)

        report = await take(room, TEN, full=True)

        assert (report["came_back"], report["left"]) == (1, 0)
        assert len(await active(room)) == 10
        assert (await told(room, "person-contact"))[-1]["email"] == "p9@example.com"

    async def test_may_give_a_leavers_address_to_somebody_else(self, room: Room) -> None:
        await import_people(room, *TEN)
        heir = a_person(11, email="p9@example.com")
        refused = await send(room, PATH, table([*TEN[:9], heir]))
        assert refused.json()["code"] == "bad-rows"

        report = await take(room, [*TEN[:9], heir], full=True)

        assert (report["imported"], report["left"]) == (1, 1)


class TestManyLeavers:
    async def test_are_refused_with_their_number(self, room: Room) -> None:
        await import_people(room, *TEN)
        before = await everything(room)

        answer = await send(room, PATH, table(TEN[:8]), full=True)

        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "too-many-leaving")
        assert (problem["leaving"], problem["active"]) == (2, 10)
        assert "confirm_leaving=2" in problem["detail"]
        assert await everything(room) == before

    async def test_are_refused_if_another_number_was_confirmed(self, room: Room) -> None:
        await import_people(room, *TEN)

        answer = await send(room, PATH, table(TEN[:8]), full=True, confirm_leaving=3)

        assert answer.json()["code"] == "too-many-leaving"
        assert len(await active(room)) == 10

    async def test_leave_when_their_number_is_confirmed(self, room: Room) -> None:
        await import_people(room, *TEN)

        report = await take(room, TEN[:8], full=True, confirm_leaving=2)

        assert report["left"] == 2
        assert len(await active(room)) == 8

    async def test_are_not_asked_about_while_rows_are_wrong(self, room: Room) -> None:
        await import_people(room, *TEN)

        answer = await send(room, PATH, table([a_person(1, seniority="high")]), full=True)

        assert answer.json()["code"] == "bad-rows"


class TestDryRuns:
    async def test_say_what_would_change_and_change_nothing(self, room: Room) -> None:
        await import_people(room, *TEN)
        await take(room, TEN[:9], full=True)
        before = await everything(room)
        rows = [*TEN[2:8], a_person(0, department="Law", title=""), TEN[9], a_person(12)]

        preview = await take(room, rows, full=True, dry_run=True)

        differences = {each["employee_number"]: each for each in preview.pop("differences")}
        assert preview == {
            "rows": 9, "new": 1, "changed": 1, "coming_back": 1, "leaving": 2, "unchanged": 6,
            "needs_confirm_leaving": True,
        }  # fmt: skip
        assert {number: each["kind"] for number, each in differences.items()} == {
            "E12": "new", "E0": "changed", "E9": "coming-back", "E1": "leaving", "E8": "leaving",
        }  # fmt: skip
        assert (differences["E0"]["row"], differences["E1"]["row"]) == (8, None)
        assert differences["E0"]["changes"] == {
            "department": {"from": "Sales", "to": "Law"},
            "title": {"from": "Counsel", "to": None},
        }
        assert await everything(room) == before

    async def test_agree_with_the_import_that_follows(self, room: Room) -> None:
        await import_people(room, *TEN)
        rows = [a_person(1, name="Zoë"), *TEN[2:], a_person(20)]

        preview = await take(room, rows, full=True, dry_run=True)
        report = await take(room, rows, full=True)

        assert not preview["needs_confirm_leaving"]
        assert [preview[kind] for kind in ("new", "changed", "leaving", "unchanged")] == [
            report[kind] for kind in ("imported", "changed", "left", "unchanged")
        ]

    async def test_of_files_that_are_not_full_let_nobody_leave(self, room: Room) -> None:
        await import_people(room, *TEN)

        preview = await take(room, TEN[:1], dry_run=True)

        assert (preview["leaving"], preview["differences"]) == (0, [])

    async def test_list_a_hundred_of_a_kind_and_count_all(self, room: Room) -> None:
        preview = await take(room, [a_person(number) for number in range(130)], dry_run=True)

        assert (preview["new"], len(preview["differences"])) == (130, 100)
        assert [each["row"] for each in preview["differences"][:3]] == [2, 3, 4]

    async def test_refuse_what_the_import_would_refuse(self, room: Room) -> None:
        await import_people(room, *TEN)
        thief = a_person(11, email="P1@example.com")

        answer = await send(room, PATH, table([thief]), dry_run=True)

        assert (answer.status_code, answer.json()["code"]) == (422, "bad-rows")


class TestTheSample:
    @pytest.mark.parametrize("confirmed", [None, 237])
    async def test_loses_those_who_left_once_their_number_is_confirmed(
        self, room: Room, hr_employees: Path, confirmed: int | None
    ) -> None:
        with hr_employees.open(encoding="utf-8-sig", newline="") as file:
            employees = list(csv.DictReader(file))
        await take(room, [sample_row(each) for each in employees])
        stayers = [sample_row(each) for each in employees if each["Attrition"] == "No"]

        fields = {} if confirmed is None else {"confirm_leaving": confirmed}
        answer: httpx.Response = await send(room, PATH, table(stayers), None, full=True, **fields)

        if confirmed is None:
            assert (answer.json()["leaving"], answer.json()["active"]) == (237, 1470)
            assert len(await active(room)) == 1470
        else:
            assert answer.json()["left"] == 237
            assert len(await active(room)) == 1233


def sample_row(employee: Mapping[str, str]) -> dict[str, object]:
    number = int(employee["EmployeeNumber"])
    return a_person(
        number,
        department=employee["Department"],
        seniority=employee["JobLevel"],
        education_field=employee["EducationField"],
        title=employee["JobRole"],
    )
