"""A match run from the queue to its proposal, whatever happens to its worker."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.matching.domain.assignment import solve
from services.matching.domain.problem import Problem, Solution
from services.matching.domain.terms import Weights
from services.matching.store import runs
from services.matching.store.runs import Claim
from services.matching.store.snapshot import Snapshot
from services.matching.workers import MatchRuns, Solver, SolverLost
from shared.ids import new_id
from tests.conftest import OpenRoom
from tests.integration.matching.company import (
    a_programme,
    a_registration,
    get,
    match_runs,
    mentees,
    mentors,
    post,
    proposed_run,
    queued_run,
    tell,
)
from tests.support.room import Room
from tests.support.until import until

AN_HOUR = timedelta(hours=1)
NO_TIME = timedelta(0)
NOBODY = Problem((), (), Weights())


@pytest.fixture
async def programme_id(room: Room) -> UUID:
    """A programme with two mentors of one place each and three mentees."""
    programme_id = new_id()
    people = [*mentors(programme_id, 2), *mentees(programme_id, 3)]
    await tell(room, [a_programme(programme_id), *people])
    return programme_id


class LostSolver(Solver):
    """A worker process that is always killed."""

    async def solve(self, problem: Problem) -> Solution:  # noqa: ARG002 - never looked at
        raise SolverLost


class SlowSolver(Solver):
    """A worker process that is not done before its lease was renewed."""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self._room = room

    async def solve(self, problem: Problem) -> Solution:
        claimed_until = await self._leased_until()

        async def renewed() -> bool:
            return bool(await self._leased_until() > claimed_until)

        await until(renewed, "the renewal")
        return solve(problem)

    async def _leased_until(self) -> Any:
        return (await self._room.rows("SELECT leased_until FROM match_run"))[0]["leased_until"]


async def claim(room: Room, lasting: timedelta) -> Claim | None:
    async with room.units.begin() as work:
        return await runs.claim_run(work, new_id(), lasting)


class TestProposal:
    async def test_a_run_waits_in_the_queue_until_a_worker_proposes(
        self, room: Room, programme_id: UUID, solver: Solver
    ) -> None:
        run_id = await queued_run(room, programme_id)
        before = await get(room, f"/v1/runs/{run_id}")

        await match_runs(room, solver).work_on_next()

        after = await get(room, f"/v1/runs/{run_id}")
        assert before["state"] == "queued"
        assert {name: after[name] for name in ("state", "mentors", "places", "mentees")} == {
            "state": "proposed", "mentors": 2, "places": 2, "mentees": 3,
        }  # fmt: skip
        assert (after["placed"], after["unplaced"], after["optimal"]) == (2, 1, True)

    async def test_each_proposed_pair_says_why(self, room: Room, solver: Solver) -> None:
        programme_id = new_id()
        mentor = a_registration(
            programme_id, "mentor", capacity=1, level=2, interests=("data", "law")
        )
        mentee = a_registration(programme_id, "mentee", department="HR", interests=("data",))
        await tell(room, [a_programme(programme_id, weights={"seniority": 8}), mentor, mentee])

        run_id = await proposed_run(room, programme_id, solver)

        (proposal,) = (await get(room, f"/v1/runs/{run_id}/proposals"))["items"]
        assert proposal == {
            "mentee_id": str(mentee.participant_id),
            "mentor_id": str(mentor.participant_id),
            "points": 33,
            "reasons": [
                {"term": "seniority", "points": 8, "codes": []},
                {"term": "interests", "points": 25, "codes": ["data"]},
            ],
            "pair_id": None,
        }

    async def test_the_unplaced_are_told_apart_by_reason(self, room: Room, solver: Solver) -> None:
        programme_id = new_id()
        too_senior = a_registration(programme_id, "mentee", level=9)
        people = [*mentors(programme_id, 1), *mentees(programme_id, 2), too_senior]
        await tell(room, [a_programme(programme_id), *people])

        run_id = await proposed_run(room, programme_id, solver)

        items = (await get(room, f"/v1/runs/{run_id}/unplaced"))["items"]
        reasons = {item["mentee_id"]: item["reason"] for item in items}
        assert reasons.pop(str(too_senior.participant_id)) == "no-suitable-partner"
        assert list(reasons.values()) == ["no-place-left"]

    async def test_lists_come_in_pages(
        self, room: Room, programme_id: UUID, solver: Solver
    ) -> None:
        run_id = await proposed_run(room, programme_id, solver)

        address = f"/v1/runs/{run_id}/proposals"
        first = await get(room, address, limit=1)
        second = await get(room, address, limit=1, after=first["next"])
        third = await get(room, address, limit=1, after=second["next"])

        everything = await get(room, address)
        assert first["items"] + second["items"] == everything["items"]
        assert third == {"items": [], "next": None}

    async def test_somebody_who_is_both_is_never_matched_with_themselves(
        self, room: Room, solver: Solver
    ) -> None:
        programme_id = new_id()
        await tell(
            room,
            [a_programme(programme_id), a_registration(programme_id, "both", capacity=2, level=2)],
        )

        run_id = await proposed_run(room, programme_id, solver)

        run = await get(room, f"/v1/runs/{run_id}")
        assert (run["mentors"], run["mentees"], run["placed"]) == (1, 1, 0)


class TestRefusal:
    async def test_a_programme_nobody_told_of_is_not_found(self, room: Room) -> None:
        answer = await post(room, f"/v1/programmes/{new_id()}/runs")

        assert (answer.status_code, answer.json()["code"]) == (404, "programme-unknown")

    @pytest.mark.parametrize("state", ["draft", "ended", "of-tomorrow"])
    async def test_a_programme_that_is_not_matched_now_is_refused(
        self, room: Room, state: str
    ) -> None:
        programme_id = new_id()
        await tell(room, [a_programme(programme_id, state)])

        answer = await post(room, f"/v1/programmes/{programme_id}/runs")

        assert (answer.status_code, answer.json()["code"]) == (409, "programme-not-matchable")

    async def test_a_run_with_an_impossible_weight_fails_and_says_so(
        self, room: Room, solver: Solver
    ) -> None:
        programme_id = new_id()
        await tell(room, [a_programme(programme_id, weights={"seniority": -5})])

        run_id = await proposed_run(room, programme_id, solver)

        run = await get(room, f"/v1/runs/{run_id}")
        assert run["state"] == "failed"
        assert run["failure"] == (
            "The programme weighs seniority with -5 points; a weight is between 0 and 1000."
        )


@pytest.mark.usefixtures("programme_id")
class TestLease:
    async def test_a_run_is_claimed_once_however_many_ask(
        self, room: Room, programme_id: UUID
    ) -> None:
        await queued_run(room, programme_id)

        claims = await asyncio.gather(*(claim(room, AN_HOUR) for _ in range(5)))

        assert sum(one is not None for one in claims) == 1

    async def test_the_run_of_a_dead_worker_is_taken_over_when_its_lease_is_out(
        self, room: Room, programme_id: UUID, solver: Solver
    ) -> None:
        run_id = await queued_run(room, programme_id)
        assert await claim(room, NO_TIME) is not None

        assert await match_runs(room, solver).work_on_next() == 1

        assert (await get(room, f"/v1/runs/{run_id}"))["state"] == "proposed"

    async def test_a_worker_that_lost_its_lease_writes_nothing(
        self, room: Room, programme_id: UUID
    ) -> None:
        await queued_run(room, programme_id)
        lost = await claim(room, NO_TIME)
        assert lost is not None
        assert await claim(room, AN_HOUR) is not None

        with pytest.raises(runs.LeaseLost):
            async with room.units.begin() as work:
                await runs.mark_proposed(work, lost, Snapshot(NOBODY, 0), solve(NOBODY))

    async def test_a_slow_worker_keeps_its_run_by_renewing_the_lease(
        self, open_room: OpenRoom
    ) -> None:
        room = await open_room("matching", LEASE_SECONDS="1")
        programme_id = new_id()
        await tell(room, [a_programme(programme_id)])

        run_id = await proposed_run(room, programme_id, SlowSolver(room))

        assert (await get(room, f"/v1/runs/{run_id}"))["state"] == "proposed"

    async def test_a_run_whose_solver_is_lost_goes_back_and_is_given_up_in_the_end(
        self, open_room: OpenRoom
    ) -> None:
        room = await open_room("matching", ATTEMPTS="2")
        programme_id = new_id()
        await tell(room, [a_programme(programme_id)])
        run_id = await queued_run(room, programme_id)
        worker = match_runs(room, LostSolver())

        states = [await state_after_one_more(room, worker, run_id) for _ in range(3)]

        assert states == ["queued", "queued", "failed"]
        run = await get(room, f"/v1/runs/{run_id}")
        assert run["failure"].startswith("The match run was begun 2 times")


async def state_after_one_more(room: Room, worker: MatchRuns, run_id: str) -> str:
    await worker.work_on_next()
    return str((await get(room, f"/v1/runs/{run_id}"))["state"])
