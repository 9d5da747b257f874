"""The yardstick of SCIM: the same rows of person and outbox, inserted bare for each request.

A minimal ASGI application on the same server and event loop: it reads the JSON, inserts in one
transaction, and answers with what it was sent. No token, no rules, no locks, no library of SCIM.
"""

import json
import os
from datetime import UTC, datetime
from typing import Any

import asyncpg
import uvicorn

from services.intake.store.person import _PUT
from shared.bus.store.outbox import _ADD_TO_OUTBOX, LANES
from shared.ids import new_id
from shared.process import run_until_done
from tests.bench.stage import Bench

CONNECTIONS = 10

_GIVEN = """
    UPDATE person SET user_name = $2, external_id = $3, scim_given = $4::text::jsonb,
        scim_made = $4::text::jsonb WHERE person_id = $1
"""
_HEADERS = [(b"content-type", b"application/scim+json")]


class BareScim:
    """The application."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", topic: str) -> None:
        self._pool = pool
        self._topic = topic

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        user = json.loads(body)
        await self._insert(user)
        answer = json.dumps(user).encode()
        headers = [*_HEADERS, (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _insert(self, user: dict[str, Any]) -> None:
        person_id, now, name = new_id(), datetime.now(UTC), user["displayName"]
        enterprise, tandem = list(user.values())[-2:]
        key, story = str(person_id), str(new_id())
        payload = json.dumps({"person_id": key, "name": name, "email": user["userName"]})
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                _PUT, person_id, enterprise["employeeNumber"], name, user["userName"],
                enterprise["department"], int(tandem["seniority"]), None, None, user["timezone"],
                user["preferredLanguage"], [1, 2, 3, 4, 5], user["title"], None, None, 1, now,
            )  # fmt: skip
            await connection.execute(
                _GIVEN, person_id, user["userName"], user["externalId"], json.dumps(user["name"])
            )
            await connection.execute(
                _ADD_TO_OUTBOX, [new_id()], [self._topic], [key], ["tandem.person-contact"],
                [payload], [key], [story], [story], ["00-0-0-01"], "/tandem/local/intake", now,
                LANES,
            )  # fmt: skip


async def serve() -> None:
    """Serve until the process is ended."""
    bench = Bench.from_environment(os.environ)
    pool = await asyncpg.create_pool(bench.dsn, min_size=CONNECTIONS, max_size=CONNECTIONS)
    app = BareScim(pool, bench.topic)
    port = int(os.environ["TANDEM_API_PORT"])
    config = uvicorn.Config(
        app, "127.0.0.1", port, access_log=False, log_config=None, lifespan="off"
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    run_until_done(serve())
