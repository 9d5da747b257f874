"""How the database finds its way on filled tables: a lost index fails a test and not a night."""

import pytest

from services.checkins.handlers import BATCH
from services.checkins.store import overview, turns
from tests.integration.checkins.couples import APRIL, PROGRAMME
from tests.support.room import NOON, Room

_FILL = (
    "INSERT INTO programme (programme_id) VALUES ($1)",
    """
    INSERT INTO pair (pair_id, programme_id, mentor_id, mentee_id, formed_at, begun_at)
    SELECT gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), now(), now()
    FROM generate_series(1, 20000)
    """,
    """
    INSERT INTO turn (pair_id, participant_id, side, partner_id, programme_id, formed_at,
                      time_zone, next_round, due_at)
    SELECT pair_id, mentor_id, 'mentor', mentee_id, $1, formed_at, 'UTC', 24360,
           '2030-01-01'::timestamptz + random() * interval '1 year'
    FROM pair
    """,
    """
    INSERT INTO checkin (checkin_id, pair_id, programme_id, participant_id, partner_id, round,
                         due_at, announced_at)
    SELECT gen_random_uuid(), pair_id, $1, mentor_id, mentee_id, 24315 + month,
           '2026-04-01'::timestamptz, '2026-04-01'::timestamptz
    FROM pair, generate_series(0, 3) AS month
    """,
)


@pytest.fixture
async def filled(room: Room) -> Room:
    """Twenty thousand pairs of one programme, each asked four times."""
    for statement in _FILL:
        await room.rows(statement, PROGRAMME)
    await room.rows("ANALYZE")
    return room


class TestThePlan:
    async def test_of_the_idle_scan_reads_the_index_of_due_turns_alone(self, filled: Room) -> None:
        plan = await filled.plan(turns._CLAIM, NOON, BATCH)

        assert "turn_due" in plan
        assert "Seq Scan on turn" not in plan

    async def test_of_a_rounds_list_reads_the_index_of_rounds_in_its_order(
        self, filled: Room
    ) -> None:
        plan = await filled.plan(overview._LIST_OF_ROUND, PROGRAMME, None, None, 100, APRIL)

        assert "checkin_of_round" in plan
        assert "Sort" not in plan

    async def test_of_the_whole_list_reads_the_index_of_programmes_in_its_order(
        self, filled: Room
    ) -> None:
        plan = await filled.plan(overview._LIST_OF_ALL, PROGRAMME, None, None, 100)

        assert "checkin_of_programme" in plan
        assert "Sort" not in plan
