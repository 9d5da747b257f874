"""What is wrong with a list of rows, collected before anything is written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from services.intake.domain.errors import IntakeError

R = TypeVar("R")

MOST_FAULTS_LISTED = 1000
"""A report lists as many faults at most, and always says how many there are."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in one row.

    Attributes:
        place: The spreadsheet row (the header is row 1), or the index in a JSON list (from 0).
        field: The field of ours that it is about; None when it is about the whole row.
        reason: What is wrong, in words that follow "it …".
    """

    place: int
    field: str | None
    reason: str


class Faults:
    """Collects faults; keeps the first ones, counts all."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.listed: list[Fault] = []
        self.total = 0
        self._places: set[int] = set()
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """Note one more."""
        self.total += 1
        self._places.add(fault.place)
        if len(self.listed) < MOST_FAULTS_LISTED:
            self.listed.append(fault)

    @property
    def rows(self) -> int:
        """How many rows have a fault."""
        return len(self._places)

    def refuse(self) -> None:
        """Do nothing if there is no fault.

        Raises:
            RowsRefused: There is one, or more.
        """
        if self.total:
            self.listed.sort(key=lambda fault: fault.place)
            raise RowsRefused(self)


class Named(NamedTuple):
    """What a row with a fault still says of whom it is about, so that this is checked too."""

    place: int
    employee_number: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Rows(Generic[R]):
    """What was read of a list of rows, and what is wrong so far.

    Attributes:
        whole: The rows in which everything could be read.
        named: The others, as far as they name somebody.
        faults: What is wrong; what is stored may add to it before all is refused together.
    """

    whole: list[R] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)

    def __len__(self) -> int:
        """How many rows can be taken."""
        return len(self.whole)


class RowsRefused(IntakeError):
    """Some rows are wrong, so none was taken; `faults` says which and why."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        rows = "1 row is" if faults.rows == 1 else f"{faults.rows} rows are"
        super().__init__(f"{rows} wrong, so nothing was taken; put them right and send all again.")
