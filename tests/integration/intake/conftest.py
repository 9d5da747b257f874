"""Fixtures of intake's tests."""

import pytest

from tests.conftest import OpenRoom
from tests.support.room import Room


@pytest.fixture
async def room(open_room: OpenRoom) -> Room:
    """Intake on a database of its own."""
    return await open_room("intake")
