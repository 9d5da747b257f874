"""The nemesis: hurts services, servers and the ways between them, by a schedule from a seed."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from deploy.services import SERVICES
from shared.bus.moments import Moment
from tests.faults.proxy import FINE, Proxy, Weather
from tests.faults.rig import Rig

TELLING = ("intake", "matching", "notifications", "checkins")
LISTENING = ("matching", "notifications", "checkins")
_LOOK_EVERY_SECONDS = 0.2
_PATIENCE_WITH_A_TRAP = 15.0
_SERVER_SECONDS = 300.0


class Fault(StrEnum):
    """A way of hurting."""

    KILL = "service killed"
    TRAP = "service killed at a moment"
    KAFKA = "Kafka killed"
    POSTGRES = "PostgreSQL killed"
    ZOMBIE = "consumer stopped while another takes over"
    CUT = "connections cut"
    SLOW = "connections slow"
    SLICED = "connections sliced"
    HOLE = "connections dead for a while"
    REBALANCE = "group rebalanced"


WEIGHTS = {
    Fault.KILL: 28, Fault.TRAP: 28, Fault.CUT: 14, Fault.SLOW: 6, Fault.SLICED: 6, Fault.HOLE: 6,
    Fault.REBALANCE: 6, Fault.KAFKA: 3, Fault.POSTGRES: 4, Fault.ZOMBIE: 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Strike:
    """One planned fault; which service, moment and way follow from the draw.

    Attributes:
        draw: A number that decides everything else about it.
        pause: Seconds after it.
    """

    fault: Fault
    draw: int
    pause: float


def schedule(seed: int, count: int, at_least: tuple[Fault, ...] = ()) -> list[Strike]:
    """The faults of a run, from a seed: those that must be in it, and others by weight."""
    chance = random.Random(f"{seed} nemesis")
    others = chance.choices(list(WEIGHTS), weights=list(WEIGHTS.values()), k=count - len(at_least))
    faults = [*at_least, *others]
    chance.shuffle(faults)
    return [Strike(f, chance.randrange(2**32), chance.uniform(0.3, 2)) for f in faults]


class Nemesis:
    """Carries out a schedule and counts what it did."""

    def __init__(self, rig: Rig, zombie_seconds: float) -> None:
        self._rig = rig
        self._zombie_seconds = zombie_seconds
        self._lasting: set[asyncio.Task[None]] = set()
        self._held: set[str] = set()
        self.done: Counter[str] = Counter()
        self._ways: dict[Fault, Callable[[random.Random], Awaitable[bool]]] = {
            Fault.KILL: self._kill,
            Fault.TRAP: self._trap,
            Fault.KAFKA: self._kill_kafka,
            Fault.POSTGRES: self._kill_postgres,
            Fault.ZOMBIE: self._make_zombie,
            Fault.CUT: self._cut,
            Fault.SLOW: self._slow,
            Fault.SLICED: self._slice,
            Fault.HOLE: self._make_hole,
            Fault.REBALANCE: self._rebalance,
        }

    async def strike(self, strike: Strike) -> None:
        """Do one fault; a target that can't be hit just now is tried again a moment later."""
        chance = random.Random(strike.draw)
        while not await self._ways[strike.fault](chance):  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        self.done[strike.fault] += 1
        await asyncio.sleep(strike.pause)

    async def heal(self) -> None:
        """Let all that lasts end, and everything come back."""
        await asyncio.gather(*self._lasting)
        for service in SERVICES:
            self._rig.disarm(service)
        for way in self._all_ways():
            way.change(FINE)
        await self._rig.all_ready()

    async def _kill(self, chance: random.Random) -> bool:
        service = chance.choice(SERVICES)
        return service not in self._held and self._rig.kill(service)

    async def _trap(self, chance: random.Random) -> bool:
        service = chance.choice(TELLING)
        moments = list(Moment) if service in LISTENING else [Moment.WRITTEN, Moment.COMMITTED,
                                                             Moment.PUBLISHED]  # fmt: skip
        moment = chance.choice(moments)
        if service in self._held or self._rig.is_armed(service):
            return False
        self._rig.arm(service, moment, chance.randint(1, 3))
        for _ in range(int(_PATIENCE_WITH_A_TRAP / _LOOK_EVERY_SECONDS)):
            if not self._rig.is_armed(service):
                self.done[f"  … {moment}"] += 1
                return True
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        self._rig.disarm(service)
        return False

    async def _kill_kafka(self, _chance: random.Random) -> bool:
        return await self._kill_server("kafka")

    async def _kill_postgres(self, _chance: random.Random) -> bool:
        return await self._kill_server("postgres")

    async def _kill_server(self, name: str) -> bool:
        if not self._rig.kill(name):
            return False
        await asyncio.to_thread(
            self._rig.servers.wait_until_ready, names=(name,), seconds=_SERVER_SECONDS
        )
        return True

    async def _make_zombie(self, chance: random.Random) -> bool:
        service = chance.choice(LISTENING)
        if service in self._held or not self._rig.signal(service, signal.SIGSTOP):
            return False
        self._rig.start_second(service)
        self._let_last(service, self._wake_zombie(service))
        return True

    async def _wake_zombie(self, service: str) -> None:
        await asyncio.sleep(self._zombie_seconds)
        self._rig.signal(service, signal.SIGCONT)
        await asyncio.sleep(2)
        self._rig.stop_second(service)

    async def _rebalance(self, chance: random.Random) -> bool:
        service = chance.choice(LISTENING)
        if service in self._held:
            return False
        self._rig.start_second(service)
        self._let_last(service, self._end_second(service, chance))
        return True

    async def _end_second(self, service: str, chance: random.Random) -> None:
        await asyncio.sleep(chance.uniform(4, 9))
        if chance.random() < 0.5:
            self._rig.kill_second(service)
        else:
            self._rig.stop_second(service)

    async def _cut(self, chance: random.Random) -> bool:
        return self._a_way(chance).cut() > 0

    async def _slow(self, chance: random.Random) -> bool:
        return self._weather(chance, Weather(latency=chance.uniform(0.01, 0.1)), 4)

    async def _slice(self, chance: random.Random) -> bool:
        return self._weather(chance, Weather(slice_bytes=chance.randint(1, 200)), 4)

    async def _make_hole(self, chance: random.Random) -> bool:
        return self._weather(chance, Weather(is_hole=True), 8)

    def _weather(self, chance: random.Random, weather: Weather, longest: float) -> bool:
        way = self._a_way(chance)

        async def clear_up() -> None:
            way.change(weather)
            await asyncio.sleep(chance.uniform(longest / 2, longest))
            way.change(FINE)

        self._let_last("", clear_up())
        return True

    def _a_way(self, chance: random.Random) -> Proxy:
        return chance.choice(self._all_ways())

    def _all_ways(self) -> list[Proxy]:
        """Kafka's counts as often as all the databases' together."""
        ways = list(self._rig.database_ways.values())
        return ways + [self._rig.kafka_way] * len(ways)

    def _let_last(self, service: str, doing: "Awaitable[None]") -> None:
        """Have something go on beside what follows; nothing else is done to the service."""

        async def do() -> None:
            self._held.add(service)
            try:
                await doing
            finally:
                self._held.discard(service)

        task = asyncio.ensure_future(do())
        self._lasting.add(task)
        task.add_done_callback(self._lasting.discard)
