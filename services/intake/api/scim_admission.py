"""Who gets in to SCIM: whoever comes with a good token, before a byte of the body is read."""

from typing import cast

import structlog
from fastapi import Request
from starlette.responses import Response

from services.intake import scim_token_handlers
from services.intake.api.scim_answers import answer_unexpected, error_answer
from shared.api import Next
from shared.bus.work import Units

log = structlog.get_logger()


async def admitted(request: Request, answer: Next) -> Response:
    """Let nobody in without a good token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return _unauthorised("This address needs a token: Authorization: Bearer ….")
    units = cast("Units", request.app.state.units)
    try:
        held = await scim_token_handlers.recognise(token.strip(), units)
    except Exception as error:  # noqa: BLE001 - answered here, as SCIM says it
        return await answer_unexpected(request, error)
    if held is None:
        return _unauthorised("The token is refused: it is unknown, expired or revoked.")
    with structlog.contextvars.bound_contextvars(scim_token=str(held.token_id)):
        return await answer(request)


async def guarded(request: Request, answer: Next) -> Response:
    """Answer as SCIM does also where nobody foresaw a failure."""
    try:
        return await answer(request)
    except Exception as error:  # noqa: BLE001 - answered here, as SCIM says it
        return await answer_unexpected(request, error)


def _unauthorised(detail: str) -> Response:
    return error_answer(401, detail, headers={"WWW-Authenticate": "Bearer"})
