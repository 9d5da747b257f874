"""What is wrong with a list of rows, collected before anything is written."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.intake.domain.errors import IntakeError

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
            raise RowsRefused(self)


class RowsRefused(IntakeError):
    """Some rows are wrong, so none was taken; `faults` says which and why."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        rows = "1 row is" if faults.rows == 1 else f"{faults.rows} rows are"
        super().__init__(f"{rows} wrong, so nothing was taken; put them right and send all again.")
