"""How SCIM answers: resources, lists and errors as application/scim+json (RFC 7644 §3.12)."""

import json
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from pydantic import ValidationError
from scim2_models import Error, SCIMException
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.intake.domain.person import AddressTaken, NumberTaken, StaleVersion
from services.intake.domain.scim.users import ChangedMeanwhile
from shared.bus.failures import is_passing
from shared.problems import Problem

log = structlog.get_logger()

MEDIA_TYPE = "application/scim+json"
_SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address takes {allowed}, not this method.",
}


def answer(
    body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A body as SCIM sends it."""
    text = json.dumps(body, separators=(",", ":"))
    return Response(text, status, headers, MEDIA_TYPE)


def error_answer(
    status: int,
    detail: str,
    scim_type: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An error as SCIM says it."""
    error = Error(status=status, scim_type=scim_type, detail=detail)
    return answer(error.model_dump(), status, headers)


def problem_answer(problem: Problem) -> Response:
    """What the limits of every API refuse, as SCIM says it."""
    return error_answer(problem.status, problem.detail)


def answer_with_errors(app: FastAPI) -> None:
    """Have every failure of the application answered as a SCIM error."""
    app.add_exception_handler(SCIMException, _refused)
    app.add_exception_handler(ValidationError, _invalid)
    app.add_exception_handler(NumberTaken, _taken)
    app.add_exception_handler(AddressTaken, _taken)
    app.add_exception_handler(StaleVersion, _stale)
    app.add_exception_handler(HTTPException, _http_error)


async def answer_unexpected(_request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw: 503 where waiting helps, 500 where only we can."""
    if is_passing(error):
        log.warning("http.waits", error=type(error).__name__)
        sentence = "A server that this service needs does not answer. Nothing was changed."
        return error_answer(503, sentence, headers={"Retry-After": "5"})
    log.error("http.failed", exc_info=error)
    return error_answer(500, "This is our mistake. Nothing was changed; the log has the details.")


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SCIMException)  # noqa: S101 - registered for this class alone
    return _of(error.to_error())


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)  # noqa: S101 - registered for this class alone
    return _of(Error.from_validation_errors(error.errors(include_input=False))[0])


async def _taken(_request: Request, error: Exception) -> Response:
    return error_answer(409, str(error), "uniqueness")


async def _stale(request: Request, _error: Exception) -> Response:
    return await _refused(request, ChangedMeanwhile())


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    headers = dict(error.headers or {})
    sentence = _SENTENCES.get(error.status_code, str(error.detail))
    detail = sentence.format(allowed=headers.get("Allow", "another"))
    return error_answer(error.status_code, detail, headers=headers)


def _of(error: Error) -> Response:
    return answer(error.model_dump(), error.status or 400)
