"""Pairs over HTTP: look at them, end one."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from services.matching.api.common import (
    After,
    Coordinator,
    Limit,
    Page,
    Participant,
    Reader,
    problems,
)
from services.matching.api.models import PairAnswer
from services.matching.handlers import as_event
from services.matching.store import pairs, pool
from shared.api import UnitsOf, person_of
from shared.bus.work import Work

router = APIRouter(prefix="/v1", tags=["pairs"])

Open = Annotated[
    bool | None, Query(alias="open", description="Only open pairs, or only ended ones.")
]


class PairEnd(BaseModel):
    """Why a pair ends. A withdrawal ends a pair by itself and is not said here."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal["coordinator", "complete"]


class Pairs(BaseModel):
    """All pairs that were asked for."""

    items: list[PairAnswer]


@router.get("/programmes/{programme_id}/pairs", summary="The pairs of a programme")
async def get_pairs(
    programme_id: UUID,
    units: UnitsOf,
    _caller: Reader,
    after: After = None,
    limit: Limit = 100,
    is_open: Open = None,
) -> Page[PairAnswer]:
    """The programme's pairs in order of id."""
    with problems():
        async with units.reading() as work:
            await pool.state_of_programme(work, programme_id)  # unknown: 404, not an empty list
            found = await pairs.pairs_of_programme(
                work, programme_id, after, limit, is_open=is_open
            )
    items = [PairAnswer.model_validate(pair) for pair in found]
    return Page(items=items, next=items[-1].pair_id if len(items) == limit else None)


@router.get("/me/pairs", summary="My pairs")
async def get_my_pairs(units: UnitsOf, caller: Participant) -> Pairs:
    """The caller's pairs in all programmes, ended ones too, the newest first."""
    async with units.reading() as work:
        found = await pairs.pairs_of_person(work, person_of(caller))
    return Pairs(items=[PairAnswer.model_validate(pair) for pair in found])


@router.get("/pairs/{pair_id}", summary="A pair")
async def get_pair(pair_id: UUID, units: UnitsOf, _caller: Reader) -> PairAnswer:
    """A pair with its reasons."""
    with problems():
        async with units.reading() as work:
            return PairAnswer.model_validate(await pairs.pair_of(work, pair_id))


@router.post("/pairs/{pair_id}/end", summary="End a pair")
async def end_pair(pair_id: UUID, body: PairEnd, units: UnitsOf, caller: Coordinator) -> PairAnswer:
    """End a pair. Ending it again changes nothing, and answers how it ended the first time."""
    with problems():
        async with units.begin(caller.cause) as work:
            return PairAnswer.model_validate(await _ended(work, pair_id, body.reason))


async def _ended(work: Work, pair_id: UUID, reason: str) -> pairs.Pair:
    just_ended = await pairs.end_pair(work, pair_id, reason)
    if just_ended is not None:
        work.publish(as_event(just_ended))
    return await pairs.pair_of(work, pair_id)
