"""Who gets in to SCIM: whoever comes with a good token, before a byte of the body is read."""

from typing import cast

import structlog
from fastapi import Request
from starlette.responses import Response

from services.intake import scim_token_handlers
from services.intake.api.scim_answers import answer_unexpected, error_answer, problem_answer
from shared.api import Next, limiting
from shared.bus.work import Units

LARGEST_BODY_BYTES = 256 * 1024

_limited = limiting(LARGEST_BODY_BYTES, problem_answer)


async def admitted(request: Request, answer: Next) -> Response:
    """Let nobody in without a good token, and answer as SCIM does also what nobody foresaw.

    One layer for both and for the limit of a body: each would cost every call some time.
    """
    try:
        return await _let_in(request, answer)
    except Exception as error:  # noqa: BLE001 - answered here, as SCIM says it
        return await answer_unexpected(request, error)


async def _let_in(request: Request, answer: Next) -> Response:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return _unauthorised("This address needs a token: Authorization: Bearer ….")
    held = await scim_token_handlers.recognise(
        token.strip(), cast("Units", request.app.state.units)
    )
    if held is None:
        return _unauthorised("The token is refused: it is unknown, expired or revoked.")
    with structlog.contextvars.bound_contextvars(scim_token=str(held.token_id)):
        return await _limited(request, answer)


def _unauthorised(detail: str) -> Response:
    return error_answer(401, detail, headers={"WWW-Authenticate": "Bearer"})
