"""Match runs: jobs that are queued, claimed under a lease, proposed, published or failed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import asyncpg

from services.matching.domain.errors import MatchingError
from services.matching.domain.problem import Problem, Solution
from services.matching.store.snapshot import Snapshot
from shared.bus.work import Work

_QUEUE: LiteralString = """
    INSERT INTO match_run (run_id, programme_id, state, requested_at)
    VALUES ($1, $2, 'queued', $3)
"""

# A lease is about machines, not about the programme: it runs on the database's own clock.
_CLAIM: LiteralString = """
    UPDATE match_run
    SET state = 'running', attempts = attempts + 1, lease = $1,
        leased_until = clock_timestamp() + $2::interval
    WHERE run_id = (
        SELECT run_id FROM match_run
        WHERE state IN ('queued', 'running')
            AND (leased_until IS NULL OR leased_until < clock_timestamp())
        ORDER BY run_id LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    RETURNING run_id, programme_id, attempts
"""

_ANY_OPEN: LiteralString = """
    SELECT EXISTS (SELECT FROM match_run WHERE state IN ('queued', 'running'))
"""

_RENEW: LiteralString = """
    UPDATE match_run SET leased_until = clock_timestamp() + $3::interval
    WHERE run_id = $1 AND lease = $2 AND state = 'running' RETURNING TRUE
"""

_GIVE_BACK: LiteralString = """
    UPDATE match_run SET state = 'queued', lease = NULL, leased_until = NULL
    WHERE run_id = $1 AND lease = $2 AND state = 'running'
"""

_FAIL: LiteralString = """
    UPDATE match_run SET state = 'failed', failure = $3, lease = NULL, leased_until = NULL
    WHERE run_id = $1 AND lease = $2 AND state = 'running'
"""

_PROPOSE: LiteralString = """
    UPDATE match_run
    SET state = 'proposed', lease = NULL, leased_until = NULL, proposed_at = $3,
        published_runs_seen = $4, mentees = $5, mentors = $6, places = $7, placed = $8,
        unplaced = $9, total_points = $10, optimal = $11
    WHERE run_id = $1 AND lease = $2 AND state = 'running' RETURNING TRUE
"""

_RUN: LiteralString = """
    SELECT run_id, programme_id, state, requested_at, published_runs_seen, mentees, mentors, places,
           placed, unplaced, total_points, optimal, proposed_at, published_at, formed,
           told_unplaced, left_out, failure
    FROM match_run WHERE run_id = $1
"""


class RunUnknown(MatchingError):
    """There is no match run of this id."""

    def __init__(self, run_id: UUID) -> None:
        self.run_id = run_id
        super().__init__(f"There is no match run {run_id}.")


class LeaseLost(MatchingError):
    """A worker was away for so long that the run belongs to another one now."""

    def __init__(self, run_id: UUID) -> None:
        self.run_id = run_id
        super().__init__(f"The lease on match run {run_id} is lost to another worker.")


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to a run for as long as its lease lasts."""

    run_id: UUID
    programme_id: UUID
    attempts: int
    lease: UUID


@dataclass(frozen=True, slots=True)
class Run:
    """A match run. What its state has not reached yet is None.

    Attributes:
        published_runs_seen: How many runs of the programme were published when the pool was read.
        placed: How many pairs are proposed.
        formed: How many of them became pairs.
        left_out: How many did not, because somebody had left or changed before publication.
        told_unplaced: How many mentees were told that they have no partner.
        failure: Why the run failed, in a sentence.
    """

    run_id: UUID
    programme_id: UUID
    state: str
    requested_at: datetime
    published_runs_seen: int | None
    mentees: int | None
    mentors: int | None
    places: int | None
    placed: int | None
    unplaced: int | None
    total_points: int | None
    optimal: bool | None
    proposed_at: datetime | None
    published_at: datetime | None
    formed: int | None
    told_unplaced: int | None
    left_out: int | None
    failure: str | None


async def queue_run(work: Work, run_id: UUID, programme_id: UUID) -> None:
    """Put a run in the queue."""
    await work.connection.execute(_QUEUE, run_id, programme_id, work.now)


async def run_of(work: Work, run_id: UUID) -> Run:
    """The run.

    Raises:
        RunUnknown: There is none.
    """
    row = await work.connection.fetchrow(_RUN, run_id)
    if row is None:
        raise RunUnknown(run_id)
    return as_run(row)


def as_run(row: asyncpg.Record) -> Run:
    """A row with all of a run's columns, as a value."""
    return Run(**dict(row))


async def claim_run(work: Work, lease: UUID, lasting: timedelta) -> Claim | None:
    """Claim the oldest run that is queued, or whose worker has let its lease run out."""
    row = await work.connection.fetchrow(_CLAIM, lease, lasting)
    return None if row is None else Claim(**dict(row), lease=lease)


async def any_open(work: Work) -> bool:
    """Whether a run is queued or being worked on."""
    return bool(await work.connection.fetchval(_ANY_OPEN))


async def renew_lease(work: Work, claim: Claim, lasting: timedelta) -> None:
    """Keep the run for longer.

    Raises:
        LeaseLost: Somebody else has it.
    """
    if not await work.connection.fetchval(_RENEW, claim.run_id, claim.lease, lasting):
        raise LeaseLost(claim.run_id)


async def give_back(work: Work, claim: Claim) -> None:
    """Put the run back in the queue."""
    await work.connection.execute(_GIVE_BACK, claim.run_id, claim.lease)


async def fail_run(work: Work, claim: Claim, failure: str) -> None:
    """End the run without a proposal; `failure` is a sentence for the coordinator."""
    await work.connection.execute(_FAIL, claim.run_id, claim.lease, failure)


async def mark_proposed(work: Work, claim: Claim, snapshot: Snapshot, solution: Solution) -> None:
    """End the run with a proposal and its totals.

    Raises:
        LeaseLost: Somebody else has the run.
    """
    proposed = await work.connection.fetchval(
        _PROPOSE,
        claim.run_id,
        claim.lease,
        work.now,
        snapshot.published_runs,
        len(snapshot.problem.mentees),
        len(snapshot.problem.mentors),
        _places(snapshot.problem),
        len(solution.pairs),
        len(solution.unplaced),
        solution.total_points,
        solution.optimal,
    )
    if not proposed:
        raise LeaseLost(claim.run_id)


def _places(problem: Problem) -> int:
    return sum(mentor.places for mentor in problem.mentors)
