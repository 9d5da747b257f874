"""The SCIM row: users created a second, over HTTP, by as many callers at a time as Entra has.

One process serves, as in production, with the API alone; the relay rests. The yardstick is the
same rows, inserted bare by a minimal ASGI application (tests.bench.bare_scim) in one process too.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from deploy.embedded.programs import free_port
from services.intake import scim_token_handlers
from shared.bus.work import Units
from shared.clock import RealClock
from shared.database import open_pool
from tandem_events import PersonContact
from tests.bench.report import report
from tests.bench.stage import Stage, end, stage, start
from tests.support.databases import Databases
from tests.support.servers import Servers
from tests.support.until import until

USERS = 4000
CALLERS = 16
ROUNDS = 3
WARMING_UP = 200
TARGET = 200

_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_TANDEM = "urn:ietf:params:scim:schemas:extension:tandem:2.0:User"


async def measure_scim(servers: Servers, databases: Databases) -> None:
    """Report users created a second: the best of some rounds, ours and the yardstick in turn."""
    ours: list[float] = []
    yardstick: list[float] = []
    for _ in range(ROUNDS):
        yardstick.append(await _round(servers, databases, bare=True))
        ours.append(await _round(servers, databases, bare=False))
    report("scim.creates_per_second", max(ours), "users/s", max(yardstick))
    if max(ours) < TARGET:
        print(f"below the target of {TARGET} users/s", flush=True)


async def _round(servers: Servers, databases: Databases, *, bare: bool) -> float:
    port = free_port()
    async with stage(
        servers, databases, "intake", PersonContact, USERS, API_PORT=str(port), ROLES="api"
    ) as made:
        token = await _token(made)
        async with _served(made, bare=bare):
            await until(lambda: _listens(port), "the server listens")
            await _push(port, token, range(WARMING_UP))
            began = time.perf_counter()
            await _push(port, token, range(WARMING_UP, WARMING_UP + USERS))
            seconds = time.perf_counter() - began
        written = await made[2].fetchval("SELECT count(*) FROM person")
        told = await made[2].fetchval("SELECT count(*) FROM bus.outbox")
        assert written == told == WARMING_UP + USERS, (written, told)
    return USERS / seconds


@asynccontextmanager
async def _served(made: Stage, *, bare: bool) -> AsyncIterator[None]:
    environment, _settings, _watcher = made
    tandem = [str(Path(sys.executable).with_name("tandem")), "serve", "intake"]
    server = await start(["-m", "tests.bench.bare_scim"] if bare else tandem, environment)
    try:
        yield
    finally:
        await end([server])


async def _token(made: Stage) -> str:
    pool = await open_pool(made[1])
    units = Units(pool, "/tandem/local/intake", RealClock())
    async with units.begin() as work:
        _, parts = await scim_token_handlers.create_token("Bench", 1, "bench", work)
    await pool.close()
    return str(parts)


async def _push(port: int, token: str, numbers: range) -> None:
    waiting = iter(numbers)
    await asyncio.gather(*(_caller(port, token, waiting) for _ in range(CALLERS)))


async def _caller(port: int, token: str, waiting: Any) -> None:
    """Send users over one connection, one after the other; a client library would cost more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in waiting:
        body = json.dumps(_user(number)).encode()
        writer.write(
            f"POST /scim/v2/Users HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/scim+json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        answer = await reader.readexactly(length)
        assert b" 201 " in head.partition(b"\r\n")[0], answer
    writer.close()


def _user(number: int) -> dict[str, Any]:
    address = f"person.{number}@example.com"
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", _ENTERPRISE, _TANDEM],
        "userName": address, "externalId": f"00u{number}", "active": True,
        "displayName": f"Ana Lima {number}", "title": "Counsel",
        "name": {"givenName": "Ana", "familyName": f"Lima {number}"},
        "emails": [{"value": address, "type": "work", "primary": True}],
        "preferredLanguage": "de", "timezone": "Europe/Berlin",
        _ENTERPRISE: {"employeeNumber": f"E{number}", "department": f"D{number % 40}"},
        _TANDEM: {"seniority": str(number % 20 + 1)},
    }  # fmt: skip


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
