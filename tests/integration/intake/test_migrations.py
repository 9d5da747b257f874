"""The way of intake's schema, back to its first form and forward again."""

from pathlib import Path
from typing import TypeAlias, cast

import asyncpg
from pogo_core.migration import Migration

from services.intake import app
from tests.integration.intake.company import a_person, import_people
from tests.support.room import Room

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
FOLDER = Path(app.__file__).parent / "migrations"


def migrations() -> list[Migration]:
    paths = sorted(FOLDER.glob("*.sql"))
    return [Migration(path.stem, path, set()).load() for path in paths]


async def schema(room: Room) -> list[tuple[object, ...]]:
    """Columns, constraints and indexes, to compare."""
    rows = await room.rows(
        """
        SELECT table_name, column_name,
               data_type || is_nullable || coalesce(column_default, '')
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public'
        ORDER BY 1, 2, 3
        """
    )
    return [tuple(row) for row in rows]


class TestMigrations:
    async def test_can_be_taken_back_and_applied_again_with_people_in_place(
        self, room: Room
    ) -> None:
        await import_people(room, a_person(1, title=""), a_person(2, title=""))
        newest = await schema(room)
        later = migrations()[1:]

        async with room.pool.acquire() as connection:
            for migration in reversed(later):
                async with connection.transaction():
                    await migration.rollback(cast("Connection", connection))
            oldest = await schema(room)
            for migration in later:
                async with connection.transaction():
                    await migration.apply(cast("Connection", connection))

        assert ("person", "left_at") not in {(table, name) for table, name, _ in oldest}
        assert await schema(room) == newest
        report = await import_people(room, a_person(1, title=""), a_person(2, title=""))
        assert report["unchanged"] == 2
