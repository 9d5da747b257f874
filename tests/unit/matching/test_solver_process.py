"""The process that solves: it can be lost, and it never outlives its service."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.matching.domain.problem import Problem, Solution
from services.matching.domain.terms import Weights
from services.matching.workers import Solver, SolverLost
from tests.support.until import until

NOBODY = Problem((), (), Weights())
NOTHING = Solution((), (), 0, optimal=True)

SERVICE = """
import asyncio, multiprocessing
from services.matching.domain.problem import Problem
from services.matching.domain.terms import Weights
from services.matching.workers import Solver

async def main():
    await Solver().solve(Problem((), (), Weights()))
    print(multiprocessing.active_children()[0].pid, flush=True)
    await asyncio.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


class TestSolver:
    async def test_a_killed_process_is_said_to_be_lost_and_replaced_for_the_next_problem(
        self,
    ) -> None:
        solver = Solver()
        before = set(multiprocessing.active_children())
        await solver.solve(NOBODY)
        (process,) = set(multiprocessing.active_children()) - before

        process.kill()
        with pytest.raises(SolverLost):
            await solver.solve(NOBODY)
        solution = await solver.solve(NOBODY)

        assert solution == NOTHING
        await solver.close()

    async def test_closing_it_leaves_no_process(self) -> None:
        before = set(multiprocessing.active_children())
        solver = Solver()
        await solver.solve(NOBODY)

        await solver.close()

        assert set(multiprocessing.active_children()) <= before

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child so")
    async def test_it_dies_with_a_service_that_is_killed(self, tmp_path: Path) -> None:
        program = tmp_path / "service.py"
        program.write_text(SERVICE)
        service = subprocess.Popen(  # noqa: ASYNC220 - our own interpreter and program
            [sys.executable, program], stdout=subprocess.PIPE, text=True
        )
        assert service.stdout is not None
        solver_pid = int(await asyncio.to_thread(service.stdout.readline))

        service.send_signal(signal.SIGKILL)
        service.wait()

        async def gone() -> bool:
            return not runs(solver_pid)

        await until(gone, "the solver's end")


def runs(pid: int) -> bool:
    """Whether there is such a process that has not ended (a zombie has)."""
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
