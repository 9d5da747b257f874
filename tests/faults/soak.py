"""A soak: workload and nemesis side by side, then rest, then the checker's verdict."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.simulation import NeverAtRest
from tests.faults.checker import Finding, accepted_by_kind, check
from tests.faults.collector import SETTLING_IN, collect
from tests.faults.history import History
from tests.faults.nemesis import Fault, Nemesis, schedule
from tests.faults.rig import Rig, running_rig
from tests.faults.workload import Workload

BEGIN = datetime(2026, 1, 20, 8, tzinfo=UTC)
TRIES_TO_REST = 3
HANDS = 2
"""How many faults are dealt out at the same time, besides those that last."""


@dataclass(frozen=True)
class Outcome:
    """How a soak went."""

    seed: int
    seconds: float
    faults: dict[str, int]
    given: dict[str, int]
    refused: dict[str, int]
    history: History
    findings: list[Finding]

    @property
    def count(self) -> int:
        """How many faults there were."""
        return sum(self.faults.get(fault, 0) for fault in Fault)

    def lines(self) -> list[str]:
        """The summary for people."""
        told = len({record.event_id for record in self.history.published})
        repeated = len(self.history.published) - told
        return [
            f"seed {self.seed}: {self.count} faults in {self.seconds / 60:.1f} minutes",
            *(f"  {count:4}  {fault}" for fault, count in self.faults.items()),
            f"commands given: {_listed(self.given)}; refused: {_listed(self.refused)}",
            f"accepted and checked: {_listed(accepted_by_kind(self.history.accepted))}",
            f"events: {told} published, {repeated} records of them repeated",
            f"{len(self.history.applied)} effects; {len(self.history.due)} check-ins were due",
            *(f"  FOUND  {finding}" for finding in self.findings),
            "Nothing was found." if not self.findings else f"{len(self.findings)} findings.",
        ]


async def soak(  # noqa: PLR0913 - all but the first three by name
    folder: Path,
    seed: int,
    faults: int,
    *,
    at_least: tuple[Fault, ...] = tuple(Fault),
    zombie_seconds: float = 30,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Live through a number of faults, and judge.

    Args:
        folder: Where the installation lives; it must not be there yet.
        seed: What workload and schedule follow from.
        faults: How many.
        at_least: Faults that must be among them.
        zombie_seconds: How long a consumer is stopped.
        say: Told how it goes.
    """
    began = time.monotonic()
    async with running_rig(folder, BEGIN, seed) as rig:
        workload, nemesis = Workload(rig, seed), Nemesis(rig, zombie_seconds)
        await workload.begin()
        giving = asyncio.create_task(workload.run())
        await _unless_over(giving, workload.until_there_are_pairs())
        rig.clock.step(rig.clock.now() + SETTLING_IN)
        strikes = enumerate(schedule(seed, faults, at_least), 1)

        async def deal_out() -> None:
            for number, strike in strikes:
                await nemesis.strike(strike)
                say(f"{time.monotonic() - began:6.0f} s  {number:3}  {strike.fault}")

        await _unless_over(giving, *(deal_out() for _ in range(HANDS)))
        await nemesis.heal()
        workload.stop()
        await giving
        findings = await _come_to_rest(rig)
        history = await collect(rig, workload)
        await workload.close()
    return Outcome(
        seed, time.monotonic() - began, dict(sorted(nemesis.done.items())), dict(workload.given),
        dict(workload.refused), history, findings + check(history),
    )  # fmt: skip


async def _unless_over(giving: "asyncio.Task[None]", *strikes: Coroutine[None, None, None]) -> None:
    """Deal out all faults; a workload that has broken ends the soak at once."""
    striking = asyncio.gather(*strikes)
    either: list[asyncio.Future[Any]] = [giving, striking]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if giving.done():
        striking.cancel()
        giving.result()
    await striking


async def _come_to_rest(rig: Rig) -> list[Finding]:
    """Wait until nothing goes on any more, on a busy machine for longer."""
    for _ in range(TRIES_TO_REST):
        try:
            await rig.settle()
        except NeverAtRest as error:
            findings = [Finding("rest", str(error))]
        else:
            return []
    return findings


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items())) or "none"


def a_seed() -> int:
    """A seed that nobody chose."""
    return random.SystemRandom().randrange(10**6)
