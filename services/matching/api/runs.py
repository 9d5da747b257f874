"""Match runs over HTTP: start one, look at its proposal, publish it."""

from uuid import UUID

from fastapi import APIRouter

from services.matching.api.common import (
    After,
    Coordinator,
    Limit,
    Page,
    Reader,
    problems,
)
from services.matching.api.models import ProposalAnswer, QueuedRun, RunAnswer, UnplacedAnswer
from services.matching.api.publishing import publish
from services.matching.domain.programme import check_matchable
from services.matching.store import pool, proposals, runs
from services.matching.workers import CHANNEL
from shared.api import UnitsOf
from shared.bus.work import Work
from shared.ids import new_id

router = APIRouter(prefix="/v1", tags=["match runs"])


@router.post("/programmes/{programme_id}/runs", status_code=202, summary="Start a match run")
async def start_run(programme_id: UUID, units: UnitsOf, caller: Coordinator) -> QueuedRun:
    """Queue a match run. A worker takes it up at once; ask for the run to see how it stands."""
    with problems():
        async with units.begin(caller.cause) as work:
            return QueuedRun(run_id=await _queue_run(work, programme_id))


@router.get("/runs/{run_id}", summary="A match run")
async def get_run(run_id: UUID, units: UnitsOf, _caller: Reader) -> RunAnswer:
    """How a match run stands, with its totals."""
    with problems():
        async with units.reading() as work:
            return RunAnswer.model_validate(await runs.run_of(work, run_id))


@router.get("/runs/{run_id}/proposals", summary="The pairs that a run proposes")
async def get_proposals(
    run_id: UUID, units: UnitsOf, _caller: Reader, after: After = None, limit: Limit = 100
) -> Page[ProposalAnswer]:
    """The proposed pairs with their reasons, in order of the mentees' ids."""
    with problems():
        async with units.reading() as work:
            await runs.run_of(work, run_id)
            found = await proposals.proposals_of(work, run_id, after, limit)
    items = [ProposalAnswer.model_validate(proposal) for proposal in found]
    return Page(items=items, next=items[-1].mentee_id if len(items) == limit else None)


@router.get("/runs/{run_id}/unplaced", summary="The mentees that a run finds nobody for")
async def get_unplaced(
    run_id: UUID, units: UnitsOf, _caller: Reader, after: After = None, limit: Limit = 100
) -> Page[UnplacedAnswer]:
    """The mentees without a proposed partner, and why, in order of their ids."""
    with problems():
        async with units.reading() as work:
            await runs.run_of(work, run_id)
            found = await proposals.unplaced_of(work, run_id, after, limit)
    items = [UnplacedAnswer.model_validate(mentee) for mentee in found]
    return Page(items=items, next=items[-1].mentee_id if len(items) == limit else None)


@router.post("/runs/{run_id}/publish", summary="Publish a run's proposal")
async def publish_run(run_id: UUID, units: UnitsOf, caller: Coordinator) -> RunAnswer:
    """Form the proposed pairs and have everybody told. Publishing again changes nothing."""
    with problems():
        async with units.begin(caller.cause) as work:
            return RunAnswer.model_validate(await publish(work, run_id))


async def _queue_run(work: Work, programme_id: UUID) -> UUID:
    check_matchable(programme_id, await pool.state_of_programme(work, programme_id))
    run_id = new_id()
    await runs.queue_run(work, run_id, programme_id)
    work.wake(CHANNEL)
    return run_id
