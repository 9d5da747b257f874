"""The portal forgets what is over: a day after its end, and not before."""

from services.portal import handlers
from tests.conftest import OpenRoom

OVER = """
    CREATE TABLE over AS
        SELECT n AS hours, now() - make_interval(hours => n) AS instant,
            sha256(n::text::bytea) AS digest
        FROM unnest(ARRAY[-5, 23, 25, 48]) AS n;
    INSERT INTO session (cookie, subject, name, roles, begun_at, ends_at)
        SELECT digest, 'x', 'Ana', '{}', instant, instant FROM over;
    INSERT INTO sign_in (sign_in_id, person_id, browser, next_page, asked_at)
        SELECT uuidv7(), uuidv7(), digest, '/', instant FROM over;
    INSERT INTO used_token (token_id, used_at) SELECT hours::text, instant FROM over;
    INSERT INTO attempt (source, tried_at) SELECT digest, instant FROM over;
"""
"""One of each kind that will end in five hours, or ended 23, 25, 48 hours ago."""
TABLES = ("session", "sign_in", "used_token", "attempt")


class TestForgetting:
    async def test_leaves_what_is_good_or_has_just_ended(self, open_room: OpenRoom) -> None:
        room = await open_room("portal")
        await room.pool.execute(OVER)

        async with room.units.begin() as work:
            await handlers.forget_what_is_over(work)

        left = {table: len(await room.rows(f"SELECT FROM {table}")) for table in TABLES}
        assert left == dict.fromkeys(TABLES, 2)

    async def test_is_done_every_hour(self, open_room: OpenRoom) -> None:
        room = await open_room("portal")

        [schedule] = room.service.schedules

        assert schedule.act is handlers.forget_what_is_over
        assert schedule.every.total_seconds() == 3600
