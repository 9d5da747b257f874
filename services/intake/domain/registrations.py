"""Who takes part in a programme, as what, and with which answers."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.intake.domain import cells
from services.intake.domain.errors import IntakeError
from services.intake.domain.faults import Fault, Faults, Named, Rows
from services.intake.domain.mapping import Field, Mapped
from services.intake.domain.people import Repetitions
from services.intake.domain.sheet import read_sheet
from tandem_events import CodedAnswers, ParticipantRegistered, Profile

HIGHEST_CAPACITY = 50
MENTEE = "mentee"
NO_ANSWERS = "{}"
ROLES = ("mentor", MENTEE, "both")


class Withdrawal(StrEnum):
    """Why somebody leaves a programme."""

    OWN_WISH = "own-wish"
    LEFT_COMPANY = "left-company"
    COORDINATOR = "coordinator"


class RegistrationRow(NamedTuple):
    """A registration as it was sent in.

    Attributes:
        place: The spreadsheet row, or the index in a JSON list.
        employee_number: Who, unless `person_id` says it.
        capacity: How many mentees a mentor takes; None leaves it to the programme's policy.
        time_zone: Another one than HR knows, as are locale and working days; None keeps HR's.
    """

    place: int
    employee_number: str | None
    person_id: UUID | None
    role: str
    capacity: int | None
    wanted_departments: tuple[str, ...]
    interests: tuple[str, ...]
    time_zone: str | None
    locale: str | None
    working_days: tuple[int, ...] | None


class Participant(NamedTuple):
    """A participant, whole: what HR knows of the person and what they answered.

    Attributes:
        available: Whether they may be matched; who pauses is not, and keeps their pairs.
        answers: Coded answers of a questionnaire, as the JSON of `CodedAnswers`.
    """

    participant_id: UUID
    person_id: UUID
    programme_id: UUID
    role: str
    capacity: int
    time_zone: str
    locale: str
    working_days: Sequence[int]
    department: str
    wanted_departments: Sequence[str]
    seniority: int
    interests: Sequence[str]
    education_level: int | None
    education_field: str | None
    available: bool = True
    answers: str = NO_ANSWERS


class Absent(NamedTuple):
    """A registration of somebody who is not with the company.

    Attributes:
        place: Where it stands.
        by_number: Whether the person was named by employee number.
        has_left: Whether they were with the company once.
    """

    place: int
    by_number: bool
    has_left: bool


PROFILE_FIELDS = frozenset({"department", "seniority", "education_level", "education_field"})
"""What HR knows of a person that every registration tells."""

FIELDS = (
    Field("employee_number", cells.text_up_to(cells.LONGEST_CODE), required=True),
    Field("role", cells.one_of(*ROLES), required=True),
    Field("capacity", cells.whole_number(0, HIGHEST_CAPACITY)),
    Field("wanted_departments", cells.codes, otherwise=()),
    Field("interests", cells.codes, otherwise=()),
    Field("time_zone", cells.time_zone),
    Field("locale", cells.locale),
    Field("working_days", cells.working_days),
)


class NoSuchParticipant(IntakeError):
    """There is no participant with this id."""

    def __init__(self, participant_id: UUID) -> None:
        self.participant_id = participant_id
        super().__init__(f"There is no participant {participant_id}.")


class AlreadyWithdrawn(IntakeError):
    """A participant has left before."""

    def __init__(self, participant_id: UUID) -> None:
        self.participant_id = participant_id
        super().__init__(f"Participant {participant_id} has withdrawn already.")


def read_registrations(lines: Iterable[str], mapped: Mapped) -> Rows[RegistrationRow]:
    """Read a table of registrations, with every fault: also repeated employee numbers.

    Args:
        lines: The table, each line with its line end.
        mapped: Where our fields come from, if not from columns with their names.

    Raises:
        FileRefused: The table as a whole can't be read.
    """
    registrations: Rows[RegistrationRow] = Rows()
    faults = registrations.faults
    repetitions = Repetitions("employee_number", "employee number")
    for row in read_sheet(lines, FIELDS, mapped, faults):
        values = row.values
        _check_capacity(row.number, values.get("role"), values.get("capacity"), faults)
        number = values.get("employee_number")
        if number is None or not repetitions.check(row.number, number, faults):
            continue
        if row.complete:
            registrations.whole.append(RegistrationRow(row.number, person_id=None, **values))
        else:
            registrations.named.append(Named(row.number, number))
    return registrations


def listed_registrations(rows: Sequence[RegistrationRow]) -> Rows[RegistrationRow]:
    """Registrations that come as a list instead of a table, with every fault."""
    registrations = Rows(list(rows))
    for row in rows:
        _check_capacity(row.place, row.role, row.capacity, registrations.faults)
    return registrations


def with_capacities(rows: Sequence[RegistrationRow], of_a_mentor: int) -> list[RegistrationRow]:
    """The registrations with every capacity settled; a mentee's is 0.

    Args:
        rows: The registrations.
        of_a_mentor: The capacity of a mentor who does not say one.
    """
    return [
        row._replace(capacity=0 if row.role == MENTEE else row.capacity or of_a_mentor)
        for row in rows
    ]


def absent_people(rows: Iterable[Absent]) -> Iterable[Fault]:
    """The faults of registrations of people who are not with the company."""
    for row in rows:
        field = "employee_number" if row.by_number else "person_id"
        who = "somebody who has left" if row.has_left else "nobody who was imported"
        yield Fault(row.place, field, f"belongs to {who}")


def repeated_people(rows: Iterable[tuple[int, int]]) -> Iterable[Fault]:
    """The faults of registrations that name a person again.

    Args:
        rows: The place, and the place where the person was named first.
    """
    for place, first in rows:
        yield Fault(place, None, f"registers the same person as {first}")


def no_newcomers(places: Iterable[int]) -> Iterable[Fault]:
    """The faults of registrations, at these places, that came after enrolment had closed."""
    for place in places:
        yield Fault(place, None, "registers somebody who could have signed up before it closed")


def told(participant: Participant) -> ParticipantRegistered:
    """The registration as an event."""
    return ParticipantRegistered(
        participant_id=participant.participant_id,
        person_id=participant.person_id,
        programme_id=participant.programme_id,
        role=participant.role,
        capacity=participant.capacity,
        time_zone=participant.time_zone,
        locale=participant.locale,
        working_days=tuple(participant.working_days),
        profile=Profile(
            department=participant.department,
            wanted_departments=tuple(participant.wanted_departments),
            seniority=participant.seniority,
            interests=tuple(participant.interests),
            education_level=participant.education_level,
            education_field=participant.education_field,
        ),
        available=participant.available,
        answers=_coded(participant.answers),
    )


def _coded(answers: str) -> CodedAnswers:
    return CodedAnswers() if answers == NO_ANSWERS else CodedAnswers.model_validate_json(answers)


def _check_capacity(place: int, role: str | None, capacity: int | None, faults: Faults) -> None:
    if role == MENTEE and capacity:
        faults.add(Fault(place, "capacity", "must be 0 or empty for a mentee"))
    if role is not None and role != MENTEE and capacity == 0:
        faults.add(Fault(place, "capacity", "must be at least 1 for a mentor"))
