"""Fixtures that every test may use: real servers, and rooms with a database of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from shared.database import open_pool
from tests.support.databases import Databases, build
from tests.support.room import Room, build_room
from tests.support.servers import Servers, running_servers

OpenRoom = Callable[..., Awaitable[Room]]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """PostgreSQL, Kafka and a mailbox, running for the whole session."""
    with running_servers() as running:
        yield running


@pytest.fixture(scope="session")
async def databases(servers: Servers) -> AsyncIterator[Databases]:
    made = Databases(servers)
    yield made
    await made.close()


@pytest.fixture
async def open_room(databases: Databases) -> AsyncIterator[OpenRoom]:
    """`await open_room("matching", TOPIC_PREFIX="x.")`: a service on a database of its own."""
    async with AsyncExitStack() as closing:

        async def open_one(service: str, **settings: str) -> Room:
            database = await databases.new(service)
            closing.push_async_callback(databases.drop, database)
            room_settings = databases.settings(service, database, settings)
            pool = await open_pool(room_settings)
            closing.push_async_callback(pool.close)
            return build_room(build(room_settings), pool)

        yield open_one


@pytest.fixture(scope="session")
def hr_employees() -> Path:
    """The public HR sample, which stands beside the project on our own machines only."""
    path = Path(__file__).parents[2] / "shared" / "data" / "hr-employees.csv"
    if not path.exists():
        pytest.skip("the HR sample is not on this machine: ../shared/data/hr-employees.csv")
    return path
