"""What a file of people would change, and how many people one file may let go."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from services.intake.domain.errors import IntakeError
from services.intake.domain.person import Details, changed_fields

MOST_LEAVING_PERCENT = 10
"""More of the people leaving by one file are likelier a mistake than a fact."""

MOST_DIFFERENCES_LISTED = 100
"""A preview lists as many people of each kind at most, and always says how many there are."""


class Kind(StrEnum):
    """What would become of a person."""

    NEW = "new"
    CHANGED = "changed"
    COMING_BACK = "coming-back"
    LEAVING = "leaving"


class Change(NamedTuple):
    """A field's value before and after."""

    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Difference:
    """What a file would change of one person.

    Attributes:
        row: The spreadsheet row; None for who is absent from the file.
        changes: The fields that would differ, in our order; of who is new, all that are said.
    """

    kind: Kind
    row: int | None
    employee_number: str
    name: str
    changes: Mapping[str, Change]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would change.

    Attributes:
        rows: How many people the file lists.
        counts: How many people each kind of change concerns.
        active: How many people are with the company now.
        differences: The first of each kind.
    """

    rows: int
    counts: Mapping[Kind, int]
    active: int
    differences: list[Difference]

    @property
    def needs_confirmation(self) -> bool:
        """Whether so many would leave that the number must be confirmed."""
        return many_leave(self.counts[Kind.LEAVING], self.active)


class TooManyLeaving(IntakeError):
    """A file that is said to list everybody lacks many; `leaving` of `active` would leave."""

    def __init__(self, leaving: int, active: int) -> None:
        self.leaving = leaving
        self.active = active
        super().__init__(
            f"{leaving} of {active} people are not in the file and would leave, more than "
            f"{MOST_LEAVING_PERCENT} %. Nothing was changed. If the file is whole, send it again "
            f"with confirm_leaving={leaving}."
        )


def many_leave(leaving: int, active: int) -> bool:
    """Say whether more than a tenth of the people who are there would leave."""
    return leaving * 100 > active * MOST_LEAVING_PERCENT


def check_leaving(leaving: int, active: int, confirmed: int | None) -> None:
    """Do nothing if so many may leave: few, or exactly as many as somebody has confirmed.

    Raises:
        TooManyLeaving: They are many, and nobody or another number was confirmed.
    """
    if many_leave(leaving, active) and confirmed != leaving:
        raise TooManyLeaving(leaving, active)


def changes(before: Details | None, after: Details) -> dict[str, Change]:
    """The fields that differ, in our order; of somebody new, those that say something."""
    if before is None:
        given = after._asdict().items()
        return {field: Change(None, value) for field, value in given if value is not None}
    differing = changed_fields(before, after)
    return {
        field: Change(getattr(before, field), getattr(after, field))
        for field in Details._fields
        if field in differing
    }
