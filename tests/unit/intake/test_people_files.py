"""Files of people, and what is wrong with them."""

import contextlib
import csv
import io
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.cells import WrongCell, email, name
from services.intake.domain.decoding import lines_of
from services.intake.domain.errors import IntakeError
from services.intake.domain.faults import MOST_FAULTS_LISTED, Fault, Named, RowsRefused
from services.intake.domain.people import FIELDS, PersonRow, read_people, taken_elsewhere
from services.intake.domain.person import Details

HEADER = [field.name for field in FIELDS]


def a_row(number: int, **other: object) -> dict[str, object]:
    row = {
        "employee_number": f"E{number}", "name": "Ana Lima", "email": f"p{number}@example.com",
        "department": "Sales", "seniority": 2, "education_level": 3, "education_field": "Law",
        "time_zone": "Europe/Berlin", "locale": "de", "working_days": "1;2;3",
        "title": "Counsel", "manager_number": "E7",
    }  # fmt: skip
    return row | other


def lines(*rows: Mapping[str, object]) -> list[str]:
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return list(lines_of([text.getvalue().encode()]))


def faults_of(rows: Sequence[dict[str, object]]) -> list[Fault]:
    with pytest.raises(RowsRefused) as refused:
        read_people(lines(*rows), {}).faults.refuse()
    return refused.value.faults.listed


def _read_or_none(text: str) -> bool:
    try:
        return bool(name(text))
    except WrongCell:
        return False


names = st.text(st.characters(exclude_characters="\r"), min_size=1, max_size=30).filter(
    _read_or_none
)


class TestReadPeople:
    def test_gives_a_person_per_row(self) -> None:
        people = read_people(lines(a_row(1, education_level="", education_field="")), {}).whole

        assert people == [
            PersonRow(2, Details("E1", "Ana Lima", "p1@example.com", "Sales", 2, None, None,
                                 "Europe/Berlin", "de", (1, 2, 3), "Counsel", "E7"))
        ]  # fmt: skip

    def test_names_both_rows_of_a_repeated_employee_number(self) -> None:
        faults = faults_of([a_row(1), a_row(2), a_row(3, employee_number="E1")])

        assert faults == [Fault(4, "employee_number", "repeats the employee number of row 2")]

    def test_names_both_rows_of_a_repeated_address_in_whatever_case(self) -> None:
        faults = faults_of([a_row(1), a_row(2, email="P1@Example.com")])

        assert faults == [Fault(3, "email", "repeats the e-mail address of row 2")]

    def test_notices_repetitions_in_rows_that_are_wrong_otherwise(self) -> None:
        faults = faults_of([a_row(1, seniority=0), a_row(1, email="p2@example.com")])

        assert [fault.place for fault in faults] == [2, 3]

    def test_keeps_whom_a_wrong_row_names(self) -> None:
        people = read_people(lines(a_row(1, seniority=0), a_row(2, email="?")), {})

        assert people.named == [Named(2, "E1", "p1@example.com"), Named(3, "E2", None)]

    def test_tells_all_of_a_hundred_wrong_rows(self) -> None:
        faults = faults_of([a_row(i, seniority=i % 2) for i in range(200)])

        assert [fault.place for fault in faults] == list(range(2, 202, 2))

    def test_lists_so_many_faults_and_counts_the_rest(self) -> None:
        rows = [a_row(i, seniority="x", time_zone="Mars/Base") for i in range(MOST_FAULTS_LISTED)]

        with pytest.raises(RowsRefused) as refused:
            read_people(lines(*rows), {}).faults.refuse()

        faults = refused.value.faults
        assert len(faults.listed) == MOST_FAULTS_LISTED
        assert (faults.total, faults.rows) == (2 * MOST_FAULTS_LISTED, MOST_FAULTS_LISTED)

    @given(st.lists(names, min_size=1, max_size=20))
    def test_gives_back_what_was_written(self, given_names: list[str]) -> None:
        rows = [a_row(i, name=text) for i, text in enumerate(given_names)]

        people = read_people(lines(*rows), {}).whole
        again = [person.details._asdict() | {"working_days": "1;2;3"} for person in people]

        assert [person.details.name for person in people] == [name(text) for text in given_names]
        assert read_people(lines(*again), {}).whole == people

    @given(
        st.lists(
            st.lists(
                st.text(st.characters(codec="utf-8"), max_size=12),
                min_size=len(HEADER),
                max_size=len(HEADER),
            ),
            max_size=5,
        )
    )
    def test_of_any_cells_is_read_or_refused(self, table: list[list[str]]) -> None:
        rows = [dict(zip(HEADER, cells, strict=True)) for cells in table]

        with contextlib.suppress(IntakeError):
            people = read_people(lines(a_row(1), *rows), {}).whole

            assert all(email(person.details.email) for person in people)


class TestTakenElsewhere:
    def test_says_whose_address_it_is(self) -> None:
        faults = taken_elsewhere([(7, "E9")])

        assert list(faults) == [
            Fault(7, "email", "belongs to employee number E9, who is not in the file")
        ]
