"""How the spine's events per second depend on partitions, and on processes that share the work.

Reported as `spine.partitions.<n>` and `spine.processes.<n>`; `python -m tests.bench.plot` draws the
newest of them into docs/.
"""

import statistics

from tests.bench.report import report
from tests.bench.spine import OURS, PROBE, Parts, events_per_second
from tests.support.databases import Databases
from tests.support.servers import Servers

PARTITION_COUNTS = (1, 3, 6, 12, 24)
PROCESS_COUNTS = (1, 2, 4)
ROUNDS = 3


async def measure_partitions(servers: Servers, databases: Databases) -> None:
    """One relay and one consumer, on a topic of more and more partitions."""
    for count in PARTITION_COUNTS:
        rounds = [await events_per_second(servers, databases, OURS, count) for _ in range(ROUNDS)]
        report(f"spine.partitions.{count}", statistics.median(rounds), "events/s")


async def measure_processes(servers: Servers, databases: Databases) -> None:
    """More and more relays and consumers, as many of the one as of the other."""
    for count in PROCESS_COUNTS:
        parts = _with_processes(count)
        rounds = [await events_per_second(servers, databases, parts) for _ in range(ROUNDS)]
        report(f"spine.processes.{count}", statistics.median(rounds), "events/s")


def _with_processes(count: int) -> Parts:
    writer = OURS[0]
    shared = [(PROBE, {"TANDEM_ROLES": role}) for role in ("relay", "consume")]
    return [writer, *(part for part in shared for _ in range(count))]
