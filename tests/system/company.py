"""The public HR sample as a company that takes part: what it lacks is made up from a seed."""

import csv
import json
import random
from dataclasses import dataclass
from pathlib import Path

SEED = 20260302
INTERESTS = ("data", "writing", "leadership", "design", "sales", "law", "teaching", "robotics")
FIRST = ("Ana", "Björn", "Chidi", "Dilek", "Ewa", "Farid", "Grace", "Hana", "Iñaki", "Jun")
LAST = ("Abara", "Brandt", "Çelik", "Dubois", "Ekström", "Fujita", "Garza", "Horvat", "Ito")
MENTOR_LEVELS = ("3", "4", "5")
MENTEE_LEVELS = ("1", "2")

PEOPLE_MAPPING = {
    "employee_number": "EmployeeNumber",
    "name": "Name",
    "email": "Mail",
    "department": "Department",
    "seniority": "JobLevel",
    "education_level": "Education",
    "education_field": "EducationField",
    "time_zone": {"constant": "Europe/Vienna"},
}
REGISTRATION_MAPPING = {
    "employee_number": "EmployeeNumber",
    "role": {
        "column": "JobLevel",
        "values": dict.fromkeys(MENTOR_LEVELS, "mentor") | dict.fromkeys(MENTEE_LEVELS, "mentee"),
    },
    "capacity": {
        "column": "JobLevel",
        "values": dict.fromkeys(MENTOR_LEVELS, "2") | dict.fromkeys(MENTEE_LEVELS, "0"),
    },
    "interests": "Interests",
    "wanted_departments": "Wanted",
}


@dataclass(frozen=True)
class Company:
    """A CSV file, the two mappings that read it, and its rows."""

    file: Path
    people_mapping: Path
    registration_mapping: Path
    rows: list[dict[str, str]]

    @property
    def mentors(self) -> list[dict[str, str]]:
        return [row for row in self.rows if row["JobLevel"] in MENTOR_LEVELS]

    @property
    def mentees(self) -> list[dict[str, str]]:
        return [row for row in self.rows if row["JobLevel"] in MENTEE_LEVELS]


def make_company(employees: Path, folder: Path) -> Company:
    """Write the HR sample with names, addresses, interests and wanted departments added."""
    with employees.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    chance = random.Random(SEED)
    departments = sorted({row["Department"] for row in rows})
    for row in rows:
        _complete(row, departments, chance)
    with (folder / "hr.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    (folder / "people.json").write_text(json.dumps(PEOPLE_MAPPING))
    (folder / "registrations.json").write_text(json.dumps(REGISTRATION_MAPPING))
    return Company(folder / "hr.csv", folder / "people.json", folder / "registrations.json", rows)


def _complete(row: dict[str, str], departments: list[str], chance: random.Random) -> None:
    number = row["EmployeeNumber"]
    row["Name"] = f"{chance.choice(FIRST)} {chance.choice(LAST)}-{number}"
    row["Mail"] = f"employee.{number}@canary.example"
    row["Interests"] = ";".join(chance.sample(INTERESTS, chance.randint(1, 4)))
    wanted = [d for d in departments if d != row["Department"] and chance.random() < 0.4]
    row["Wanted"] = ";".join(wanted)
