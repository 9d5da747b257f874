"""Every page that a person sees, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from services.portal.pages import (
    answering,
    checkins,
    coordinators,
    home,
    programmes,
    sign_in,
    styleguide,
)
from services.portal.pages.frame import STATIC, Portal
from services.portal.pages.mishaps import answer_failure, answer_refusal, answer_with_pages
from shared.api import Next, limiting, measuring

LARGEST_FORM_BYTES = 256 * 1024
_YEAR_SECONDS = 365 * 24 * 3600
_FOUND = (200, 304)
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def build_pages(portal: Portal) -> FastAPI:
    """The portal's pages; nothing is loaded from elsewhere, and no script is needed."""

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await portal.services.close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=life)
    app.state.portal = portal
    for room in (sign_in, checkins, answering, home, programmes, coordinators):
        app.include_router(room.router)
    if portal.settings.styleguide:
        app.include_router(styleguide.router)
    app.mount(portal.static, StaticFiles(directory=STATIC), name="static")
    answer_with_pages(app)
    app.middleware("http")(limiting(LARGEST_FORM_BYTES, answer_refusal(portal)))
    app.middleware("http")(measuring(answer_failure))
    app.middleware("http")(_guarded)  # the outermost: failures and refusals are pages too
    return app


async def _guarded(request: Request, answer: Next) -> Response:
    """Have browsers keep pages to themselves: no cache, no frame, no referrer, nothing foreign."""
    response = await answer(request)
    for name, value in _HEADERS.items():
        response.headers[name] = value
    is_found = response.status_code in _FOUND
    is_static = request.url.path.startswith(f"{request.app.state.portal.static}/") and is_found
    kept = f"public, max-age={_YEAR_SECONDS}, immutable" if is_static else "no-store"
    response.headers["Cache-Control"] = kept
    if request.app.state.portal.settings.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={_YEAR_SECONDS}"
    return response
