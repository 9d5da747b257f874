"""Programmes over HTTP."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from services.intake import handlers
from services.intake.api.models import (
    After,
    Asked,
    Coordinator,
    Limit,
    Page,
    Steward,
    Trimmed,
    read_by,
)
from services.intake.api.refusals import refusals
from services.intake.domain import cells
from services.intake.domain.programmes import Programme, State, drafted
from services.intake.store import programmes as store
from shared.api import UnitsOf
from shared.ids import new_id
from tandem_events import CheckinPolicy, MatchingPolicy, Policies

router = APIRouter(prefix="/v1/programmes", tags=["programmes"])

Weighed = Literal["department", "wanted-department", "seniority", "interests", "education"]


Name = Annotated[str, Trimmed, read_by(cells.name)]


class MatchingAsked(Asked):
    """The most points a matching term can give; a term that is missing keeps its default."""

    weights: dict[Weighed, Annotated[int, Field(ge=0, le=1000, strict=True)]] = Field(
        default_factory=dict
    )


class CheckinsAsked(Asked):
    """When pairs are asked how it goes: on the first such weekday (1 is Monday) of the month."""

    every_months: int = Field(default=1, ge=1, le=12, strict=True)
    weekday: int = Field(default=3, ge=1, le=7, strict=True)
    hour: int = Field(default=10, ge=0, le=23, strict=True)


class PoliciesAsked(Asked):
    """The rules of a programme."""

    mentor_capacity: int = Field(default=1, ge=1, le=50, strict=True)
    matching: MatchingAsked = MatchingAsked()
    checkins: CheckinsAsked = CheckinsAsked()

    def settled(self) -> Policies:
        """The rules as they are told."""
        weights = {str(term): points for term, points in self.matching.weights.items()}
        matching = MatchingPolicy(weights=weights)
        return Policies(
            mentor_capacity=self.mentor_capacity,
            matching=matching,
            checkins=CheckinPolicy(**self.checkins.model_dump()),
        )


class NewProgramme(Asked):
    """A programme to be drafted."""

    name: Name
    enrolment_opens_at: AwareDatetime
    enrolment_closes_at: AwareDatetime
    starts_on: date
    ends_on: date
    policies: PoliciesAsked = PoliciesAsked()


class Amendment(Asked):
    """What is to change in a programme; what is not named, or null, stays."""

    name: Name | None = None
    enrolment_opens_at: AwareDatetime | None = None
    enrolment_closes_at: AwareDatetime | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    policies: PoliciesAsked | None = None

    def changes(self) -> dict[str, Any]:
        """The new values by the fields' names."""
        values = {field: getattr(self, field) for field in Amendment.model_fields}
        if self.policies is not None:
            values["policies"] = self.policies.settled()
        return {field: value for field, value in values.items() if value is not None}


class ProgrammeView(BaseModel):
    """A programme, whole."""

    programme_id: UUID
    name: str
    state: State
    enrolment_opens_at: AwareDatetime
    enrolment_closes_at: AwareDatetime
    starts_on: date
    ends_on: date
    policies: Policies


@router.post("", status_code=201, summary="Draft a programme")
async def draft_programme(body: NewProgramme, units: UnitsOf, caller: Coordinator) -> ProgrammeView:
    """A draft is known to all services; nobody can register until it is opened."""
    values = {field: getattr(body, field) for field in NewProgramme.model_fields}
    values["policies"] = body.policies.settled()
    with refusals():
        programme = drafted(Programme(programme_id=new_id(), state=State.DRAFT, **values))
    async with units.begin(caller.cause) as work:
        await handlers.put_programme(programme, work)
    return _view(programme)


@router.get("", summary="List programmes")
async def list_programmes(
    units: UnitsOf, _caller: Steward, after: After = None, limit: Limit = 100
) -> Page[ProgrammeView]:
    """Programmes in the order in which they were drafted, page by page."""
    async with units.reading() as work:
        found = await store.page(work, after, limit)
    last = found[-1].programme_id if len(found) == limit else None
    return Page(items=[_view(programme) for programme in found], next=last)


@router.get("/{programme_id}", summary="Show a programme")
async def show_programme(programme_id: UUID, units: UnitsOf, _caller: Steward) -> ProgrammeView:
    """State, dates and policies."""
    with refusals():
        async with units.reading() as work:
            return _view(await store.get(work, programme_id))


@router.post("/{programme_id}/open", summary="Let people register")
async def open_programme(programme_id: UUID, units: UnitsOf, caller: Coordinator) -> ProgrammeView:
    """A draft, or a closed programme whose enrolment is to go on, is opened.

    It closes by itself at `enrolment_closes_at`.
    """
    with refusals():
        async with units.begin(caller.cause) as work:
            return _view(await handlers.open_programme(programme_id, work))


@router.post("/{programme_id}/close", summary="Let nobody register any more")
async def close_programme(programme_id: UUID, units: UnitsOf, caller: Coordinator) -> ProgrammeView:
    """Enrolment ends now, before its time."""
    with refusals():
        async with units.begin(caller.cause) as work:
            return _view(await handlers.close_programme(programme_id, work))


@router.patch("/{programme_id}", summary="Change dates, policies or the name")
async def amend_programme(
    programme_id: UUID, body: Amendment, units: UnitsOf, caller: Coordinator
) -> ProgrammeView:
    """What is named is changed; policies are replaced as a whole."""
    with refusals():
        async with units.begin(caller.cause) as work:
            changed = await handlers.amend_programme(programme_id, body.changes(), work)
            return _view(changed)


def _view(programme: Programme) -> ProgrammeView:
    return ProgrammeView.model_validate(programme, from_attributes=True)
