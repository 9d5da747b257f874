"""Programmes over HTTP."""

from uuid import UUID

from fastapi import APIRouter

from services.intake import handlers
from services.intake.api.models import After, Coordinator, Limit, Page, Steward
from services.intake.api.programme_rules import (
    Amendment,
    Clone,
    NewProgramme,
    PoliciesAsked,
    ProgrammeView,
    view,
)
from services.intake.api.refusals import refusals
from services.intake.domain.programmes import Programme, State
from services.intake.store import programmes as store
from shared.api import UnitsOf
from shared.ids import new_id

router = APIRouter(prefix="/v1/programmes", tags=["programmes"])


@router.post("", status_code=201, summary="Draft a programme")
async def draft_programme(body: NewProgramme, units: UnitsOf, caller: Coordinator) -> ProgrammeView:
    """A draft is known to all services; nobody can register until it is opened.

    With `opens_by_date` it opens by itself. Nobody is invited unless it has a `campaign`.
    """
    values = {"policies": PoliciesAsked().settled()} | body.changes()
    programme = Programme(programme_id=new_id(), state=State.DRAFT, **values)
    with refusals():
        async with units.begin(caller.cause) as work:
            await handlers.draft_programme(programme, work)
    return view(programme)


@router.get("", summary="List programmes")
async def list_programmes(
    units: UnitsOf, _caller: Steward, after: After = None, limit: Limit = 100
) -> Page[ProgrammeView]:
    """Programmes in the order in which they were drafted, page by page."""
    async with units.reading() as work:
        found = await store.page(work, after, limit)
    last = found[-1].programme_id if len(found) == limit else None
    return Page(items=[view(programme) for programme in found], next=last)


@router.get("/{programme_id}", summary="Show a programme")
async def show_programme(programme_id: UUID, units: UnitsOf, _caller: Steward) -> ProgrammeView:
    """State, dates and policies."""
    with refusals():
        async with units.reading() as work:
            return view(await store.get(work, programme_id))


@router.post("/{programme_id}/open", summary="Let people register")
async def open_programme(programme_id: UUID, units: UnitsOf, caller: Coordinator) -> ProgrammeView:
    """A draft, or a closed programme whose enrolment is to go on, is opened.

    It closes by itself at `enrolment_closes_at`.
    """
    with refusals():
        async with units.begin(caller.cause) as work:
            return view(await handlers.open_programme(programme_id, work))


@router.post("/{programme_id}/close", summary="Let nobody register any more")
async def close_programme(programme_id: UUID, units: UnitsOf, caller: Coordinator) -> ProgrammeView:
    """Enrolment ends now, before its time."""
    with refusals():
        async with units.begin(caller.cause) as work:
            return view(await handlers.close_programme(programme_id, work))


@router.post("/{programme_id}/start", summary="Let mentoring begin")
async def start_programme(programme_id: UUID, units: UnitsOf, caller: Coordinator) -> ProgrammeView:
    """It begins by itself on `starts_on`; begun earlier, it has started today.

    Enrolment must be closed, but for an always-open programme.
    """
    with refusals():
        async with units.begin(caller.cause) as work:
            return view(await handlers.start_programme(programme_id, work))


@router.post("/{programme_id}/end", summary="Let mentoring end")
async def end_programme(programme_id: UUID, units: UnitsOf, caller: Coordinator) -> ProgrammeView:
    """It ends by itself after `ends_on`; ended earlier, its last day is today.

    An end is for good. A programme that has begun today has tomorrow for its last day.
    """
    with refusals():
        async with units.begin(caller.cause) as work:
            return view(await handlers.end_programme(programme_id, work))


@router.post("/{programme_id}/clone", status_code=201, summary="Draft one with the same rules")
async def clone_programme(
    programme_id: UUID, body: Clone, units: UnitsOf, caller: Coordinator
) -> ProgrammeView:
    """A draft with new dates; what else is named differs too. A clone of a test is no test."""
    with refusals():
        async with units.begin(caller.cause) as work:
            return view(await handlers.clone_programme(programme_id, body.changes(), work))


@router.patch("/{programme_id}", summary="Change dates, rules or the name")
async def amend_programme(
    programme_id: UUID, body: Amendment, units: UnitsOf, caller: Coordinator
) -> ProgrammeView:
    """What is named is changed; policies and the campaign are replaced as a whole.

    `kind` and `test_for` stay once it has been opened.
    """
    with refusals():
        async with units.begin(caller.cause) as work:
            return view(await handlers.amend_programme(programme_id, body.changes(), work))
