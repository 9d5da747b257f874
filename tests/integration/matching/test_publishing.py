"""Publishing a run: once, guarded against all that may happen at the same time."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from services.matching.workers import Solver
from shared.ids import new_id
from tandem_events import EVENT_OF_TYPE, PairFormed, ParticipantRegistered
from tests.integration.matching.company import (
    a_programme,
    a_registration,
    a_withdrawal,
    get,
    mentees,
    mentors,
    post,
    proposed_run,
    publish,
    published_run,
    queued_run,
    tell,
    told,
)
from tests.support.room import Room

ROUNDS = 8


async def a_pool(
    room: Room, *people: ParticipantRegistered, programme_id: UUID
) -> Sequence[ParticipantRegistered]:
    await tell(room, [a_programme(programme_id), *people])
    return people


@pytest.fixture
async def programme_id(room: Room) -> UUID:
    """A programme with two mentors of two places each and five mentees."""
    programme_id = new_id()
    people = [*mentors(programme_id, 2, capacity=2), *mentees(programme_id, 5)]
    await a_pool(room, *people, programme_id=programme_id)
    return programme_id


async def mentors_above_capacity(room: Room) -> int:
    query = """
        SELECT count(*) AS number FROM candidate WHERE capacity < (
            SELECT count(*) FROM pair WHERE mentor_id = participant_id AND ended_at IS NULL
        )
    """
    return int((await room.rows(query))[0]["number"])


class TestPublish:
    async def test_it_forms_the_proposed_pairs_and_tells_everybody(
        self, room: Room, programme_id: UUID, solver: Solver
    ) -> None:
        run_id = await proposed_run(room, programme_id, solver)

        answer = (await publish(room, run_id)).json()

        assert (answer["state"], answer["formed"], answer["left_out"]) == ("published", 4, 0)
        assert answer["told_unplaced"] == 1
        formed = await told(room, "pair-formed")
        pairs = (await get(room, f"/v1/programmes/{programme_id}/pairs"))["items"]
        proposals = (await get(room, f"/v1/runs/{run_id}/proposals"))["items"]
        assert (
            {event["pair_id"] for event in formed}
            == {pair["pair_id"] for pair in pairs}
            == {proposal["pair_id"] for proposal in proposals}
        )
        (unplaced,) = await told(room, "participant-unplaced")
        assert unplaced["reason"] == "no-place-left"

    async def test_the_news_of_a_pair_carries_its_reasons(
        self, room: Room, programme_id: UUID, solver: Solver
    ) -> None:
        await published_run(room, programme_id, solver)

        row = next(row for row in await room.outbox() if row["type"] == "tandem.pair-formed")
        event = EVENT_OF_TYPE[row["type"]].model_validate_json(row["payload"])
        assert isinstance(event, PairFormed)
        assert [(reason.term, reason.points) for reason in event.reasons] == [
            ("department", 15),
            ("seniority", 20),
        ]
        assert row["sequence"] == 1

    async def test_publishing_again_answers_the_same_and_tells_nothing_new(
        self, room: Room, programme_id: UUID, solver: Solver
    ) -> None:
        run_id = await proposed_run(room, programme_id, solver)

        first = await publish(room, run_id)
        events = len(await room.outbox())
        second = await publish(room, run_id)

        assert (second.status_code, second.json()) == (200, first.json())
        assert len(await room.outbox()) == events

    async def test_publishing_many_times_at_once_publishes_once(
        self, room: Room, programme_id: UUID, solver: Solver
    ) -> None:
        run_id = await proposed_run(room, programme_id, solver)

        answers = await asyncio.gather(*(publish(room, run_id) for _ in range(6)))

        assert [answer.status_code for answer in answers] == [200] * 6
        assert len({answer.text for answer in answers}) == 1
        assert len(await told(room, "pair-formed")) == 4

    async def test_of_two_proposals_on_one_pool_only_one_is_published(
        self, room: Room, programme_id: UUID, solver: Solver
    ) -> None:
        run_ids = [await proposed_run(room, programme_id, solver) for _ in range(2)]

        answers = await asyncio.gather(*(publish(room, run_id) for run_id in run_ids))

        assert sorted(answer.status_code for answer in answers) == [200, 409]
        stale = next(answer for answer in answers if answer.status_code == 409)
        assert stale.json()["code"] == "proposal-stale"
        assert len(await told(room, "pair-formed")) == 4

    async def test_the_next_run_places_only_who_still_waits(
        self, room: Room, programme_id: UUID, solver: Solver
    ) -> None:
        await published_run(room, programme_id, solver)
        await tell(room, mentors(programme_id, 1))

        second = await proposed_run(room, programme_id, solver)
        answer = (await publish(room, second)).json()

        assert (answer["mentees"], answer["places"], answer["formed"]) == (1, 1, 1)
        assert await mentors_above_capacity(room) == 0

    async def test_a_run_without_a_proposal_is_not_published(
        self, room: Room, programme_id: UUID
    ) -> None:
        run_id = await queued_run(room, programme_id)

        answer = await publish(room, run_id)

        assert (answer.status_code, answer.json()["code"]) == (409, "run-not-proposed")

    async def test_a_run_for_which_nobody_waited_has_nothing_to_publish(
        self, room: Room, solver: Solver
    ) -> None:
        programme_id = new_id()
        await tell(room, [a_programme(programme_id), *mentors(programme_id, 1)])
        run_id = await proposed_run(room, programme_id, solver)

        answer = await publish(room, run_id)

        assert (answer.status_code, answer.json()["code"]) == (409, "nobody-waits")

    async def test_a_run_that_is_not_there_is_not_found(self, room: Room) -> None:
        answer = await publish(room, str(new_id()))

        assert (answer.status_code, answer.json()["code"]) == (404, "run-unknown")


class TestWhatHappenedSinceTheProposal:
    async def test_a_programme_that_has_ended_forms_no_more_pairs(
        self, room: Room, programme_id: UUID, solver: Solver
    ) -> None:
        run_id = await proposed_run(room, programme_id, solver)

        await tell(room, [a_programme(programme_id, "ended")], sequence=2)
        answer = await publish(room, run_id)

        assert (answer.status_code, answer.json()["code"]) == (409, "programme-not-matchable")
        assert await room.outbox() == []

    async def test_a_mentor_who_left_is_left_out_and_the_mentee_is_told(
        self, room: Room, solver: Solver
    ) -> None:
        programme_id = new_id()
        mentor, mentee = await a_pool(
            room, *mentors(programme_id, 1), *mentees(programme_id, 1), programme_id=programme_id
        )
        run_id = await proposed_run(room, programme_id, solver)

        await tell(room, [a_withdrawal(mentor)], sequence=2)
        answer = (await publish(room, run_id)).json()

        assert (answer["formed"], answer["left_out"], answer["told_unplaced"]) == (0, 1, 1)
        (unplaced,) = await told(room, "participant-unplaced")
        assert unplaced["participant_id"] == str(mentee.participant_id)

    async def test_a_mentee_who_left_is_left_out_and_told_nothing(
        self, room: Room, solver: Solver
    ) -> None:
        programme_id = new_id()
        _, mentee = await a_pool(
            room, *mentors(programme_id, 1), *mentees(programme_id, 1), programme_id=programme_id
        )
        run_id = await proposed_run(room, programme_id, solver)

        await tell(room, [a_withdrawal(mentee)], sequence=2)
        answer = (await publish(room, run_id)).json()

        assert (answer["formed"], answer["left_out"], answer["told_unplaced"]) == (0, 1, 0)

    async def test_a_mentor_who_takes_fewer_now_keeps_the_best_fits(
        self, room: Room, solver: Solver
    ) -> None:
        programme_id = new_id()
        mentor = a_registration(programme_id, "mentor", capacity=3, level=2, department="HR")
        fits_best = a_registration(programme_id, "mentee", department="HR")
        others = mentees(programme_id, 2)
        await a_pool(room, mentor, *others, fits_best, programme_id=programme_id)
        run_id = await proposed_run(room, programme_id, solver)

        await tell(room, [mentor.model_copy(update={"capacity": 1})], sequence=2)
        answer = (await publish(room, run_id)).json()

        assert (answer["formed"], answer["left_out"], answer["told_unplaced"]) == (1, 2, 2)
        (formed,) = await told(room, "pair-formed")
        assert formed["mentee_id"] == str(fits_best.participant_id)

    async def test_leaving_while_a_run_is_published_never_leaves_an_open_pair_behind(
        self, room: Room, solver: Solver
    ) -> None:
        for _ in range(ROUNDS):
            programme_id = new_id()
            people = [*mentors(programme_id, 2, capacity=3), *mentees(programme_id, 6)]
            await a_pool(room, *people, programme_id=programme_id)
            run_id = await proposed_run(room, programme_id, solver)

            answer, _ = await asyncio.gather(
                publish(room, run_id),
                tell(room, [a_withdrawal(people[0]), a_withdrawal(people[-1])], sequence=2),
            )

            assert answer.status_code == 200
        left_behind = await room.rows("""
            SELECT FROM pair JOIN candidate ON participant_id IN (mentor_id, mentee_id)
            WHERE ended_at IS NULL AND NOT active
        """)
        ended = await room.rows("SELECT FROM pair WHERE ended_at IS NOT NULL")
        assert left_behind == []
        assert len(await told(room, "pair-ended")) == len(ended)

    async def test_capacity_is_kept_through_runs_ends_and_registrations(
        self, room: Room, programme_id: UUID, solver: Solver
    ) -> None:
        for _ in range(3):
            await tell(room, mentees(programme_id, 3))
            run_id = await proposed_run(room, programme_id, solver)
            await asyncio.gather(publish(room, run_id), publish(room, run_id))
            assert await mentors_above_capacity(room) == 0
            pairs = await get(room, f"/v1/programmes/{programme_id}/pairs", open=True)
            await post(
                room, f"/v1/pairs/{pairs['items'][0]['pair_id']}/end", {"reason": "complete"}
            )

        assert len(await told(room, "pair-formed")) == 4 + 1 + 1
