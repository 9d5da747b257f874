"""Answers to a check-in, taken: by a link in a mail, or signed in. No word that came is lost."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from fastapi import APIRouter
from starlette.responses import Response

from services.portal.clients import Refused, ServiceAway
from services.portal.domain.checkin_form import Filled, errors_of, filled_in, request_of
from services.portal.domain.not_saved import NotSaved
from services.portal.domain.words import instant_of
from services.portal.pages.checkins import Opened, checkin_of, form_page, opened_by_link, own
from services.portal.pages.frame import (
    ANewVisit,
    ForeignPost,
    NeedsSignIn,
    NotForYou,
    ShowInstead,
    Visit,
)
from shared.bus.failures import is_passing

router = APIRouter()
log = structlog.get_logger()

_OURS: Mapping[type[Exception], NotSaved] = {
    NeedsSignIn: NotSaved.SIGNED_OUT,
    NotForYou: NotSaved.OTHER_ROLE,
    ForeignPost: NotSaved.FOREIGN_PAGE,
    ServiceAway: NotSaved.AWAY,
}
_INSTEAD = {
    "checkin-expired": NotSaved.LINK_EXPIRED,
    "link-broken": NotSaved.LINK_BROKEN,
    "link-foreign": NotSaved.NOT_YOURS,
}
_REFUSED = {
    401: NotSaved.MISTAKE,
    404: NotSaved.NOT_YOURS,
    409: NotSaved.ANSWERED,
}


@router.post("/checkins/{token}")
async def answer_by_link(visit: ANewVisit, token: str) -> Response:
    """Take the answers; the link is the right to give them, whatever the browser."""

    async def opened() -> Opened:
        return opened_by_link(visit, token)

    return await _answer(visit, f"/checkins/{token}", opened)


@router.post("/my/checkins/{checkin_id}")
async def answer_own(visit: ANewVisit, checkin_id: UUID) -> Response:
    """Take the answers of who is signed in."""

    async def opened() -> Opened:
        mine = own(visit, checkin_id)
        await visit.form()
        return mine

    return await _answer(visit, f"/my/checkins/{checkin_id}", opened)


async def _answer(
    visit: Visit, address: str, open_checkin: Callable[[], Awaitable[Opened]]
) -> Response:
    """Have the answers kept; whatever comes between, show them again with the reason."""
    filled = filled_in(await visit.request.form())
    try:
        await visit.recognise()
        return await _have_kept(visit, await open_checkin(), filled)
    except Exception as error:  # noqa: BLE001 - whatever it was: the words are not lost with it
        return _not_saved(visit, address, filled, error)


async def _have_kept(visit: Visit, opened: Opened, filled: Filled) -> Response:
    path = f"{opened.path}/answers"
    body = request_of(filled)
    try:
        await visit.portal.services.ask(opened.authority, "POST", "checkins", path, json=body)
    except Refused as refused:
        errors = errors_of(refused.problem) if refused.status == 422 else {}  # noqa: PLR2004 - HTTP's
        if not errors:
            raise
        checkin = await checkin_of(visit, opened)
        return await form_page(visit, opened, checkin, replace(filled, errors=errors))
    return visit.go_to(f"{opened.address}/thanks")


def _not_saved(visit: Visit, address: str, filled: Filled, error: Exception) -> Response:
    why = _why(error)
    if why is NotSaved.MISTAKE:
        log.error("checkin.not-saved", exc_info=error)
    else:
        log.warning("checkin.not-saved", why=why, error=type(error).__name__)
    problem = error.problem if isinstance(error, Refused) else {}
    response = visit.page(
        "checkin-not-saved",
        why.status,
        why=why,
        detail=str(problem.get("detail", "")),
        answered_at=_answered_at(problem),
        filled=filled,
        action=address,
    )
    if why is NotSaved.AWAY:
        response.headers["Retry-After"] = "5"
    return response


def _why(error: Exception) -> NotSaved:
    if isinstance(error, ShowInstead):
        return _INSTEAD.get(error.template, NotSaved.MISTAKE)
    if isinstance(error, Refused):
        return _REFUSED.get(error.status, NotSaved.REFUSED)
    if type(error) in _OURS:
        return _OURS[type(error)]
    return NotSaved.AWAY if is_passing(error) else NotSaved.MISTAKE


def _answered_at(problem: Mapping[str, Any]) -> datetime | None:
    answered_at = problem.get("answered_at")
    return instant_of(answered_at) if isinstance(answered_at, str) else None
