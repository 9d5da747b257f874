"""Telling states again over HTTP, for a consumer that has missed them, or a new one."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.intake.api.models import Asked
from services.intake.store.states import STATES
from shared.api import UnitsOf, require
from shared.auth import Principal, Role
from shared.bus.republish import republish

router = APIRouter(prefix="/v1", tags=["republishing"])

Operator = Annotated[Principal, require(Role.OPERATOR)]


class Republishing(Asked):
    """Which topic's states to tell again, and from where on."""

    topic: Literal["programme-changed", "person-contact", "participant-registered"]
    after: UUID | None = Field(default=None, description="The `next` of the batch before.")
    limit: int = Field(default=500, ge=1, le=2000, description="The most states of one batch.")


class Republished(BaseModel):
    """What came of one batch.

    Attributes:
        republished: How many states were told again; none while too many events wait.
        next: The `after` of the next batch.
        done: Whether that was the last batch.
    """

    republished: int
    next: UUID | None
    done: bool


@router.post("/republish", summary="Tell current states again, a batch at a time")
async def republish_states(body: Republishing, units: UnitsOf, caller: Operator) -> Republished:
    """Each as it is, under the version that it has: who holds that already changes nothing."""
    async with units.begin(caller.cause) as work:
        told = await republish(work, STATES[body.topic], body.after, body.limit, caller.subject)
    return Republished(republished=told.subjects, next=told.following, done=told.done)
