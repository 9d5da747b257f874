"""Who coordinates: seen, appointed and dismissed by coordinators."""

from typing import Any
from uuid import UUID

import structlog
from fastapi import APIRouter
from starlette.responses import Response

from services.portal import store
from services.portal.clients import Refused
from services.portal.domain.visits import looks_like_an_address
from services.portal.domain.words import instant_of
from services.portal.pages.frame import AVisit, Visit
from shared.auth import Role

router = APIRouter(prefix="/coordinators")
log = structlog.get_logger()


@router.get("")
async def list_coordinators(visit: AVisit, appointed: UUID | None = None) -> Response:
    """Who coordinates; says who was just appointed."""
    visit.signed_in(Role.COORDINATOR)
    return await _list(visit, appointed=appointed)


@router.post("")
async def appoint(visit: AVisit) -> Response:
    """Make somebody a coordinator, named by mail address."""
    visit.signed_in(Role.COORDINATOR)
    email = str((await visit.form()).get("email", "")).strip()
    if not looks_like_an_address(email):
        words = "Enter a mail address at work, such as ana@example.com."
        return await _list(visit, email=email[:254], error=words)
    services = visit.portal.services
    try:
        account = await services.ask(
            services.of_portal(), "POST", "intake", "/v1/accounts/find", json={"email": email}
        )
    except Refused:
        words = "Nobody with this address was imported. Check it, or import the person first."
        return await _list(visit, email=email, error=words)
    path = f"/v1/coordinators/{account['person_id']}"
    await services.ask(visit.authority, "PUT", "intake", path)
    return visit.go_to(f"/coordinators?appointed={account['person_id']}")


@router.get("/{person_id}/dismiss")
async def show_dismissal(visit: AVisit, person_id: UUID) -> Response:
    """Show what a dismissal will do, before it is done."""
    visit.signed_in(Role.COORDINATOR)
    return await _dismissal(visit, person_id)


@router.post("/{person_id}/dismiss")
async def dismiss(visit: AVisit, person_id: UUID) -> Response:
    """Let somebody coordinate no longer, from now on; the last one only if that is meant."""
    session = visit.signed_in(Role.COORDINATOR)
    is_meant = (await visit.form()).get("last") == "yes"
    if not is_meant and _is_last(await _coordinators(visit), person_id):
        return await _dismissal(visit, person_id, "Tick this if nobody is to coordinate any more.")
    path = f"/v1/coordinators/{person_id}"
    await visit.portal.services.ask(visit.authority, "DELETE", "intake", path)
    async with visit.portal.units.begin() as work:
        await store.end_sessions_of(work, str(person_id))
    log.info("coordinator.dismissed", person_id=str(person_id), by=session.subject)
    return visit.go_to("/sign-in" if session.subject == str(person_id) else "/coordinators")


async def _dismissal(visit: Visit, person_id: UUID, error: str | None = None) -> Response:
    people = await _coordinators(visit)
    person = next((each for each in people if each["person_id"] == str(person_id)), None)
    if person is None:
        return visit.go_to("/coordinators")
    return visit.page(
        "coordinator-dismissal",
        422 if error else 200,
        person=person,
        is_oneself=visit.signed_in().subject == str(person_id),
        is_last=_is_last(people, person_id),
        error=error,
    )


def _is_last(people: list[dict[str, Any]], person_id: UUID) -> bool:
    return [each["person_id"] for each in people] == [str(person_id)]


async def _coordinators(visit: Visit) -> list[dict[str, Any]]:
    found = await visit.portal.services.get(visit.authority, "intake", "/v1/coordinators")
    return [{**item, "since": instant_of(item["since"])} for item in found["items"]]


async def _list(
    visit: Visit, email: str = "", error: str | None = None, appointed: UUID | None = None
) -> Response:
    people = await _coordinators(visit)
    names = {each["person_id"]: each["name"] for each in people}
    return visit.page(
        "coordinators",
        422 if error else 200,
        people=people,
        email=email,
        error=error,
        appointed=names.get(str(appointed)),
    )
