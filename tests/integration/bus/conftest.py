"""Fixtures of the spine's tests."""

from uuid import uuid4

import pytest

from tests.conftest import OpenRoom
from tests.support.kafka import make_topics
from tests.support.room import Room
from tests.support.servers import Servers


@pytest.fixture
async def room(servers: Servers, open_room: OpenRoom) -> Room:
    """The probe on a database and topics of its own."""
    prefix = f"t{uuid4().hex[:8]}."
    make_topics(servers, prefix, {})
    return await open_room("probe", TOPIC_PREFIX=prefix)
