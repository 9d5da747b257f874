"""A programme's calendar: each round once per time zone in use, as the rules compute it.

So moving a million turns on is arithmetic within the database.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import LiteralString
from uuid import UUID

from services.checkins.domain.rounds import Rhythm, moments
from shared.bus.work import Work

_MISSING: LiteralString = """
    SELECT programme_id, time_zone
    FROM unnest($1::uuid[], $2::text[]) AS asked (programme_id, time_zone)
    WHERE NOT EXISTS (
        SELECT FROM moment
        WHERE moment.programme_id = asked.programme_id AND moment.time_zone = asked.time_zone)
"""

_PUT_MOMENTS: LiteralString = """
    INSERT INTO moment (programme_id, time_zone, round, local_at, due_at, asked_until)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::timestamp[],
                         $5::timestamptz[], $6::timestamptz[])
    ON CONFLICT DO NOTHING
"""

_RULES: LiteralString = """
    SELECT programme_id, every_months, weekday, hour, starts_on, ends_on
    FROM programme WHERE programme_id = ANY($1) AND sequence > 0
    ORDER BY programme_id FOR SHARE
"""

_ZONES_IN_USE: LiteralString = """
    SELECT DISTINCT programme_id, time_zone FROM turn WHERE programme_id = ANY($1)
"""

_CLEAR_CALENDAR: LiteralString = "DELETE FROM moment WHERE programme_id = ANY($1)"


async def rules_of(work: Work, programme_ids: Sequence[UUID]) -> dict[UUID, Rhythm]:
    """The rules of those programmes that have been heard of; they stay until the unit ends."""
    rows = await work.connection.fetch(_RULES, programme_ids)
    return {row["programme_id"]: Rhythm(*list(row.values())[1:]) for row in rows}


async def fill(
    work: Work, rules: Mapping[UUID, Rhythm], zones: Collection[tuple[UUID, str]]
) -> None:
    """Add what these programmes' calendars lack of these zones (programme, zone)."""
    wanted = sorted(zones)
    missing = await work.connection.fetch(
        _MISSING, [programme for programme, _ in wanted], [zone for _, zone in wanted]
    )
    rows = [
        (programme, zone, moment)
        for programme, zone in missing
        for moment in moments(rules[programme], zone)
    ]
    await work.connection.execute(
        _PUT_MOMENTS,
        [programme for programme, _, _ in rows],
        [zone for _, zone, _ in rows],
        [moment.round for *_, moment in rows],
        [moment.local_at for *_, moment in rows],
        [moment.due_at for *_, moment in rows],
        [moment.asked_until for *_, moment in rows],
    )


async def renew(work: Work, programme_ids: Sequence[UUID]) -> None:
    """Compute these programmes' calendars anew, for the zones in use."""
    await work.connection.execute(_CLEAR_CALENDAR, programme_ids)
    in_use = await work.connection.fetch(_ZONES_IN_USE, programme_ids)
    zones = [(row["programme_id"], row["time_zone"]) for row in in_use]
    await fill(work, await rules_of(work, programme_ids), zones)
