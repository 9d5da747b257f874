"""Fixtures of checkins' tests."""

import pytest

from tests.conftest import OpenRoom
from tests.support.room import Room


@pytest.fixture
async def room(open_room: OpenRoom) -> Room:
    """Checkins on a database of its own."""
    return await open_room("checkins")
