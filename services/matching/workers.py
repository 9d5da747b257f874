"""What matching computes by itself: match runs, each in a worker process."""

import asyncio
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from uuid import UUID

import structlog

from services.matching.domain.errors import MatchingError
from services.matching.domain.problem import Problem, Solution
from services.matching.settings import Settings
from services.matching.store import proposals, runs
from services.matching.store.runs import Claim
from services.matching.store.snapshot import Snapshot, load_snapshot
from shared.bus.work import Units
from shared.ids import new_id
from shared.process import die_with_parent

CHANNEL = "match_runs"

_RENEWALS_PER_LEASE = 4

log = structlog.get_logger()


class SolverLost(MatchingError):
    """The worker process ended before it had an answer."""

    def __init__(self) -> None:
        super().__init__("The worker process ended before it had an answer.")


class Solver:
    """A process of its own for the computing, so that the service keeps answering meanwhile.

    It starts with the first problem, stays for the next ones, and dies with the service.
    """

    def __init__(self) -> None:
        self._executor: ProcessPoolExecutor | None = None

    async def solve(self, problem: Problem) -> Solution:
        """Solve the problem.

        Raises:
            SolverLost: The process was killed; the next problem gets a new one.
        """
        executor = self._executor = self._executor or _new_executor()
        try:
            return await asyncio.get_running_loop().run_in_executor(executor, _solve, problem)
        except BrokenProcessPool:
            self._executor = None
            raise SolverLost from None

    async def close(self) -> None:
        """End the process."""
        executor, self._executor = self._executor, None
        if executor is not None:
            for process in (executor._processes or {}).values():  # noqa: SLF001 - there is no other way
                process.terminate()
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)


class MatchRuns:
    """Takes match runs from the queue, one at a time."""

    def __init__(self, units: Units, solver: Solver, settings: Settings) -> None:
        self._units = units
        self._solver = solver
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._attempts = settings.attempts

    async def work_on_next(self) -> int:
        """Claim a run, solve it and write down its proposal; returns 0 if there was none."""
        async with self._units.begin() as work:
            claim = await runs.claim_run(work, new_id(), self._lease)
        if claim is None:
            return 0
        if claim.attempts > self._attempts:
            await self._fail(claim, _given_up(self._attempts))
            return 1
        await self._propose(claim)
        return 1

    async def _propose(self, claim: Claim) -> None:
        try:
            snapshot = await self._snapshot(claim.programme_id)
            solution = await self._solved_under_lease(claim, snapshot.problem)
            await self._record(claim, snapshot, solution)
        except runs.LeaseLost:
            log.warning("match.lease_lost", run_id=str(claim.run_id))
        except SolverLost:
            log.warning("match.solver_lost", run_id=str(claim.run_id), attempt=claim.attempts)
            await self._give_back(claim)
        except MatchingError as error:
            await self._fail(claim, str(error))

    async def _snapshot(self, programme_id: UUID) -> Snapshot:
        async with self._units.reading() as work:
            return await load_snapshot(work, programme_id)

    async def _solved_under_lease(self, claim: Claim, problem: Problem) -> Solution:
        solving = asyncio.ensure_future(self._solver.solve(problem))
        pause = self._lease.total_seconds() / _RENEWALS_PER_LEASE
        try:
            while not (await asyncio.wait({solving}, timeout=pause))[0]:
                async with self._units.begin() as work:
                    await runs.renew_lease(work, claim, self._lease)
            return solving.result()
        finally:
            solving.cancel()

    async def _record(self, claim: Claim, snapshot: Snapshot, solution: Solution) -> None:
        async with self._units.begin() as work:
            await runs.mark_proposed(work, claim, snapshot, solution)
            await proposals.save_solution(work, claim.run_id, solution)
        log.info(
            "match.proposed",
            run_id=str(claim.run_id),
            placed=len(solution.pairs),
            unplaced=len(solution.unplaced),
            points=solution.total_points,
        )

    async def _give_back(self, claim: Claim) -> None:
        async with self._units.begin() as work:
            await runs.give_back(work, claim)

    async def _fail(self, claim: Claim, failure: str) -> None:
        async with self._units.begin() as work:
            await runs.fail_run(work, claim, failure)
        log.warning("match.failed", run_id=str(claim.run_id), reason=failure)


def _new_executor() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        max_workers=1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_prepare_worker_process,
        initargs=(os.getpid(),),
    )


def _prepare_worker_process(parent_pid: int) -> None:
    die_with_parent(parent_pid)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's to answer


def _solve(problem: Problem) -> Solution:
    # Only here, in the worker process, so that the service starts without numpy and scipy.
    from services.matching.domain.assignment import solve  # noqa: PLC0415

    return solve(problem)


def _given_up(attempts: int) -> str:
    return (
        f"The match run was begun {attempts} times and ended each time before it had an answer, "
        "perhaps for lack of memory; the service's log says more."
    )
