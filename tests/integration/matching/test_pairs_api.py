"""Pairs and the pool over HTTP."""

from typing import Any
from uuid import UUID

import pytest

from services.matching.workers import Solver
from shared.auth import Role
from shared.ids import new_id
from tests.integration.matching.company import (
    a_programme,
    get,
    mentees,
    mentors,
    post,
    proposed_run,
    published_run,
    tell,
    told,
)
from tests.support.room import Room


@pytest.fixture
async def programme_id(room: Room, solver: Solver) -> UUID:
    """A programme with two pairs."""
    programme_id = new_id()
    people = [*mentors(programme_id, 1, capacity=2), *mentees(programme_id, 2)]
    await tell(room, [a_programme(programme_id), *people])
    await published_run(room, programme_id, solver)
    return programme_id


async def pairs_of(room: Room, programme_id: UUID, **query: Any) -> list[Any]:
    return list((await get(room, f"/v1/programmes/{programme_id}/pairs", **query))["items"])


class TestListPairs:
    async def test_of_a_programme_that_is_not_there_finds_nothing(self, room: Room) -> None:
        async with room.api() as api:
            answer = await api.get(f"/v1/programmes/{new_id()}/pairs")

        assert (answer.status_code, answer.json()["code"]) == (404, "programme-unknown")


class TestMyPairs:
    async def test_are_those_of_the_person_who_asks(self, room: Room, programme_id: UUID) -> None:
        pair = (await pairs_of(room, programme_id))[0]
        query = "SELECT person_id FROM candidate WHERE participant_id = $1"
        person = (await room.rows(query, UUID(pair["mentee_id"])))[0]["person_id"]

        async with room.api(Role.PARTICIPANT, subject=str(person)) as api:
            mine = (await api.get("/v1/me/pairs")).json()["items"]
        async with room.api(Role.PARTICIPANT, subject=str(new_id())) as api:
            nobodys = (await api.get("/v1/me/pairs")).json()["items"]

        assert [item["pair_id"] for item in mine] == [pair["pair_id"]]
        assert nobodys == []

    async def test_are_for_participants(self, room: Room) -> None:
        async with room.api(Role.COORDINATOR, subject=str(new_id())) as api:
            answer = await api.get("/v1/me/pairs")

        assert answer.status_code == 403


class TestEndPair:
    async def test_ending_a_pair_frees_both_and_is_told(
        self, room: Room, programme_id: UUID
    ) -> None:
        pair = (await pairs_of(room, programme_id))[0]

        answer = await post(room, f"/v1/pairs/{pair['pair_id']}/end", {"reason": "complete"})

        assert (answer.status_code, answer.json()["end_reason"]) == (200, "complete")
        assert [event["pair_id"] for event in await told(room, "pair-ended")] == [pair["pair_id"]]
        pool = await get(room, f"/v1/programmes/{programme_id}/pool")
        assert (pool["free_places"], pool["waiting"]) == (1, 1)

    async def test_ending_it_again_answers_the_same_and_tells_nothing_new(
        self, room: Room, programme_id: UUID
    ) -> None:
        pair = (await pairs_of(room, programme_id))[0]
        address = f"/v1/pairs/{pair['pair_id']}/end"

        first = await post(room, address, {"reason": "complete"})
        second = await post(room, address, {"reason": "coordinator"})

        assert (second.status_code, second.json()) == (200, first.json())
        assert len(await told(room, "pair-ended")) == 1

    async def test_those_who_parted_are_not_proposed_to_each_other_again(
        self, room: Room, programme_id: UUID, solver: Solver
    ) -> None:
        pair = (await pairs_of(room, programme_id))[0]
        await post(room, f"/v1/pairs/{pair['pair_id']}/end", {"reason": "coordinator"})

        run_id = await proposed_run(room, programme_id, solver)

        (unplaced,) = (await get(room, f"/v1/runs/{run_id}/unplaced"))["items"]
        assert unplaced == {"mentee_id": pair["mentee_id"], "reason": "no-suitable-partner"}

    @pytest.mark.parametrize("reason", ["withdrawn", "", "bored\u0000", None])
    async def test_a_reason_that_is_not_a_coordinators_is_refused(
        self, room: Room, programme_id: UUID, reason: str | None
    ) -> None:
        pair = (await pairs_of(room, programme_id))[0]

        answer = await post(room, f"/v1/pairs/{pair['pair_id']}/end", {"reason": reason})

        assert answer.status_code == 422
        assert await told(room, "pair-ended") == []

    async def test_a_pair_that_is_not_there_is_not_found(self, room: Room) -> None:
        answer = await post(room, f"/v1/pairs/{new_id()}/end", {"reason": "complete"})

        assert (answer.status_code, answer.json()["code"]) == (404, "pair-unknown")


class TestListing:
    async def test_open_and_ended_pairs_can_be_asked_for_apart(
        self, room: Room, programme_id: UUID
    ) -> None:
        first, second = await pairs_of(room, programme_id)
        await post(room, f"/v1/pairs/{first['pair_id']}/end", {"reason": "complete"})

        still_open = await pairs_of(room, programme_id, open=True)
        ended = await pairs_of(room, programme_id, open=False)

        assert [pair["pair_id"] for pair in still_open] == [second["pair_id"]]
        assert [pair["pair_id"] for pair in ended] == [first["pair_id"]]

    async def test_a_pair_can_be_asked_for_by_id(self, room: Room, programme_id: UUID) -> None:
        first, _ = await pairs_of(room, programme_id)

        assert await get(room, f"/v1/pairs/{first['pair_id']}") == first


class TestWhoMayCall:
    @pytest.mark.parametrize("role", [Role.PARTICIPANT, Role.CLERK, Role.INTEGRATION])
    async def test_others_than_coordinators_and_operators_see_nothing(
        self, room: Room, role: Role
    ) -> None:
        async with room.api(role) as api:
            answer = await api.get(f"/v1/programmes/{new_id()}/pairs")

        assert answer.status_code == 403

    async def test_an_operator_looks_but_does_not_match(self, room: Room) -> None:
        async with room.api(Role.OPERATOR) as api:
            answer = await api.post(f"/v1/programmes/{new_id()}/runs")

        assert answer.status_code == 403
