"""The pool ends the same, whatever the order in which its events come, and however often."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from services.matching.workers import Solver
from shared.auth import Role
from shared.ids import new_id
from tandem_events import Event, ParticipantRegistered
from tests.integration.matching.company import (
    a_programme,
    a_registration,
    a_withdrawal,
    get,
    mentees,
    mentors,
    published_run,
    tell,
    told,
)
from tests.support.room import Room, record_of

Story = list[tuple[Event, int]]


def a_story_of(registration: ParticipantRegistered) -> Story:
    """Somebody registers, takes more mentees, withdraws, and comes back."""
    more = registration.model_copy(update={"capacity": 2})
    back = registration.model_copy(update={"capacity": 3, "role": "both"})
    return [(registration, 1), (more, 2), (a_withdrawal(registration), 3), (back, 4)]


async def candidate(room: Room, participant_id: UUID) -> Any:
    query = """
        SELECT registered_sequence, withdrawn_sequence, active, role, capacity, profile
        FROM candidate WHERE participant_id = $1
    """
    return (await room.rows(query, participant_id))[0]


class TestOrder:
    async def test_a_candidate_ends_the_same_in_every_order_of_the_events(self, room: Room) -> None:
        programme_id = new_id()
        outcomes = set()

        for order in permutations(range(4)):
            somebody = a_registration(programme_id, "mentor", capacity=1)
            story = a_story_of(somebody)
            for place in order:
                await room.take(record_of(*story[place]))
            outcomes.add(await candidate(room, somebody.participant_id))

        (outcome,) = outcomes
        assert tuple(outcome)[:5] == (4, 3, True, "both", 3)

    async def test_a_candidate_ends_the_same_when_all_comes_in_one_batch(self, room: Room) -> None:
        somebody = a_registration(new_id(), "mentor", capacity=1)
        story = a_story_of(somebody)

        await room.take(*(record_of(*told_event) for told_event in reversed(story)))

        assert tuple(await candidate(room, somebody.participant_id))[:5] == (4, 3, True, "both", 3)

    async def test_a_dead_letter_replayed_late_leaves_the_candidate_as_it_is(
        self, room: Room
    ) -> None:
        somebody = a_registration(new_id(), "mentor", capacity=1)
        story = a_story_of(somebody)
        letters = [await room.put_aside(record_of(*each)) for each in story[:3]]
        await room.take(record_of(*story[3]))

        async with room.api(Role.OPERATOR) as operator:
            answers = [
                await operator.post(f"/v1/dead-letters/{letter}/replay")
                for letter in reversed(letters)
            ]

        assert [answer.json()["state"] for answer in answers] == ["replayed"] * 3
        assert tuple(await candidate(room, somebody.participant_id))[:5] == (4, 3, True, "both", 3)

    async def test_a_withdrawal_that_overtakes_its_registration_keeps_somebody_out(
        self, room: Room
    ) -> None:
        programme_id = new_id()
        somebody = a_registration(programme_id, "mentor", capacity=2)
        await tell(room, [a_programme(programme_id)])

        await tell(room, [a_withdrawal(somebody)], sequence=2)
        await tell(room, [somebody])

        assert (await get(room, f"/v1/programmes/{programme_id}/pool"))["mentors"] == 0

    async def test_an_older_programme_does_not_replace_a_newer_one(self, room: Room) -> None:
        programme_id = new_id()

        await tell(room, [a_programme(programme_id, "closed")], sequence=2)
        await tell(room, [a_programme(programme_id, "open")], sequence=1)

        assert (await room.rows("SELECT state FROM programme"))[0]["state"] == "closed"

    async def test_the_same_event_three_times_is_one(self, room: Room) -> None:
        somebody = a_registration(new_id(), "mentee")
        event_id = new_id()

        for _ in range(3):
            await room.take(record_of(somebody, event_id=event_id))

        assert (await candidate(room, somebody.participant_id))["registered_sequence"] == 1
        assert len(await room.rows("SELECT FROM candidate")) == 1

    async def test_who_pauses_waits_for_no_pair(self, room: Room) -> None:
        programme_id = new_id()
        [somebody] = mentees(programme_id, 1)

        await room.take(record_of(somebody))
        before = await get(room, f"/v1/programmes/{programme_id}/pool")
        await room.take(record_of(somebody.model_copy(update={"available": False}), 2))
        after = await get(room, f"/v1/programmes/{programme_id}/pool")

        assert (before["waiting"], after["waiting"]) == (1, 0)

    async def test_candidates_may_come_before_their_programme(self, room: Room) -> None:
        programme_id = new_id()

        await tell(room, [*mentors(programme_id, 2, capacity=3), *mentees(programme_id, 4)])
        early = await get(room, f"/v1/programmes/{programme_id}/pool")
        await tell(room, [a_programme(programme_id)])

        assert await get(room, f"/v1/programmes/{programme_id}/pool") == {
            "programme_state": "open",
            "participants": 6,
            "mentors": 2,
            "places": 6,
            "free_places": 6,
            "mentees": 4,
            "waiting": 4,
        }
        assert (early["programme_state"], early["participants"]) == (None, 6)


@pytest.fixture
async def paired(room: Room, solver: Solver) -> Sequence[ParticipantRegistered]:
    """A mentor and a mentee who are a pair."""
    programme_id = new_id()
    people = [*mentors(programme_id, 1), *mentees(programme_id, 1)]
    await tell(room, [a_programme(programme_id), *people])
    await published_run(room, programme_id, solver)
    return people


class TestWithdrawal:
    @pytest.mark.parametrize("who", [0, 1], ids=["mentor", "mentee"])
    async def test_it_ends_the_pair_and_tells_so_once(
        self, room: Room, paired: Sequence[ParticipantRegistered], who: int
    ) -> None:
        mentor, mentee = paired

        for _ in range(3):
            await tell(room, [a_withdrawal(paired[who])], sequence=2)

        (ended,) = await told(room, "pair-ended")
        assert ended["reason"] == "withdrawn"
        assert ended["mentor_id"] == str(mentor.participant_id)
        assert ended["mentee_id"] == str(mentee.participant_id)

    async def test_both_leaving_at_once_end_their_pair_once(
        self, room: Room, paired: Sequence[ParticipantRegistered]
    ) -> None:
        await tell(room, [a_withdrawal(somebody) for somebody in paired], sequence=2)

        assert len(await told(room, "pair-ended")) == 1

    async def test_the_news_of_the_end_names_the_withdrawal_as_its_cause(
        self, room: Room, paired: Sequence[ParticipantRegistered]
    ) -> None:
        withdrawal = record_of(a_withdrawal(paired[0]), 2, event_id=(event_id := new_id()))

        await room.take(withdrawal)

        query = "SELECT causationid FROM bus.outbox WHERE aggregatetype = 'pair-ended'"
        assert [row["causationid"] for row in await room.rows(query)] == [str(event_id)]

    @pytest.mark.parametrize("back_first", [True, False])
    async def test_a_pair_from_before_ends_also_when_coming_back_overtakes_leaving(
        self, room: Room, paired: Sequence[ParticipantRegistered], *, back_first: bool
    ) -> None:
        mentor, _ = paired
        story = [(a_withdrawal(mentor), 2), (mentor, 3)]

        for event, sequence in reversed(story) if back_first else story:
            await tell(room, [event], sequence)

        assert len(await told(room, "pair-ended")) == 1
        assert (await candidate(room, mentor.participant_id))["active"]

    async def test_a_late_withdrawal_spares_the_pair_of_a_newer_registration(
        self, room: Room, solver: Solver
    ) -> None:
        programme_id = new_id()
        people = [*mentors(programme_id, 1), *mentees(programme_id, 1)]
        await tell(room, [a_programme(programme_id), *people], sequence=3)
        await published_run(room, programme_id, solver)

        await tell(room, [a_withdrawal(people[0])], sequence=2)

        assert await told(room, "pair-ended") == []
