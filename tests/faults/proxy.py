"""A small TCP proxy that can make the way between a service and a server slow, sliced or cut."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise

HOST = "127.0.0.1"
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Weather:
    """How the way is at the moment.

    Attributes:
        latency: Seconds that each piece is late.
        slice_bytes: Pieces are cut into as many bytes at most; 0 leaves them whole.
        is_hole: Everything sent vanishes for as long as this lasts, and then arrives late:
            the connection stands, and nothing moves.
        is_closed: Nobody is let in.
    """

    latency: float = 0.0
    slice_bytes: int = 0
    is_hole: bool = False
    is_closed: bool = False


FINE = Weather()


class Proxy:
    """Listens on a port of its own and passes everything on to another, as the weather allows."""

    def __init__(self, target_port: int, chance: random.Random) -> None:
        self._target_port = target_port
        self._chance = chance
        self._weather = FINE
        self._changed = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        self.port = 0

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator["Proxy"]:
        """Listen for the length of the block."""
        server = await asyncio.start_server(self._serve, HOST, port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()
            await asyncio.gather(*self._open, return_exceptions=True)

    def change(self, weather: Weather) -> None:
        """Let it be so from now on, for all connections."""
        self._weather = weather
        self._changed.set()
        self._changed = asyncio.Event()

    def cut(self) -> int:
        """Cut every connection in its midst; returns how many there were."""
        for task in self._open:
            task.cancel()
        return len(self._open)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._open.add(task)
        try:
            if not self._weather.is_closed:
                await self._join(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # the connection ends, which is what a cut is
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HOST, self._target_port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, back))
                group.create_task(self._pass_on(there, writer))
        except* OSError:
            pass
        finally:
            back.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            for piece in self._sliced(data):
                await self._wait_for_better_weather()
                writer.write(piece)
                await writer.drain()
        with suppress(OSError):
            writer.write_eof()

    def _sliced(self, data: bytes) -> list[bytes]:
        size = self._weather.slice_bytes
        if not size:
            return [data]
        cuts = [0]
        while cuts[-1] < len(data):
            cuts.append(cuts[-1] + self._chance.randint(1, size))
        return [data[begin:end] for begin, end in pairwise(cuts)]

    async def _wait_for_better_weather(self) -> None:
        while self._weather.is_hole:
            await self._changed.wait()
        if self._weather.latency:
            await asyncio.sleep(self._chance.uniform(0, 2 * self._weather.latency))
