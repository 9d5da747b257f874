"""Problem details: how the HTTP APIs say what is wrong (RFC 9457)."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from shared.bus.failures import is_passing

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

_DETAILS = {
    404: "There is nothing at this address; /v1/openapi.json lists what there is.",
    405: "This address takes {allowed}, not this method.",
}


class Problem(Exception):
    """An answer that says what is wrong.

    Attributes:
        status: The HTTP status.
        title: What kind of problem, in a few words.
        detail: What is wrong and how to put it right, in sentences.
        code: A stable word for programs.
        extra: Further members, such as `errors`.
    """

    def __init__(self, status: int, title: str, detail: str, code: str, **extra: Any) -> None:
        self.status = status
        self.title = title
        self.detail = detail
        self.code = code
        self.extra = extra
        super().__init__(detail)


def answer_with_problems(app: FastAPI) -> None:
    """Have every failure of the API answered as problem details."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """The HTTP answer for a problem."""
    body = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        **problem.extra,
    }
    return JSONResponse(body, problem.status, headers, media_type=MEDIA_TYPE)


async def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class alone
    return problem_response(error)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
    errors = [_wrong_value(item) for item in error.errors()]
    detail = "Some values are missing or wrong; `errors` says which and why."
    return problem_response(Problem(422, "Invalid input", detail, "invalid-input", errors=errors))


def _wrong_value(item: dict[str, Any]) -> dict[str, str]:
    if item["type"] == "json_invalid":
        *_, place = item["loc"]
        reason = f"is not JSON at character {place}: {item['ctx']['error']}"
        return {"pointer": "/body", "reason": reason}
    return {"pointer": "/" + "/".join(map(str, item["loc"])), "reason": item["msg"]}


async def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    title, headers = str(error.detail), dict(error.headers or {})
    detail = _DETAILS.get(error.status_code, title).format(allowed=headers.get("Allow", "another"))
    return problem_response(Problem(error.status_code, title, detail, "http-error"), headers)


async def answer_unexpected(_request: Request, error: Exception) -> JSONResponse:
    """Answer what nobody foresaw: 503 where waiting helps, 500 where only we can."""
    if is_passing(error):
        log.warning("http.waits", error=type(error).__name__)
        detail = "A server that this service needs does not answer. Nothing was changed; try again."
        problem = Problem(503, "Not now", detail, "not-now")
        return problem_response(problem, {"Retry-After": "5"})
    log.error("http.failed", exc_info=error)
    detail = "This is our mistake. Nothing was changed; the log has the details."
    return problem_response(Problem(500, "Internal error", detail, "internal-error"))
