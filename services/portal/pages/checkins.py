"""The check-in's form: by a link in a mail, or signed in."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.portal.clients import Authority, Refused, ServiceAway
from services.portal.domain.checkin_form import Filled, errors_of, filled_in, request_of
from services.portal.domain.words import instant_of, moment
from services.portal.pages.frame import AVisit, ShowInstead, Visit
from shared.auth import FormKind, Role

router = APIRouter()


class _Opened:
    """A check-in that somebody may see: by which right, and at which address."""

    def __init__(self, authority: Authority, checkin_id: UUID, address: str) -> None:
        self.authority = authority
        self.path = f"/v1/checkins/{checkin_id}"
        self.address = address


@router.get("/checkins/{token}")
async def show_by_link(visit: AVisit, token: str) -> Response:
    """Show the form that a link opens."""
    return await _show(visit, _opened_by_link(visit, token), Filled())


@router.post("/checkins/{token}")
async def answer_by_link(visit: AVisit, token: str) -> Response:
    """Take the answers; the link is the right to give them, whatever the browser."""
    opened = _opened_by_link(visit, token)
    return await _answer(visit, opened, filled_in(await visit.request.form()))


@router.get("/checkins/{token}/thanks")
async def thank_by_link(visit: AVisit, token: str) -> Response:
    """Say that the answers are kept."""
    return await _thank(visit, _opened_by_link(visit, token))


@router.get("/my/checkins/{checkin_id}")
async def show_own(visit: AVisit, checkin_id: UUID) -> Response:
    """Show the form to who is signed in."""
    return await _show(visit, _own(visit, checkin_id), Filled())


@router.post("/my/checkins/{checkin_id}")
async def answer_own(visit: AVisit, checkin_id: UUID) -> Response:
    """Take the answers of who is signed in."""
    opened = _own(visit, checkin_id)
    return await _answer(visit, opened, filled_in(await visit.form()))


@router.get("/my/checkins/{checkin_id}/thanks")
async def thank_own(visit: AVisit, checkin_id: UUID) -> Response:
    """Say that the answers are kept."""
    return await _thank(visit, _own(visit, checkin_id))


async def _show(visit: Visit, opened: _Opened, filled: Filled) -> Response:
    checkin = await _checkin(visit, opened)
    if checkin["answered_at"] is not None:
        return visit.page("checkin-used", 410, answered_at=instant_of(checkin["answered_at"]))
    return await _form(visit, opened, checkin, filled)


async def _answer(visit: Visit, opened: _Opened, filled: Filled) -> Response:
    services = visit.portal.services
    try:
        await services.ask(
            opened.authority, "POST", "checkins", f"{opened.path}/answers", json=request_of(filled)
        )
    except ServiceAway:
        return visit.page("checkin-not-saved", 503, filled=filled, action=opened.address)
    except Refused as refused:
        if refused.status == 422:  # noqa: PLR2004 - HTTP's own number
            return await _show(visit, opened, replace(filled, errors=errors_of(refused.problem)))
        return await _show(visit, opened, filled)
    return visit.go_to(f"{opened.address}/thanks")


async def _form(visit: Visit, opened: _Opened, checkin: dict[str, Any], filled: Filled) -> Response:
    partner = await visit.portal.services.name_of(checkin["partner_id"])
    return visit.page(
        "checkin",
        422 if filled.errors else 200,
        action=opened.address,
        partner=partner,
        last_goal=checkin["last_goal"],
        filled=filled,
    )


async def _checkin(visit: Visit, opened: _Opened) -> dict[str, Any]:
    try:
        checkin: dict[str, Any] = await visit.portal.services.get(
            opened.authority, "checkins", opened.path
        )
    except Refused:
        raise ShowInstead("link-foreign", 404) from None
    return checkin


async def _thank(visit: Visit, opened: _Opened) -> Response:
    checkin = await _checkin(visit, opened)
    if checkin["answered_at"] is None:
        return visit.go_to(opened.address)
    following = checkin["next"]
    when = moment(instant_of(following["due_at"]), following["time_zone"]) if following else None
    return visit.page("checkin-thanks", next_at=when)


def _opened_by_link(visit: Visit, token: str) -> _Opened:
    form = visit.form_of_link(token, FormKind.CHECKIN, if_expired="checkin-expired")
    authority = visit.portal.services.of_link(token)
    return _Opened(authority, form.object_id, f"/checkins/{token}")


def _own(visit: Visit, checkin_id: UUID) -> _Opened:
    visit.signed_in(Role.PARTICIPANT)
    return _Opened(visit.authority, checkin_id, f"/my/checkins/{checkin_id}")
