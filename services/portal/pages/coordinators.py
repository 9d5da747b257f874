"""Who coordinates: seen, appointed and dismissed by coordinators."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.portal.clients import Refused
from services.portal.domain.words import instant_of
from services.portal.pages.frame import AVisit, Visit
from shared.auth import Role

router = APIRouter(prefix="/coordinators")


@router.get("")
async def list_coordinators(visit: AVisit) -> Response:
    """Who coordinates."""
    visit.signed_in(Role.COORDINATOR)
    return await _list(visit)


@router.post("")
async def appoint(visit: AVisit) -> Response:
    """Make somebody a coordinator, named by mail address."""
    visit.signed_in(Role.COORDINATOR)
    email = str((await visit.form()).get("email", "")).strip()
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
    return visit.go_to("/coordinators")


@router.post("/{person_id}/dismiss")
async def dismiss(visit: AVisit, person_id: UUID) -> Response:
    """Let somebody coordinate no longer."""
    visit.signed_in(Role.COORDINATOR)
    await visit.form()
    path = f"/v1/coordinators/{person_id}"
    await visit.portal.services.ask(visit.authority, "DELETE", "intake", path)
    return visit.go_to("/coordinators")


async def _list(visit: Visit, email: str = "", error: str | None = None) -> Response:
    found = await visit.portal.services.get(visit.authority, "intake", "/v1/coordinators")
    people = [{**item, "since": instant_of(item["since"])} for item in found["items"]]
    status = 422 if error else 200
    return visit.page("coordinators", status, people=people, email=email, error=error)
