"""Fixtures of the portal's tests."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import OpenRoom
from tests.integration.portal.house import Browser, House, open_house


@pytest.fixture
async def house(open_room: OpenRoom) -> House:
    """The portal and the services behind it."""
    return await open_house(open_room)


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    """A browser with nobody signed in."""
    async with house.browser() as one:
        yield one
