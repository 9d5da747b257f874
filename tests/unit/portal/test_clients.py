"""How the portal asks the services."""

from typing import cast

import httpx
import pytest

from services.portal.clients import Services
from services.portal.pages import build_pages
from services.portal.pages.frame import Portal
from services.portal.settings import Settings
from shared.bus.work import Units
from tests.support.keys import PORTAL
from tests.unit.portal.test_portal_settings import PORTALS


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self) -> None:
        self.is_closed = False

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"items": []})

    async def aclose(self) -> None:
        self.is_closed = True


class TestServices:
    async def test_are_asked_no_more_once_the_portal_has_stopped(self) -> None:
        transport = _Transport()
        settings = Settings.load({**PORTALS, "TANDEM_SIGNING_KEY": PORTAL.private_key})
        services = Services(settings, transport)
        pages = build_pages(Portal(settings, cast("Units", None), services))

        async with pages.router.lifespan_context(pages):
            await services.get(services.of_portal(), "intake", "/v1/coordinators")

        assert transport.is_closed
        with pytest.raises(RuntimeError, match="closed"):
            await services.get(services.of_portal(), "intake", "/v1/coordinators")
