"""The people of a company, as its HR department lists them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from services.intake.domain import cells
from services.intake.domain.faults import Fault, Faults, Named, Rows
from services.intake.domain.mapping import Field, Mapped
from services.intake.domain.person import Details
from services.intake.domain.sheet import Row, read_sheet

HIGHEST_SENIORITY = 20
HIGHEST_EDUCATION = 10
MONDAY_TO_FRIDAY = (1, 2, 3, 4, 5)


class PersonRow(NamedTuple):
    """A person as one row of a file describes them.

    Attributes:
        row: The spreadsheet row.
    """

    row: int
    details: Details


FIELDS = (
    Field("employee_number", cells.text_up_to(cells.LONGEST_CODE), required=True),
    Field("name", cells.name, required=True),
    Field("email", cells.email, required=True),
    Field("department", cells.code, required=True),
    Field("seniority", cells.whole_number(1, HIGHEST_SENIORITY), required=True),
    Field("education_level", cells.whole_number(1, HIGHEST_EDUCATION)),
    Field("education_field", cells.code),
    Field("time_zone", cells.time_zone, required=True),
    Field("locale", cells.locale, otherwise="en"),
    Field("working_days", cells.working_days, otherwise=MONDAY_TO_FRIDAY),
    Field("title", cells.name),
    Field("manager_number", cells.code),
)

_DISTINCT: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "employee_number": ("employee number", str),
    "email": ("e-mail address", str.lower),
}


def read_people(lines: Iterable[str], mapped: Mapped) -> Rows[PersonRow]:
    """Read a table of people, with every fault: also repeated employee numbers and addresses.

    Args:
        lines: The table, each line with its line end.
        mapped: Where our fields come from, if not from columns with their names.

    Raises:
        FileRefused: The table as a whole can't be read.
    """
    people: Rows[PersonRow] = Rows()
    repetitions = {field: Repetitions(field, word) for field, (word, _) in _DISTINCT.items()}
    for row in read_sheet(lines, FIELDS, mapped, people.faults):
        for field, (_, same) in _DISTINCT.items():
            if field in row.values:
                repetitions[field].check(row.number, same(row.values[field]), people.faults)
        if row.complete:
            people.whole.append(_person(row))
        elif "employee_number" in row.values:
            number, email = row.values["employee_number"], row.values.get("email")
            people.named.append(Named(row.number, number, email))
    return people


class Repetitions:
    """Finds values that must differ from row to row and do not."""

    def __init__(self, field: str, word: str) -> None:
        self._field = field
        self._word = word
        self._first: dict[str, int] = {}

    def check(self, row: int, value: str, faults: Faults) -> bool:
        """Note a fault if an earlier row has the same value; says whether none has."""
        first = self._first.setdefault(value, row)
        if first != row:
            reason = f"repeats the {self._word} of row {first}"
            faults.add(Fault(row, self._field, reason))
        return first == row


def taken_elsewhere(clashes: Sequence[tuple[int, str]]) -> Iterator[Fault]:
    """The faults of rows whose e-mail address belongs to a person outside the file.

    Args:
        clashes: The row, and the employee number of the address's owner.
    """
    for row, owner in clashes:
        reason = f"belongs to employee number {owner}, who is not in the file"
        yield Fault(row, "email", reason)


def _person(row: Row) -> PersonRow:
    return PersonRow(row.number, Details(**row.values))
