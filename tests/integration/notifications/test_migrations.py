"""The way to links and back: with the released code beside it, and as often as one likes."""

from pathlib import Path
from typing import TypeAlias, cast
from uuid import UUID

import asyncpg
import pytest
from pogo_core.migration import Migration

from services.notifications import app
from shared.auth import Role
from shared.ids import new_id
from tests.integration.notifications import released
from tests.integration.notifications.post_room import PostRoom
from tests.integration.notifications.test_links import ask_for_sign_in
from tests.integration.notifications.told import (
    PROGRAMME,
    RUN,
    Someone,
    checkin,
    end_of,
    pair,
    programme,
    unplaced,
)
from tests.support.room import NOON, record_of

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
FOLDER = Path(app.__file__).parent / "migrations"
FIRST, LINKS, POST, INVITE = sorted(path.stem for path in FOLDER.glob("*.sql"))
ANA = Someone("Ana Kovač", "mentor")
BEN = Someone("Ben Okoro", "mentee")
FORMED = pair(ANA, BEN)


def migration(name: str) -> Migration:
    for each in (FIRST, LINKS, POST, INVITE):  # in order: each needs to know the one before it
        loaded = Migration(each, FOLDER / f"{each}.sql", set()).load()
        if each == name:
            return loaded
    raise AssertionError(name)


async def apply(post: PostRoom, name: str) -> None:
    async with post.room.pool.acquire() as connection, connection.transaction():
        await migration(name).apply(cast("Connection", connection))


async def roll_back(post: PostRoom, name: str) -> None:
    async with post.room.pool.acquire() as connection, connection.transaction():
        await migration(name).rollback(cast("Connection", connection))


async def schema(post: PostRoom) -> list[tuple[object, ...]]:
    """Columns, constraints and indexes of the ledger, to compare."""
    rows = await post.room.rows(
        """
        SELECT 'column', column_name, data_type || is_nullable || coalesce(column_default, '')
        FROM information_schema.columns WHERE table_name = 'delivery'
        UNION ALL
        SELECT 'constraint', conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE conrelid = 'delivery'::regclass AND contype <> 'n'
        UNION ALL
        SELECT 'index', indexname, indexdef FROM pg_indexes WHERE tablename = 'delivery'
        ORDER BY 1, 2
        """
    )
    return [tuple(row) for row in rows]


async def old_enqueue(post: PostRoom, kind: str, subject: UUID, who: Someone) -> list[UUID]:
    """Queue a delivery, and settle it, as the released code did."""
    partner = ANA.participant_id if kind == "pair-formed" else None
    rows = await post.room.rows(
        released.ENQUEUE, [new_id()], [kind], [subject], [PROGRAMME], [who.participant_id],
        [who.role], [partner], ["[]"], [None], ["story"], ["story"], [""],
    )  # fmt: skip
    ids = [row["id"] for row in rows]
    await post.room.rows(released.SETTLE, ids, NOON)
    return ids


async def old_send(post: PostRoom) -> list[str]:
    """Claim what is due and bring it back as sent, as the released code did; returns names."""
    now, lease = post.real.instant, new_id()
    [due] = await post.room.rows(released.WHAT_IS_DUE, now)
    await post.room.rows(released.EXPIRE, now)
    claimed = await post.room.rows(released.CLAIM, now, 32, lease, now)
    ids = [row["id"] for row in claimed]
    n = len(ids)
    recorded = await post.room.rows(
        released.RECORD, ids, ["sent"] * n, [True] * n, [None] * n, [None] * n, now, NOON, lease
    )
    assert due["deliveries"] == bool(claimed)
    assert len(recorded) == n
    return [row["name"] for row in claimed]


@pytest.fixture
async def half(post: PostRoom) -> PostRoom:
    """The schema while the released code is being replaced: migrated before, not yet after."""
    await roll_back(post, POST)
    return post


@pytest.fixture
async def known(half: PostRoom) -> PostRoom:
    """The same, with Ana, Ben and their programme heard of."""
    await half.room.take(record_of(programme()), *ANA.records(), *BEN.records())
    return half


class TestTheReleasedCode:
    async def test_tells_of_pairs_and_of_the_unplaced_on_the_half_migrated_schema(
        self, known: PostRoom
    ) -> None:
        first = await old_enqueue(known, "pair-formed", FORMED.pair_id, BEN)
        second = await old_enqueue(known, "participant-unplaced", RUN, BEN)
        again = await old_enqueue(known, "participant-unplaced", RUN, BEN)

        assert (len(first), len(second), again) == (1, 1, [])
        assert await known.states() == {"due": 2}
        assert await old_send(known) == ["Ben Okoro", "Ben Okoro"]
        assert await known.states() == {"sent": 2}

    @pytest.mark.parametrize(
        ("statement", "of"),
        [
            (released.RESTING_OF_PEOPLE, BEN.person_id),
            (released.RESTING_OF_PARTICIPANTS, BEN.participant_id),
            (released.RESTING_OF_PAIRS, FORMED.pair_id),
        ],
    )
    async def test_finds_what_rests_on_the_half_migrated_schema(
        self, known: PostRoom, statement: str, of: UUID
    ) -> None:
        queued = await old_enqueue(known, "pair-formed", FORMED.pair_id, BEN)

        assert [row["id"] for row in await known.room.rows(statement, [of])] == queued

    async def test_finds_what_waits_for_a_programme(self, half: PostRoom) -> None:
        queued = await old_enqueue(half, "pair-formed", FORMED.pair_id, BEN)

        rows = await half.room.rows(released.WAITING_OF_PROGRAMMES, [PROGRAMME])

        assert [row["id"] for row in rows] == queued


class TestTheNewCode:
    async def test_tells_everything_on_the_half_migrated_schema(self, known: PostRoom) -> None:
        await known.room.take(
            record_of(FORMED), record_of(unplaced(BEN)), record_of(checkin(FORMED, BEN, ANA))
        )
        await ask_for_sign_in(known, new_id(), Role.PORTAL, ANA)

        await known.send_all()

        assert await known.states() == {"sent": 5}

    async def test_sends_what_the_released_code_queued(self, known: PostRoom) -> None:
        await old_enqueue(known, "pair-formed", FORMED.pair_id, BEN)

        await known.room.take(record_of(FORMED))
        await known.send_all()

        assert await known.states() == {"sent": 2}

    async def test_cancels_what_the_released_code_queued(self, known: PostRoom) -> None:
        await old_enqueue(known, "pair-formed", FORMED.pair_id, BEN)

        await known.room.take(record_of(end_of(FORMED)))

        assert await known.states() == {"cancelled": 1}


class TestAKindThatNobodyKnows:
    @pytest.mark.parametrize("migrated", [True, False])
    async def test_is_refused(self, post: PostRoom, *, migrated: bool) -> None:
        if not migrated:
            for name in (INVITE, POST, LINKS):
                await roll_back(post, name)

        with pytest.raises(asyncpg.CheckViolationError, match="delivery_kind_check"):
            await old_enqueue(post, "newsletter", RUN, BEN)


class TestTheWayBack:
    async def test_leads_to_the_released_schema_and_forward_again(self, post: PostRoom) -> None:
        now = await schema(post)
        for name in (INVITE, POST, LINKS, FIRST):
            await roll_back(post, name)
        await apply(post, FIRST)
        before = await schema(post)

        await apply(post, LINKS)
        await roll_back(post, LINKS)
        back = await schema(post)
        await apply(post, LINKS)
        await apply(post, POST)
        await apply(post, INVITE)

        assert back == before
        assert await schema(post) == now

    async def test_keeps_what_the_released_code_knows(self, known: PostRoom) -> None:
        await known.room.take(record_of(FORMED), record_of(checkin(FORMED, BEN, ANA)))
        await ask_for_sign_in(known, new_id(), Role.PORTAL, ANA)

        await roll_back(known, INVITE)
        await roll_back(known, LINKS)

        rows = await known.room.rows("SELECT kind FROM delivery")
        assert [row["kind"] for row in rows] == ["pair-formed", "pair-formed"]
        assert len(await old_send(known)) == 2
