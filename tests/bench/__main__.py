"""`make bench`: measures what DESIGN names, each against a yardstick of the same run."""

import asyncio

from tests.bench.spine import measure_latency, measure_throughput
from tests.support.databases import Databases
from tests.support.servers import running_servers


async def _measure() -> None:
    with running_servers() as servers:
        databases = Databases(servers)
        await measure_throughput(servers, databases)
        await measure_latency(servers, databases)


asyncio.run(_measure())
