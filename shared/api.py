"""The HTTP side of every service: authentication, problem details, limits, measures."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, cast
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.security import HTTPBearer
from starlette.responses import Response

from shared.auth import Principal, Role, TokenRefused, verify_form_token, verify_token
from shared.bus.work import Units
from shared.metrics import HTTP_SECONDS
from shared.problems import (
    Problem,
    answer_unexpected,
    answer_with_problems,
    problem_response,
)
from shared.settings import ServiceSettings

LARGEST_BODY_BYTES = 64 * 1024 * 1024

log = structlog.get_logger()
_bearer = HTTPBearer(auto_error=False, description="A token signed by a trusted issuer (EdDSA).")


def build_api(settings: ServiceSettings, units: Units, routers: Sequence[APIRouter]) -> FastAPI:
    """The service's API with all its routes under authentication."""
    app = FastAPI(
        title=f"Tandem {settings.service}",
        version="1",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.units = units
    app.state.settings = settings
    for router in routers:
        app.include_router(router, dependencies=[Depends(_authenticated)])
    answer_with_problems(app)
    app.middleware("http")(limiting(LARGEST_BODY_BYTES, problem_response))
    app.middleware("http")(_admitted)
    app.middleware("http")(measuring(answer_unexpected))
    return app


def _units_of(request: Request) -> Units:
    return cast("Units", request.app.state.units)


UnitsOf = Annotated[Units, Depends(_units_of)]


def _authenticated(
    request: Request, _shown_in_docs: Annotated[object, Depends(_bearer)]
) -> Principal:
    """Who calls, as `_admitted` has found out before the body was read."""
    return cast("Principal", request.state.caller)


Caller = Annotated[Principal, Depends(_authenticated)]


def require(*roles: Role) -> Any:
    """A dependency that lets in callers who have any of the roles, and nobody else."""

    def allowed(caller: Caller) -> Principal:
        if caller.roles.isdisjoint(roles):
            words = " or ".join(sorted(roles))
            raise Problem(403, "Not allowed", f"This needs the role {words}.", "not-allowed")
        return caller

    return Depends(allowed)


def person_of(caller: Principal) -> UUID:
    """The id of the person who calls.

    Raises:
        Problem: It is a program that calls, and no person.
    """
    try:
        return UUID(caller.subject)
    except ValueError:
        raise Problem(403, "Not allowed", "This token is nobody's.", "not-allowed") from None


def _unauthorised(detail: str) -> Response:
    problem = Problem(401, "Not signed in", detail, "not-signed-in")
    return problem_response(problem, {"WWW-Authenticate": "Bearer"})


Next = Callable[[Request], Awaitable[Response]]
Middleware = Callable[[Request, Next], Awaitable[Response]]


async def _admitted(request: Request, answer: Next) -> Response:
    """Let nobody in without a good token, before a byte of the body is read."""
    if not request.url.path.startswith("/v1/"):
        return await answer(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in {"bearer", "form"} or not token:
        return _unauthorised("This address needs a token: Authorization: Bearer ….")
    settings = cast("ServiceSettings", request.app.state.settings)
    try:
        if scheme.lower() == "bearer":
            request.state.caller = verify_token(token.strip(), settings.token_issuers)
        else:
            request.state.caller = verify_form_token(token.strip(), settings.form_issuers)
    except TokenRefused as error:
        return _unauthorised(str(error))
    return await answer(request)


def limiting(largest: int, answer_problem: Callable[[Problem], Response]) -> Middleware:
    """Refuse a body that is too large, or whose size is not said."""

    async def limited(request: Request, answer: Next) -> Response:
        length = request.headers.get("content-length", "0")
        if "transfer-encoding" in request.headers:
            detail = "Send a Content-Length; bodies of unknown size are not taken."
            return answer_problem(Problem(411, "Length required", detail, "length-required"))
        if not length.isdigit() or int(length) > largest:
            detail = f"The body must be at most {_size(largest)}."
            return answer_problem(Problem(413, "Too large", detail, "too-large"))
        return await answer(request)

    return limited


def measuring(answer_failure: Callable[[Request, Exception], Awaitable[Response]]) -> Middleware:
    """Log and measure by route template: an address may hold what is personal."""

    async def measured(request: Request, answer: Next) -> Response:
        began = time.perf_counter()
        try:
            response = await answer(request)
        except Exception as error:  # noqa: BLE001 - answered here, so that it is measured too
            response = await answer_failure(request, error)
        seconds = time.perf_counter() - began
        route = _template(request)
        HTTP_SECONDS.labels(request.method, route, str(response.status_code)).observe(seconds)
        log.info(
            "http.answered",
            method=request.method,
            route=route,
            status=response.status_code,
            milliseconds=round(seconds * 1000, 1),
        )
        return response

    return measured


def _size(length: int) -> str:
    mebibytes, kibibytes = length // 1024 // 1024, length // 1024
    return f"{mebibytes} MiB" if mebibytes else f"{kibibytes} KiB"


def _template(request: Request) -> str:
    route = request.scope.get("route")
    path = getattr(route, "path", None)
    return f"{request.scope.get('root_path', '')}{path}" if path is not None else "(none)"
