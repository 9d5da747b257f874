"""Rules of registrations."""

from uuid import UUID

import pytest

from services.intake.domain.faults import Fault, RowsRefused
from services.intake.domain.mapping import Source
from services.intake.domain.registrations import (
    Absent,
    Participant,
    RegistrationRow,
    absent_people,
    listed_registrations,
    read_registrations,
    repeated_people,
    told,
    with_capacities,
)


def a_row(role: str, capacity: int | None, place: int = 0) -> RegistrationRow:
    return RegistrationRow(place, "E1", None, role, capacity, (), (), None, None, None)


def faults_of(text: str) -> list[Fault]:
    with pytest.raises(RowsRefused) as refused:
        read_registrations(text.splitlines(keepends=True), {}).faults.refuse()
    return refused.value.faults.listed


class TestReadRegistrations:
    def test_reads_answers_separated_by_semicolons(self) -> None:
        text = "employee_number,role,capacity,interests,wanted_departments\nE1,Both,3,a;b,Sales\n"

        rows = read_registrations(text.splitlines(keepends=True), {}).whole

        assert rows == [
            RegistrationRow(2, "E1", None, "both", 3, ("Sales",), ("a", "b"), None, None, None)
        ]

    def test_makes_roles_and_capacities_of_a_level(self) -> None:
        role = Source("JobLevel", values={"1": "mentee", "3": "mentor"})
        capacity = Source("JobLevel", values={"1": "0", "3": "2"})

        rows = read_registrations(
            ["EmployeeNumber,JobLevel\n", "7,1\n", "8,3\n"],
            {"employee_number": Source("EmployeeNumber"), "role": role, "capacity": capacity},
        )

        assert [(row.role, row.capacity) for row in rows.whole] == [("mentee", 0), ("mentor", 2)]

    def test_refuses_unknown_roles_and_people_named_again(self) -> None:
        faults = faults_of("employee_number,role\nE1,mentor\nE2,boss\nE1,mentee\n")

        assert faults == [
            Fault(3, "role", "is none of mentor, mentee, both"),
            Fault(4, "employee_number", "repeats the employee number of row 2"),
        ]


class TestCapacities:
    @pytest.mark.parametrize(
        ("role", "asked", "settled"),
        [("mentor", None, 4), ("mentor", 2, 2), ("both", None, 4), ("mentee", None, 0),
         ("mentee", 0, 0)],
    )  # fmt: skip
    def test_settles_what_was_left_open(self, role: str, asked: int | None, settled: int) -> None:
        [row] = with_capacities([a_row(role, asked)], of_a_mentor=4)

        assert row.capacity == settled

    def test_refuses_mentees_with_places_and_mentors_without(self) -> None:
        rows = [a_row("mentee", 1, 0), a_row("mentor", 0, 1), a_row("both", 0, 2)]

        assert [fault.place for fault in listed_registrations(rows).faults.listed] == [0, 1, 2]

    def test_refuses_them_in_a_table_too_whatever_else_is_wrong(self) -> None:
        faults = faults_of("employee_number,role,capacity,time_zone\nE1,mentee,1,Mars/Base\n")

        assert [fault.field for fault in faults] == ["time_zone", "capacity"]


class TestWrongPeople:
    def test_are_told_by_the_field_that_named_them(self) -> None:
        faults = absent_people(
            [Absent(3, by_number=True, has_left=False), Absent(5, by_number=False, has_left=True)]
        )

        assert [fault.field for fault in faults] == ["employee_number", "person_id"]

    def test_who_come_twice_are_told_with_the_first_place(self) -> None:
        [fault] = repeated_people([(5, 2)])

        assert fault == Fault(5, None, "registers the same person as 2")


class TestTold:
    def test_joins_what_hr_knows_and_what_was_answered(self) -> None:
        participant = Participant(
            UUID(int=1), UUID(int=2), UUID(int=3), "mentor", 2, "Asia/Tokyo", "ja", [1, 2],
            "Sales", ["Law"], 4, ["Writing"], None, None,
        )  # fmt: skip

        event = told(participant)

        assert event.working_days == (1, 2)
        assert event.profile.department == "Sales"
        assert event.profile.wanted_departments == ("Law",)
        assert (event.profile.seniority, event.profile.education_level) == (4, None)
