"""Check-ins over HTTP, for coordinators: who was asked and who answered, never the words."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.checkins.store import overview
from shared.api import UnitsOf, require
from shared.auth import Principal, Role

router = APIRouter(prefix="/v1/programmes/{programme_id}/checkins", tags=["overview"])

Reader = Annotated[Principal, require(Role.COORDINATOR, Role.OPERATOR)]

Answered = Annotated[bool | None, Query(description="Only those answered, or not answered.")]

RATINGS_IN_A_GROUP = 5
"""A mean of fewer could tell who gave which, and so could two means that differ by fewer."""


class CheckinRow(BaseModel):
    """Who was asked when, and whether they answered."""

    checkin_id: UUID
    pair_id: UUID
    participant_id: UUID
    partner_id: UUID
    round: int
    due_at: datetime
    answered_at: datetime | None


class CheckinPage(BaseModel):
    """Some of a list; `next` is the `after` of the page that follows, or null at the end."""

    items: list[CheckinRow]
    next: UUID | None


class RoundView(BaseModel):
    """One round of check-ins: for which month, and what came of it.

    `round` is 12 times the year, and the months before it in that year. `mean_rating` is that of
    the first `ratings_in_mean` ratings that were given: as many as make whole groups of five. It is
    null below five.
    """

    round: int
    first_due_at: datetime
    asked: int
    answered: int
    sessions_rated: int
    ratings_in_mean: int
    mean_rating: float | None


class Rounds(BaseModel):
    """All rounds of a programme that have begun."""

    programme_id: UUID
    rounds: list[RoundView]


@router.get("", summary="List a programme's check-ins")
async def list_checkins(  # noqa: PLR0913, PLR0917 - a filter each
    programme_id: UUID,
    units: UnitsOf,
    _caller: Reader,
    in_round: Annotated[int | None, Query(alias="round", ge=0, le=32_767)] = None,
    answered: Answered = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CheckinPage:
    """Who was asked and who answered, page by page."""
    async with units.reading() as work:
        rows = await overview.checkins(
            work, programme_id, in_round=in_round, answered=answered, after=after, limit=limit
        )
    items = [CheckinRow.model_validate(dict(row)) for row in rows]
    return CheckinPage(items=items, next=items[-1].checkin_id if len(items) == limit else None)


@router.get("/rounds", summary="Count a programme's check-ins by round")
async def list_rounds(programme_id: UUID, units: UnitsOf, _caller: Reader) -> Rounds:
    """How many were asked and answered, and how sessions were, by round."""
    async with units.reading() as work:
        rows = await overview.rounds(work, programme_id, RATINGS_IN_A_GROUP)
    return Rounds(
        programme_id=programme_id, rounds=[RoundView.model_validate(dict(row)) for row in rows]
    )
