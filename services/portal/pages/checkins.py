"""The check-in's form, shown: by a link in a mail, or signed in."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.portal.clients import Authority, Refused
from services.portal.domain.checkin_form import Filled
from services.portal.domain.words import instant_of, moment
from services.portal.pages.frame import AVisit, ShowInstead, Visit
from shared.auth import FormKind, Role

router = APIRouter()


class Opened:
    """A check-in that somebody may see: by which right, and at which address."""

    def __init__(self, authority: Authority, checkin_id: UUID, address: str) -> None:
        self.authority = authority
        self.path = f"/v1/checkins/{checkin_id}"
        self.address = address


@router.get("/checkins/{token}")
async def show_by_link(visit: AVisit, token: str) -> Response:
    """Show the form that a link opens; once answered, that it was, but no word of it.

    Links may be forwarded. Who wants to read what they wrote signs in.
    """
    opened = opened_by_link(visit, token)
    checkin = await checkin_of(visit, opened)
    if checkin["answered_at"] is not None:
        return visit.page("checkin-used", 410, answered_at=instant_of(checkin["answered_at"]))
    return await form_page(visit, opened, checkin, Filled())


@router.get("/my/checkins/{checkin_id}")
async def show_own(visit: AVisit, checkin_id: UUID) -> Response:
    """Show the form to who is signed in; once answered, what they wrote."""
    opened = own(visit, checkin_id)
    checkin = await checkin_of(visit, opened)
    if checkin["answered_at"] is None:
        return await form_page(visit, opened, checkin, Filled())
    return visit.page(
        "checkin-answered",
        checkin=checkin,
        partner=await visit.portal.services.name_of(checkin["partner_id"]),
        answered_at=instant_of(checkin["answered_at"]),
    )


@router.get("/checkins/{token}/thanks")
async def thank_by_link(visit: AVisit, token: str) -> Response:
    """Say that the answers are kept."""
    return await _thank(visit, opened_by_link(visit, token))


@router.get("/my/checkins/{checkin_id}/thanks")
async def thank_own(visit: AVisit, checkin_id: UUID) -> Response:
    """Say that the answers are kept."""
    return await _thank(visit, own(visit, checkin_id))


async def form_page(
    visit: Visit, opened: Opened, checkin: dict[str, Any], filled: Filled
) -> Response:
    """The form, with what was filled in and what is wrong with it."""
    partner = await visit.portal.services.name_of(checkin["partner_id"])
    return visit.page(
        "checkin",
        422 if filled.errors else 200,
        action=opened.address,
        partner=partner,
        asked_at=instant_of(checkin["due_at"]),
        is_newest=checkin["is_newest"],
        is_over=checkin["is_over"],
        last_goal=checkin["last_goal"],
        filled=filled,
    )


async def checkin_of(visit: Visit, opened: Opened) -> dict[str, Any]:
    """The check-in, as checkins shows it to whoever opened it.

    Raises:
        ShowInstead: There is none, or it is somebody else's.
    """
    try:
        checkin: dict[str, Any] = await visit.portal.services.get(
            opened.authority, "checkins", opened.path
        )
    except Refused:
        raise ShowInstead("link-foreign", 404) from None
    return checkin


def opened_by_link(visit: Visit, token: str) -> Opened:
    """The check-in that a link opens.

    Raises:
        ShowInstead: The link opens none; the page says why.
    """
    form = visit.form_of_link(token, FormKind.CHECKIN, if_expired="checkin-expired")
    authority = visit.portal.services.of_link(token)
    return Opened(authority, form.object_id, f"/checkins/{token}")


def own(visit: Visit, checkin_id: UUID) -> Opened:
    """The check-in of who is signed in.

    Raises:
        NeedsSignIn: Nobody is.
        NotForYou: Who is takes no part.
    """
    visit.signed_in(Role.PARTICIPANT)
    return Opened(visit.authority, checkin_id, f"/my/checkins/{checkin_id}")


async def _thank(visit: Visit, opened: Opened) -> Response:
    checkin = await checkin_of(visit, opened)
    if checkin["answered_at"] is None:
        return visit.go_to(opened.address)
    following = checkin["next"]
    when = moment(instant_of(following["due_at"]), following["time_zone"]) if following else None
    return visit.page("checkin-thanks", next_at=when)
