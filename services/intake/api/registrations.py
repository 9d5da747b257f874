"""Registrations over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field, model_validator

from services.intake import handlers, signing_up
from services.intake.api.models import After, Asked, Limit, Page, Steward, Trimmed, read_by
from services.intake.api.refusals import refusals, refusals_of_list, refusals_of_table
from services.intake.api.uploads import CsvFile, MappingText, mapping_of, read_table
from services.intake.domain import cells
from services.intake.domain.registrations import (
    HIGHEST_CAPACITY,
    RegistrationRow,
    Withdrawal,
    listed_registrations,
    read_registrations,
)
from services.intake.store import participants, programmes
from shared.api import UnitsOf

router = APIRouter(prefix="/v1", tags=["registrations"])

MOST_REGISTRATIONS = 100_000

Number = Annotated[str, Trimmed, read_by(cells.text_up_to(cells.LONGEST_CODE))]
Code = Annotated[str, Field(max_length=200)]
Codes = Annotated[tuple[Code, ...], Field(max_length=100), read_by(cells.several_codes)]
TimeZone = Annotated[str, Trimmed, read_by(cells.time_zone)]
Locale = Annotated[str, Trimmed, read_by(cells.locale)]
Day = Annotated[int, Field(ge=1, le=7, strict=True)]


class Registration(Asked):
    """Who takes part, as what, with which answers; HR's facts are not asked again."""

    employee_number: Number | None = None
    person_id: UUID | None = None
    role: Literal["mentor", "mentee", "both"]
    capacity: int | None = Field(default=None, ge=0, le=HIGHEST_CAPACITY, strict=True)
    wanted_departments: Codes = ()
    interests: Codes = ()
    time_zone: TimeZone | None = None
    locale: Locale | None = None
    working_days: Annotated[frozenset[Day], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_name(self) -> "Registration":
        if (self.employee_number is None) == (self.person_id is None):
            message = "name the person by employee_number or by person_id"
            raise ValueError(message)
        return self

    def row(self, index: int) -> RegistrationRow:
        """The registration as the domain takes it."""
        return RegistrationRow(
            place=index,
            employee_number=self.employee_number,
            person_id=self.person_id,
            role=self.role,
            capacity=self.capacity,
            wanted_departments=self.wanted_departments,
            interests=self.interests,
            time_zone=self.time_zone,
            locale=self.locale,
            working_days=tuple(sorted(self.working_days)) if self.working_days else None,
        )


Registrations = Annotated[list[Registration], Body(min_length=1, max_length=MOST_REGISTRATIONS)]


class RegistrationReport(BaseModel):
    """What became of a list of registrations; who comes back counts as registered."""

    rows: int
    registered: int
    changed: int
    unchanged: int


class ParticipantView(BaseModel):
    """A registration, with what HR knows of the person."""

    participant_id: UUID
    person_id: UUID
    name: str
    role: str
    capacity: int
    department: str
    wanted_departments: list[str]
    interests: list[str]
    time_zone: str
    locale: str
    working_days: list[int]
    registered_at: datetime
    withdrawn_at: datetime | None
    withdrawn_because: str | None


class Leave(Asked):
    """Why a participant leaves."""

    reason: Withdrawal


@router.post("/programmes/{programme_id}/registrations", summary="Register people, all or none")
async def register_people(
    programme_id: UUID, body: Registrations, units: UnitsOf, caller: Steward
) -> RegistrationReport:
    """New participants are added, known ones brought up to date, withdrawn ones taken back.

    A list with a fault changes nothing; the problem's `errors` lists index, field and reason.
    """
    rows = listed_registrations([item.row(index) for index, item in enumerate(body)])
    with refusals_of_list():
        async with units.begin(caller.cause) as work:
            return _view(await handlers.register(programme_id, rows, work))


@router.post(
    "/programmes/{programme_id}/registrations/imports",
    summary="Register people from a CSV file, all or none",
)
async def import_registrations(
    programme_id: UUID,
    file: CsvFile,
    units: UnitsOf,
    caller: Steward,
    mapping: MappingText = "{}",
) -> RegistrationReport:
    """The same from a table; interests and wanted departments are separated by semicolons."""
    mapped = mapping_of(mapping)
    with refusals_of_table(mapped):
        rows = await read_table(file, mapped, read_registrations)
        async with units.begin(caller.cause) as work:
            return _view(await handlers.register(programme_id, rows, work))


@router.get("/programmes/{programme_id}/registrations", summary="List registrations")
async def list_registrations(
    programme_id: UUID,
    units: UnitsOf,
    _caller: Steward,
    after: After = None,
    limit: Limit = 100,
) -> Page[ParticipantView]:
    """Registrations of a programme, withdrawn ones too, page by page."""
    with refusals():
        async with units.reading() as work:
            await programmes.get(work, programme_id)
            records = await participants.page(work, programme_id, after, limit)
    found = [ParticipantView(**record) for record in records]
    last = found[-1].participant_id if len(found) == limit else None
    return Page(items=found, next=last)


@router.post(
    "/registrations/{participant_id}/withdraw",
    status_code=204,
    summary="Let a participant leave the programme",
)
async def withdraw(participant_id: UUID, body: Leave, units: UnitsOf, caller: Steward) -> None:
    """They can be registered again later, under the same id; who waits first gets the place."""
    with refusals():
        async with units.begin(caller.cause) as work:
            await signing_up.withdraw(participant_id, body.reason, work)


def _view(report: handlers.Report) -> RegistrationReport:
    return RegistrationReport(
        rows=report.rows,
        registered=report.new,
        changed=report.changed,
        unchanged=report.unchanged,
    )
