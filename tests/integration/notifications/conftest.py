from collections.abc import AsyncIterator

import pytest

from tests.conftest import OpenRoom
from tests.integration.notifications.mail_server import MailServer, running_mail_server
from tests.integration.notifications.post_room import PostRoom, open_post_room


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    async with running_mail_server() as server:
        yield server


@pytest.fixture
async def post(open_room: OpenRoom, mail_server: MailServer) -> PostRoom:
    return await open_post_room(open_room, mail_server)
