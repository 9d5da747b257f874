"""scim2-tester, the checks of the python-scim project, against the real service."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import CheckResult, Status, check_server

from tests.integration.intake.company import a_person, import_people
from tests.integration.intake.hr_system import a_token
from tests.support.room import Room

SKIPPED: dict[str, str] = {}
"""The checks that do not run, and why."""

GOOD = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}
ROUNDS = 3
"""The checks make up their values; a few rounds see more of them."""


@asynccontextmanager
async def served(room: Room) -> AsyncIterator[str]:
    """The service on a free port; yields its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = room.service.api(room.units)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listening.close()


def check(address: str, token: str) -> list[CheckResult]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=f"{address}/scim/v2", headers=headers, timeout=60) as client:
        return check_server(SyncSCIMClient(client))


class TestScim:
    async def test_departs_nowhere_from_the_standard(self, room: Room) -> None:
        await import_people(room, a_person(1), a_person(2))
        token = await a_token(room)

        async with served(room) as address:
            results = [
                result
                for _ in range(ROUNDS)
                for result in await asyncio.to_thread(check, address, token)
            ]

        skipped = {each.title or "" for each in results if each.status is Status.SKIPPED}
        wrong = [
            (each.status.name, each.title, each.reason)
            for each in results
            if each.status not in {*GOOD, Status.SKIPPED}
        ]
        assert wrong == []
        assert skipped == set(SKIPPED)
        assert len(results) > 100
