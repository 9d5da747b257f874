"""What a person sees when something is not as it should be: a page that says what to do."""

from collections.abc import Callable
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from services.portal.clients import Refused, ServiceAway
from services.portal.pages.frame import (
    ForeignPost,
    NeedsSignIn,
    NotForYou,
    Portal,
    ShowInstead,
    Visit,
)
from shared.bus.failures import is_passing
from shared.problems import Problem

log = structlog.get_logger()

_STATUS_MISSING = 404


def answer_with_pages(app: FastAPI) -> None:
    """Have whatever goes wrong answered by a page."""
    app.add_exception_handler(NeedsSignIn, _needs_sign_in)
    app.add_exception_handler(ShowInstead, _show_instead)
    app.add_exception_handler(NotForYou, _not_for_you)
    app.add_exception_handler(ForeignPost, _foreign_post)
    app.add_exception_handler(ServiceAway, _service_away)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _not_found)
    app.add_exception_handler(HTTPException, _http_error)


async def answer_failure(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw: 503 where waiting helps, 500 where only we can."""
    if is_passing(error):
        log.warning("http.waits", error=type(error).__name__)
        return _page(request, "away", 503)
    log.error("http.failed", exc_info=error)
    return _page(request, "our-mistake", 500)


def answer_refusal(portal: Portal) -> Callable[[Problem], Response]:
    """A page for a request that is refused before it is looked at."""

    def answer(problem: Problem) -> Response:
        html = portal.templates.get_template("too-large.html.j2").render(
            session=None, roles=[], csrf="", stylesheet=portal.stylesheet, path="",
            detail=problem.detail,
        )  # fmt: skip
        return Response(html, problem.status, media_type="text/html")

    return answer


async def _needs_sign_in(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NeedsSignIn)  # noqa: S101 - registered for this class alone
    return RedirectResponse(f"/sign-in?next={quote(error.page)}", 303)


async def _show_instead(request: Request, error: Exception) -> Response:
    assert isinstance(error, ShowInstead)  # noqa: S101 - registered for this class alone
    return _page(request, error.template, error.status)


async def _not_for_you(request: Request, _error: Exception) -> Response:
    return _page(request, "not-for-you", 403)


async def _foreign_post(request: Request, _error: Exception) -> Response:
    return _page(request, "foreign-post", 403)


async def _service_away(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceAway)  # noqa: S101 - registered for this class alone
    log.warning("http.waits", service_asked=error.service)
    return _page(request, "away", 503)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - registered for this class alone
    if error.status == _STATUS_MISSING:
        return _page(request, "not-found", 404)
    log.error("http.refused", service_asked=error.service, status=error.status, code=error.code)
    return _page(request, "our-mistake", 500)


async def _not_found(request: Request, _error: Exception) -> Response:
    return _page(request, "not-found", 404)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    return _page(request, "not-found", error.status_code)


def _page(request: Request, template: str, status: int) -> Response:
    unknown = Visit(request, request.app.state.portal, None)
    visit: Visit = getattr(request.state, "visit", unknown)
    response = visit.page(template, status)
    if status == 503:  # noqa: PLR2004 - HTTP's own number
        response.headers["Retry-After"] = "5"
    return response
