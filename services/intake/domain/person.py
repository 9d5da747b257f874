"""One person as HR knows them, and the rules for changing them."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.intake.domain.errors import IntakeError


class Details(NamedTuple):
    """What HR says of a person.

    Attributes:
        employee_number: The same number is the same person.
        email: One address per person who has not left, whatever its case.
        seniority: A level from 1, higher is more senior.
        education_level: A level from 1.
        working_days: Days of the week, 1 is Monday.
        manager_number: The employee number of their manager, who need not be known (yet).
    """

    employee_number: str
    name: str
    email: str
    department: str
    seniority: int
    education_level: int | None
    education_field: str | None
    time_zone: str
    locale: str
    working_days: tuple[int, ...]
    title: str | None = None
    manager_number: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person, whole.

    Attributes:
        left_at: Since when they are with the company no longer; None while they are.
        version: Counted up by each change.
    """

    person_id: UUID
    details: Details
    left_at: datetime | None
    version: int


class NoSuchPerson(IntakeError):
    """There is nobody with this id or address; the sentence does not repeat it."""

    def __init__(self) -> None:
        super().__init__("There is nobody of this id or address.")


class NumberTaken(IntakeError):
    """An employee number belongs to somebody else; the sentence does not repeat it."""

    def __init__(self, owner: UUID) -> None:
        self.owner = owner
        super().__init__(f"The employee number belongs to person {owner}.")


class AddressTaken(IntakeError):
    """An e-mail address belongs to somebody else; the sentence does not repeat it."""

    def __init__(self, owner: UUID) -> None:
        self.owner = owner
        super().__init__(f"The e-mail address belongs to person {owner}.")


class StaleVersion(IntakeError):
    """A person has been changed since the caller looked."""

    def __init__(self, person_id: UUID, expected: int, held: int) -> None:
        self.person_id = person_id
        self.expected = expected
        self.held = held
        super().__init__(f"Person {person_id} is at version {held}, no longer at {expected}.")


def check_version(person: Person, expected: int | None) -> None:
    """Do nothing if the person is as the caller knows them, or the caller does not mind.

    Raises:
        StaleVersion: Somebody has changed them meanwhile.
    """
    if expected is not None and person.version != expected:
        raise StaleVersion(person.person_id, expected, person.version)


def amended(person: Person, details: Details, *, active: bool, now: datetime) -> Person:
    """The person with these details, with the company or not; the same one if nothing differs."""
    left_at = None if active else person.left_at or now
    if (details, left_at) == (person.details, person.left_at):
        return person
    return replace(person, details=details, left_at=left_at, version=person.version + 1)


def changed_fields(before: Details, after: Details) -> frozenset[str]:
    """The names of the fields that differ."""
    return frozenset(
        field for field, old, new in zip(Details._fields, before, after, strict=True) if old != new
    )
