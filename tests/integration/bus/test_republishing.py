"""States told again: as they are, under the version that they have, whatever goes on meanwhile."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from random import Random
from uuid import UUID

import pytest

from shared.bus.republish import MOST_WAITING, Retold, States, republish
from shared.bus.work import NotAState, Work
from shared.ids import new_id
from tandem_events import ParticipantRegistered
from tests.conftest import OpenRoom
from tests.integration.matching.company import a_withdrawal
from tests.support.probe import a_registration
from tests.support.room import Room


@pytest.fixture
async def room(open_room: OpenRoom) -> Room:
    return await open_room("probe")


async def subjects(work: Work, after: UUID | None, limit: int) -> list[UUID]:
    rows = await work.connection.fetch(
        "SELECT subject FROM effect WHERE subject > $1 ORDER BY subject LIMIT $2",
        "" if after is None else str(after),
        limit,
    )
    return [UUID(row["subject"]) for row in rows]


async def read(work: Work, ids: Sequence[UUID]) -> list[ParticipantRegistered]:
    rows = await work.connection.fetch(
        "SELECT subject, capacity FROM effect WHERE subject = ANY($1)", [str(i) for i in ids]
    )
    return [a_registration(UUID(row["subject"]), capacity=row["capacity"]) for row in rows]


STATES = States(ParticipantRegistered, subjects, read)


async def change(room: Room, subject: UUID, capacity: int) -> None:
    """Change a subject's state, as its owner does, and tell it."""
    async with room.units.begin() as work:
        await work.connection.execute(
            """
            INSERT INTO effect (subject, sequence, capacity, times) VALUES ($1, 0, $2, 0)
            ON CONFLICT (subject) DO UPDATE SET capacity = excluded.capacity
            """,
            str(subject),
            capacity,
        )
        work.publish(a_registration(subject, capacity=capacity))


async def tell_all_again(room: Room, limit: int = 100) -> int:
    after, count = None, 0
    while True:
        async with room.units.begin() as work:
            told = await republish(work, STATES, after, limit, "tester")
        count, after = count + told.subjects, told.following
        if told.done:
            return count


class TestRepublishing:
    async def test_tells_the_newest_state_under_its_version_with_an_id_of_its_own(
        self, room: Room
    ) -> None:
        subject = new_id()
        await change(room, subject, 1)
        await change(room, subject, 2)

        await tell_all_again(room)

        rows = await room.outbox()
        told = [(row["sequence"], json.loads(row["payload"])["capacity"]) for row in rows]
        assert told == [(1, 1), (2, 2), (2, 2)]
        assert len({row["id"] for row in rows}) == 3

    async def test_raises_no_version(self, room: Room) -> None:
        subject = new_id()
        await change(room, subject, 1)
        await tell_all_again(room)

        await change(room, subject, 2)

        assert [row["sequence"] for row in await room.outbox()] == [1, 1, 2]

    async def test_comes_to_every_subject_batch_by_batch(self, room: Room) -> None:
        for _ in range(25):
            await change(room, new_id(), 1)

        count = await tell_all_again(room, limit=10)

        rows = await room.outbox()
        assert count == 25
        assert len({row["subject"] for row in rows[25:]}) == len(rows[25:]) == 25

    async def test_puts_nothing_into_an_outbox_that_is_full(self, room: Room) -> None:
        await change(room, new_id(), 1)
        await room.pool.execute(
            """
            INSERT INTO bus.outbox (id, lane, aggregatetype, aggregateid, type, payload, source,
                subject, sequence, time, correlationid, causationid, traceparent)
            SELECT gen_random_uuid(), 0, 't', 'k', 't', NULL, 's', 's', 1, now(), '', '', ''
            FROM generate_series(1, $1)
            """,
            MOST_WAITING,
        )

        async with room.units.begin() as work:
            told = await republish(work, STATES, None, 10, "tester")

        assert told == Retold(0, None, done=False)
        assert len(await room.outbox()) == MOST_WAITING + 1

    async def test_says_of_a_version_what_it_said_however_much_changes_meanwhile(
        self, room: Room
    ) -> None:
        chance = Random(20)
        known = [new_id() for _ in range(12)]
        for subject in known:
            await change(room, subject, 1)

        async def keep_changing() -> None:
            for _ in range(60):
                await change(room, chance.choice(known), chance.randint(1, 50))

        async def keep_telling() -> None:
            for _ in range(15):
                await tell_all_again(room, limit=5)

        await asyncio.gather(keep_changing(), keep_changing(), keep_telling(), keep_telling())

        said: dict[tuple[str, int], set[int]] = defaultdict(set)
        newest: dict[str, int] = defaultdict(int)
        for row in await room.outbox():
            capacity = json.loads(row["payload"])["capacity"]
            said[row["subject"], row["sequence"]].add(capacity)
            assert row["sequence"] >= newest[row["subject"]]
            newest[row["subject"]] = row["sequence"]
        assert {len(capacities) for capacities in said.values()} == {1}
        assert sum(newest.values()) == 12 + 120

    async def test_of_a_fact_is_refused(self, room: Room) -> None:
        async with room.units.begin() as work:
            with pytest.raises(NotAState):
                work.publish_again(a_withdrawal(a_registration()), 1)
