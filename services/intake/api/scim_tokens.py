"""The tokens of HR systems over HTTP, for operators."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.intake import scim_token_handlers
from services.intake.api.models import Asked, Found
from services.intake.api.refusals import refusals
from services.intake.domain.scim.tokens import LONGEST_LIFE_DAYS, USUAL_LIFE_DAYS
from services.intake.store import scim_tokens
from shared.api import UnitsOf, require
from shared.auth import Principal, Role
from shared.text import text

router = APIRouter(prefix="/v1", tags=["scim"])

Operator = Annotated[Principal, require(Role.OPERATOR)]


class NewToken(Asked):
    """A token to make.

    Attributes:
        label: Which system it is for.
        days: For how long it is good.
    """

    label: text(80)  # type: ignore[valid-type]
    days: int = Field(default=USUAL_LIFE_DAYS, ge=1, le=LONGEST_LIFE_DAYS)


class Token(BaseModel):
    """A token, without its secret part; `prefix` is its public part."""

    model_config = ConfigDict(from_attributes=True)

    token_id: UUID
    label: str
    prefix: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class ShownToken(Token):
    """A token as it is told once; nobody can read it again."""

    token: str


@router.post("/scim-tokens", status_code=201, summary="Make a token for an HR system")
async def create_token(body: NewToken, units: UnitsOf, caller: Operator) -> ShownToken:
    """The answer holds the token; it is kept as a hash alone and can't be shown again."""
    with refusals():
        async with units.begin(caller.cause) as work:
            held, parts = await scim_token_handlers.create_token(
                body.label, body.days, caller.subject, work
            )
    return ShownToken(**Token.model_validate(held).model_dump(), token=str(parts))


@router.get("/scim-tokens", summary="List the tokens of HR systems")
async def list_tokens(units: UnitsOf, _caller: Operator) -> Found[Token]:
    """All that were ever made, the oldest first; the last use is exact to the minute."""
    async with units.reading() as work:
        held = await scim_tokens.every(work)
    return Found(items=[Token.model_validate(each) for each in held])


@router.delete("/scim-tokens/{token_id}", status_code=204, summary="Revoke a token")
async def revoke_token(token_id: UUID, units: UnitsOf, caller: Operator) -> None:
    """It is good no longer, from the next call on. Doing it again changes nothing."""
    with refusals():
        async with units.begin(caller.cause) as work:
            await scim_token_handlers.revoke_token(token_id, caller.subject, work)
