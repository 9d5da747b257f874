"""Where a measurement takes place: topics and a database of its own, and processes to run on it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg

from deploy.embedded.programs import base_environment
from shared.settings import ServiceSettings
from tandem_events import PARTITIONS, Event
from tests.support.databases import Databases
from tests.support.kafka import make_topics, plain_client
from tests.support.servers import Servers

VARIABLE = "BENCH"

Stage: TypeAlias = "tuple[dict[str, str], ServiceSettings, asyncpg.Connection[asyncpg.Record]]"


@dataclass(frozen=True)
class Bench:
    """What the processes of one measurement are told."""

    dsn: str
    kafka: dict[str, Any]
    topic: str
    events: int
    write_batch: int = 200
    relay_batch: int = 2000
    consume_batch: int = 1000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Bench":
        return cls(**json.loads(environment[VARIABLE]))


@asynccontextmanager
async def stage(  # noqa: PLR0913 - what a measurement is made on
    servers: Servers,
    databases: Databases,
    service: str,
    event_class: type[Event],
    events: int,
    *,
    partitions: int = PARTITIONS,
    **settings: str,
) -> AsyncIterator[Stage]:
    """Topics and a database of this measurement's own, and a connection to look at it."""
    prefix = f"b{uuid4().hex[:8]}."
    make_topics(servers, prefix, {service: []}, partitions=partitions)
    database = await databases.new(service)
    values = databases.environment(service, database, {"TOPIC_PREFIX": prefix, **settings})
    loaded = databases.settings(service, database, {"TOPIC_PREFIX": prefix, **settings})
    dsn = loaded.database_url.replace("@", f":{loaded.database_password.get_secret_value()}@")
    topic = prefix + event_class.topic.name
    bench = Bench(dsn=dsn, kafka=plain_client(servers), topic=topic, events=events)
    watcher = await asyncpg.connect(dsn)
    try:
        yield {**base_environment(), **values, VARIABLE: json.dumps(asdict(bench))}, loaded, watcher
    finally:
        await watcher.close()
        await databases.drop(database)


async def start(
    command: list[str], environment: dict[str, str], pipe: int = asyncio.subprocess.DEVNULL
) -> asyncio.subprocess.Process:
    """Start a Python process with this command line."""
    return await asyncio.create_subprocess_exec(
        sys.executable, *command, env=environment, stdin=pipe, stdout=pipe
    )


async def end(processes: list[asyncio.subprocess.Process]) -> None:
    """Stop processes and wait for their end."""
    for process in processes:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def wait_for_go() -> None:
    """Tell the driver that this process is ready, and wait for its word."""
    print("ready", flush=True)
    sys.stdin.readline()
