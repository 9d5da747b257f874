"""Fixtures of matching's tests."""

from collections.abc import AsyncIterator

import pytest

from services.matching.workers import Solver
from tests.conftest import OpenRoom
from tests.support.room import Room


@pytest.fixture
async def room(open_room: OpenRoom) -> Room:
    """Matching on a database of its own."""
    return await open_room("matching")


@pytest.fixture(scope="session")
async def solver() -> AsyncIterator[Solver]:
    """A worker process for all tests."""
    solver = Solver()
    yield solver
    await solver.close()
