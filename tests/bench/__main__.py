"""`make bench`: measures what DESIGN names, each against a yardstick of the same run.

`python -m tests.bench checkins` measures one part alone.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from tests.bench.backlog import measure_inbox, measure_outbox
from tests.bench.checkins import measure_checkins
from tests.bench.scaling import measure_partitions, measure_processes
from tests.bench.scim import measure_scim
from tests.bench.spine import measure_latency, measure_throughput
from tests.support.databases import Databases
from tests.support.servers import Servers, running_servers

PARTS: dict[str, tuple[Callable[[Servers, Databases], Awaitable[None]], ...]] = {
    "spine": (measure_throughput, measure_latency),
    "backlog": (measure_outbox, measure_inbox),
    "scaling": (measure_partitions, measure_processes),
    "checkins": (measure_checkins,),
    "scim": (measure_scim,),
}


async def _measure(names: list[str]) -> None:
    with running_servers() as servers:
        databases = Databases(servers)
        for name in names:
            for measure in PARTS[name]:
                await measure(servers, databases)
        await databases.close()


asyncio.run(_measure(sys.argv[1:] or list(PARTS)))
