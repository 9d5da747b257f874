"""People over HTTP."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.intake import people_handlers
from services.intake.api.imports import (
    ConfirmLeaving,
    DryRun,
    Full,
    ImportPreview,
    ImportReport,
    preview_view,
    report_view,
)
from services.intake.api.models import After, Found, Ids, Limit, Page, Steward, Teller
from services.intake.api.refusals import refusals_of_table
from services.intake.api.uploads import CsvFile, MappingText, mapping_of, read_table
from services.intake.domain.people import read_people
from services.intake.store import participants, people
from shared.api import UnitsOf

router = APIRouter(prefix="/v1", tags=["people"])


class Person(BaseModel):
    """A person, as HR lists them; `left_at` is null while they are with the company."""

    person_id: UUID
    employee_number: str
    name: str
    email: str
    department: str
    seniority: int
    education_level: int | None
    education_field: str | None
    time_zone: str
    locale: str
    working_days: list[int]
    title: str | None
    manager_number: str | None
    left_at: datetime | None
    version: int


class PersonName(BaseModel):
    """Who a person is."""

    person_id: UUID
    name: str
    department: str


class ParticipantName(BaseModel):
    """Who a participant is."""

    participant_id: UUID
    person_id: UUID
    programme_id: UUID
    name: str
    department: str
    role: str


@router.post("/people/imports", summary="Import people from a CSV file, all or none")
async def import_people(  # noqa: PLR0913, PLR0917 - a form's fields
    file: CsvFile,
    units: UnitsOf,
    caller: Steward,
    mapping: MappingText = "{}",
    full: Full = False,  # noqa: FBT002 - a form's field
    dry_run: DryRun = False,  # noqa: FBT002 - a form's field
    confirm_leaving: ConfirmLeaving = None,
) -> ImportReport | ImportPreview:
    """New people are added, known ones (by employee number) brought up to date.

    Nobody leaves by being absent, unless the file is said to list everybody (`full`). A file with
    a fault changes nothing; the problem's `errors` lists row, column and reason.
    """
    mapped = mapping_of(mapping)
    with refusals_of_table(mapped):
        rows = await read_table(file, mapped, read_people)
        async with units.begin(caller.cause) as work:
            if dry_run:
                return preview_view(await people_handlers.preview_people(rows, work, full=full))
            report = await people_handlers.import_people(
                rows, work, full=full, confirmed=confirm_leaving
            )
    return report_view(report)


@router.get("/people", summary="List people")
async def list_people(
    units: UnitsOf, _caller: Steward, after: After = None, limit: Limit = 100
) -> Page[Person]:
    """People in the order in which they were first imported, leavers too, page by page."""
    async with units.reading() as work:
        records = await people.page(work, after, limit)
    found = [Person(**record) for record in records]
    return Page(items=found, next=found[-1].person_id if len(found) == limit else None)


@router.post("/people/lookup", summary="Say who people are")
async def look_up_people(body: Ids, units: UnitsOf, _caller: Teller) -> Found[PersonName]:
    """Names and departments of up to 1,000 people by their ids."""
    async with units.reading() as work:
        records = await people.names(work, body.ids)
    return Found(items=[PersonName(**record) for record in records])


@router.post("/participants/lookup", summary="Say who participants are")
async def look_up_participants(
    body: Ids, units: UnitsOf, _caller: Teller
) -> Found[ParticipantName]:
    """People, names, departments and roles of up to 1,000 participants by their ids."""
    async with units.reading() as work:
        records = await participants.names(work, body.ids)
    return Found(items=[ParticipantName(**record) for record in records])
