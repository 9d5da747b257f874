"""Who signs in, and as what, over HTTP."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.intake.api.models import Asked, Coordinator, Found
from services.intake.api.refusals import refusals
from services.intake.store import accounts
from shared.api import UnitsOf, person_of, require
from shared.auth import Principal, Role
from shared.text import text

router = APIRouter(prefix="/v1", tags=["accounts"])

Portal = Annotated[Principal, require(Role.PORTAL)]
Oneself = Annotated[Principal, require(Role.PARTICIPANT, Role.COORDINATOR)]


class Address(Asked):
    """Who is meant, by mail address."""

    email: text(254)  # type: ignore[valid-type]


class Account(BaseModel):
    """Who signs in, and as what they may."""

    person_id: UUID
    name: str
    coordinates: bool
    takes_part: bool


class Participation(BaseModel):
    """One programme in which somebody takes part."""

    participant_id: UUID
    programme_id: UUID
    programme: str
    state: str
    role: str
    starts_on: date
    ends_on: date
    withdrawn: bool


class Myself(Account):
    """Who calls, and where they take part."""

    participations: list[Participation] = Field(default_factory=list)


class CoordinatorView(BaseModel):
    """Somebody who coordinates."""

    person_id: UUID
    name: str
    department: str
    since: datetime


@router.post("/accounts/find", summary="Find who signs in by mail address")
async def find_account(body: Address, units: UnitsOf, _caller: Portal) -> Account:
    """For the portal alone, which never says whether an address is known."""
    with refusals():
        async with units.reading() as work:
            return Account.model_validate(dict(await accounts.by_email(work, body.email)))


@router.get("/accounts/{person_id}", summary="Say as what somebody may sign in")
async def show_account(person_id: UUID, units: UnitsOf, _caller: Portal) -> Account:
    """For the portal alone, at the moment of signing in."""
    with refusals():
        async with units.reading() as work:
            return Account.model_validate(dict(await accounts.by_id(work, person_id)))


@router.get("/me", summary="Who I am")
async def show_myself(units: UnitsOf, caller: Oneself) -> Myself:
    """The caller's name, and the programmes in which they take part."""
    person_id = person_of(caller)
    with refusals():
        async with units.reading() as work:
            account = await accounts.by_id(work, person_id)
            found = await accounts.takes_part_in(work, person_id)
    participations = [Participation.model_validate(dict(record)) for record in found]
    return Myself(**dict(account), participations=participations)


@router.get("/coordinators", summary="List who coordinates")
async def list_coordinators(units: UnitsOf, _caller: Coordinator) -> Found[CoordinatorView]:
    """Everybody who coordinates, by name."""
    async with units.reading() as work:
        records = await accounts.coordinators(work)
    return Found(items=[CoordinatorView.model_validate(dict(record)) for record in records])


@router.put("/coordinators/{person_id}", status_code=204, summary="Make somebody a coordinator")
async def appoint_coordinator(person_id: UUID, units: UnitsOf, caller: Coordinator) -> None:
    """From their next sign-in on. Doing it again changes nothing."""
    with refusals():
        async with units.begin(caller.cause) as work:
            await accounts.appoint(work, person_id)


@router.delete("/coordinators/{person_id}", status_code=204, summary="Dismiss a coordinator")
async def dismiss_coordinator(person_id: UUID, units: UnitsOf, caller: Coordinator) -> None:
    """From their next sign-in on. Doing it again changes nothing."""
    async with units.begin(caller.cause) as work:
        await accounts.dismiss(work, [person_id])
