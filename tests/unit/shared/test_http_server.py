"""The HTTP server of a service, on a socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from shared.service import _http_server, _running
from tests.support.until import until


async def _say_who_connects(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.client.host if request.client else "")


class TestTheHttpServer:
    async def test_believes_nobody_who_says_to_come_from_elsewhere(self) -> None:
        app = Starlette(routes=[Route("/", _say_who_connects)])

        async with _serving(app) as url, httpx.AsyncClient() as client:
            answer = await client.get(url, headers={"X-Forwarded-For": "203.0.113.9"})

        assert answer.text == "127.0.0.1"

    async def test_lets_pages_close_what_they_opened(self) -> None:
        seen: list[str] = []

        @asynccontextmanager
        async def life(_app: Starlette) -> AsyncIterator[None]:
            seen.append("opened")
            yield
            seen.append("closed")

        async with _serving(Starlette(lifespan=life)):
            assert seen == ["opened"]

        assert seen == ["opened", "closed"]


@asynccontextmanager
async def _serving(app: Starlette) -> AsyncIterator[str]:
    server = _http_server(app, ("127.0.0.1", 0))

    async def started() -> bool:
        await asyncio.sleep(0)
        return server.started

    async with _running(server, asyncio.Event()):
        await until(started, "the server listens")
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
