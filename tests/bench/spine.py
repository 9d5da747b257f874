"""The spine's two rows: events per second, all stages at once; and commit to effect.

Three processes share the work, as in production: a writer, a relay, a consumer. The yardstick
does the same bare, in the same run, turn by turn.
"""

import asyncio
import os
import statistics
import time
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

from shared.bus.work import Units
from shared.clock import RealClock
from shared.database import open_pool
from shared.process import run_until_done
from shared.settings import ServiceSettings
from tandem_events import PARTITIONS, ParticipantRegistered
from tests.bench.report import report
from tests.bench.stage import Stage, end, stage, start, wait_for_go
from tests.support.databases import Databases
from tests.support.probe import ProbeSettings, a_registration
from tests.support.servers import Servers

EVENTS = 60_000
ROUNDS = 3
LATENCY_EVENTS = 2_000
EVENTS_PER_SECOND = 200
WARM_UP = 200
START_SECONDS = 4.0

Parts: TypeAlias = list[tuple[list[str], dict[str, str]]]

PROBE = ["-m", "tests.support.probe"]
OURS: Parts = [
    (["-m", "tests.bench.spine"], {}),
    (PROBE, {"TANDEM_ROLES": "relay"}),
    (PROBE, {"TANDEM_ROLES": "consume"}),
]
YARDSTICK: Parts = [
    (["-m", "tests.bench.yardstick", part], {}) for part in ("write", "relay", "consume")
]
TAKEN = "SELECT coalesce(sum(next_offset), 0) FROM bus.inbox_position"
TELL_EFFECTS = """
    CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('effect', NEW.subject); RETURN NULL; END $$;
    CREATE TRIGGER tell AFTER INSERT ON effect FOR EACH ROW EXECUTE FUNCTION tell();
"""


def an_event() -> ParticipantRegistered:
    return a_registration()


async def write_ours(settings: ProbeSettings) -> None:
    """The writer: units of 200 events, once the driver says go."""
    pool = await open_pool(settings)
    units = Units(pool, settings.source, RealClock(), settings.topic_prefix)
    events = [an_event() for _ in range(EVENTS)]
    wait_for_go()
    for begin in range(0, EVENTS, 200):
        async with units.begin() as work:
            for event in events[begin : begin + 200]:
                work.publish(event)
    await pool.close()


async def measure_throughput(servers: Servers, databases: Databases) -> None:
    """Report `spine.events_per_second` against the yardstick; medians of alternating rounds."""
    ours, yardsticks = [], []
    for _ in range(ROUNDS):
        yardsticks.append(await events_per_second(servers, databases, YARDSTICK))
        ours.append(await events_per_second(servers, databases, OURS))
    value, yardstick = statistics.median(ours), statistics.median(yardsticks)
    report("spine.events_per_second", value, "events/s", yardstick)


async def measure_latency(servers: Servers, databases: Databases) -> None:
    """Report from the return of a commit to the commit of its effect, at 200 events/s."""
    async with _spine_stage(servers, databases) as (environment, settings, watcher):
        await watcher.execute(TELL_EFFECTS)
        service = await start(PROBE, environment)
        seen: dict[str, float] = {}

        def see(_connection: object, _pid: int, _channel: str, subject: object) -> None:
            seen.setdefault(str(subject), time.perf_counter())

        await watcher.add_listener("effect", see)
        committed = await _write_steadily(settings)
        while len(seen) < len(committed):  # noqa: ASYNC110 - told by another process
            await asyncio.sleep(0.05)
        await end([service])
    subjects = list(committed)[WARM_UP:]
    waits = sorted((seen[subject] - committed[subject]) * 1000 for subject in subjects)
    report("spine.commit_to_effect_p50_ms", statistics.median(waits), "ms")
    report("spine.commit_to_effect_p99_ms", waits[int(len(waits) * 0.99)], "ms")


async def _write_steadily(settings: ServiceSettings) -> dict[str, float]:
    """Commit one event after another at a steady rate; returns when each commit returned."""
    pool = await open_pool(settings)
    units = Units(pool, settings.source, RealClock(), settings.topic_prefix)
    committed: dict[str, float] = {}
    await asyncio.sleep(START_SECONDS)
    begin = time.perf_counter()
    for number in range(WARM_UP + LATENCY_EVENTS):
        event = an_event()
        async with units.begin() as work:
            work.publish(event)
        committed[event.subject] = time.perf_counter()
        await asyncio.sleep(begin + number / EVENTS_PER_SECOND - time.perf_counter())
    await pool.close()
    return committed


async def events_per_second(
    servers: Servers, databases: Databases, parts: Parts, partitions: int = PARTITIONS
) -> float:
    """One round: events per second from the writer's start to the last effect."""
    async with _spine_stage(servers, databases, partitions) as (environment, _settings, watcher):
        others = [await start(command, environment | more) for command, more in parts[1:]]
        writer = await start(parts[0][0], environment, asyncio.subprocess.PIPE)
        assert writer.stdout and writer.stdin  # noqa: PT018
        await writer.stdout.readline()
        await asyncio.sleep(START_SECONDS)
        began = time.perf_counter()
        writer.stdin.write(b"go\n")
        while await watcher.fetchval(TAKEN) < EVENTS:  # noqa: ASYNC110 - by another process
            await asyncio.sleep(0.05)
        seconds = time.perf_counter() - began
        await end([*others, writer])
    return EVENTS / seconds


def _spine_stage(
    servers: Servers, databases: Databases, partitions: int = PARTITIONS
) -> AbstractAsyncContextManager[Stage]:
    return stage(servers, databases, "probe", ParticipantRegistered, EVENTS, partitions=partitions)


if __name__ == "__main__":
    run_until_done(write_ours(ProbeSettings.load(os.environ)))
