"""The proxy that makes the way between two programs bad."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.faults.proxy import FINE, HOST, Proxy, Weather


@dataclass
class Line:
    """A connection through the proxy to a server that says everything back."""

    proxy: Proxy
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def says_back(self, data: bytes) -> bool:
        self.writer.write(data)
        return await self.reader.readexactly(len(data)) == data


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async def say_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(say_back, HOST, 0)
    proxy = Proxy(server.sockets[0].getsockname()[1], random.Random(1))
    async with proxy.running():
        reader, writer = await asyncio.open_connection(HOST, proxy.port)
        yield Line(proxy, reader, writer)
        writer.close()
    server.close()


class TestTheProxy:
    @pytest.mark.parametrize("weather", [FINE, Weather(slice_bytes=3), Weather(latency=0.01)])
    async def test_brings_everything_across(self, line: Line, weather: Weather) -> None:
        line.proxy.change(weather)

        assert await line.says_back(bytes(range(256)) * 4)

    async def test_cuts_a_connection(self, line: Line) -> None:
        assert await line.says_back(b"hello")

        assert line.proxy.cut() == 1

        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await line.says_back(b"hello")

    async def test_keeps_what_falls_into_a_hole_until_it_is_over(self, line: Line) -> None:
        line.proxy.change(Weather(is_hole=True))
        waiting = asyncio.create_task(line.says_back(b"hello"))
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done

        line.proxy.change(FINE)

        assert await waiting
