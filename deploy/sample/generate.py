"""Write the sample company, the same at every time: `python -m deploy.sample.generate`."""

import csv
import io
import random
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from deploy.sample import lists

SEED = 20_260
PEOPLE = 300
PARTICIPANTS = 240
MENTORS_FROM = 4
"""The seniority from which a participant is a mentor; one below, some are both."""

FOLDER = Path(__file__).parent
_UNFOLDABLE = str.maketrans({"ß": "ss", "'": ""})
_ONE_IN_SO_MANY_IS_BOTH = 5

T = TypeVar("T")


class Person(NamedTuple):
    """A row of people.csv."""

    employee_number: str
    name: str
    email: str
    department: str
    seniority: int
    education_level: int
    education_field: str
    time_zone: str
    locale: str
    working_days: str


class Registration(NamedTuple):
    """A row of registrations.csv."""

    employee_number: str
    role: str
    capacity: int
    interests: str
    wanted_departments: str


def sample_files() -> dict[str, bytes]:
    """The sample company's files by name."""
    chance = random.Random(SEED)  # noqa: S311 - to be the same every time, not to be unguessable
    people = _people(chance)
    taking_part = sorted(chance.sample(people, PARTICIPANTS))
    registrations = [_registration(chance, person) for person in taking_part]
    return {
        "people.csv": _table(Person._fields, people),
        "registrations.csv": _table(Registration._fields, registrations),
    }


def main() -> None:
    """Write the files beside this module."""
    for name, content in sample_files().items():
        (FOLDER / name).write_bytes(content)


def _people(chance: random.Random) -> list[Person]:
    names: set[str] = set()
    people: list[Person] = []
    while len(people) < PEOPLE:
        office = _drawn(chance, {office: office.share for office in lists.OFFICES})
        name = f"{chance.choice(office.given.split())} {chance.choice(office.family.split())}"
        if name not in names:
            names.add(name)
            people.append(_person(chance, f"E{1001 + len(people)}", name, office))
    return people


def _person(chance: random.Random, number: str, name: str, office: lists.Office) -> Person:
    department = _drawn(chance, lists.DEPARTMENTS)
    return Person(
        employee_number=number,
        name=name,
        email=f"{_folded(name)}@example.com",
        department=department,
        seniority=_drawn(chance, lists.SENIORITIES),
        education_level=_drawn(chance, lists.EDUCATION_LEVELS),
        education_field=chance.choice(lists.FIELDS_OF_STUDY[department]),
        time_zone=office.time_zone,
        locale=chance.choice(office.locales),
        working_days=_drawn(chance, lists.WORKING_DAYS),
    )


def _registration(chance: random.Random, person: Person) -> Registration:
    role = _role(chance, person)
    wanted = chance.randint(1, 2) if role != "mentor" else chance.randint(0, 1)
    others = [name for name in lists.DEPARTMENTS if name != person.department]
    return Registration(
        employee_number=person.employee_number,
        role=role,
        capacity=0 if role == "mentee" else _drawn(chance, lists.CAPACITIES),
        interests=";".join(sorted(chance.sample(lists.INTERESTS, chance.randint(2, 4)))),
        wanted_departments=";".join(chance.sample(others, wanted)),
    )


def _role(chance: random.Random, person: Person) -> str:
    if person.seniority >= MENTORS_FROM:
        return "mentor"
    may_be_both = person.seniority == MENTORS_FROM - 1
    return "both" if may_be_both and not chance.randrange(_ONE_IN_SO_MANY_IS_BOTH) else "mentee"


def _drawn(chance: random.Random, weights: Mapping[T, int]) -> T:
    return chance.choices(list(weights), list(weights.values()))[0]


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().translate(_UNFOLDABLE))
    return plain.encode("ascii", "ignore").decode().replace(" ", ".")


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


if __name__ == "__main__":
    main()
