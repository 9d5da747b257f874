"""A simulation: an installation's clock jumps from one instant with something to do to the next.

It jumps only when everything is at rest: every outbox empty, every consumer at the end of its
topics, no job running, nothing due. Services say so themselves, on `/pending` of their internal
port. Two looks in a row must find rest, and no record more on Kafka at the second: an event that
travelled between the looks would show in one of them.
"""

import heapq
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import httpx

from shared.clock import SteppingClock

PATIENCE_SECONDS = 120.0
_BETWEEN_LOOKS_SECONDS = 0.01

Act = Callable[[], None]


class NeverAtRest(Exception):
    """Something went on for too long; `busy` says what, by service."""

    def __init__(self, busy: Mapping[str, str]) -> None:
        self.busy = busy
        what = "; ".join(f"{service}: {why}" for service, why in sorted(busy.items()))
        super().__init__(f"It did not come to rest within {PATIENCE_SECONDS:.0f} s: {what}")


@dataclass(frozen=True, slots=True)
class _Look:
    """What all services say at about the same time."""

    busy: dict[str, str]
    seen: int
    next_due: datetime | None


class Simulation:
    """Steps a clock, and acts at chosen instants as people would."""

    def __init__(self, clock: SteppingClock, internal_urls: Mapping[str, str]) -> None:
        self._clock = clock
        self._urls = internal_urls
        self._client = httpx.Client(timeout=30)
        self._agenda: list[tuple[datetime, int, Act]] = []
        self._numbers = count()

    @property
    def now(self) -> datetime:
        """The instant at which the clock stands."""
        return self._clock.now()

    def at(self, instant: datetime, act: Act) -> None:
        """Have something done when the clock comes to an instant; of two at once, the first put."""
        heapq.heappush(self._agenda, (instant, next(self._numbers), act))

    def run(
        self, until: datetime, at_rest: Act = lambda: None, after_step: Act = lambda: None
    ) -> None:
        """Live until an instant.

        Args:
            until: The last instant that is lived through.
            at_rest: Called each time that everything rests.
            after_step: Called each time that the clock has jumped, while services set to work.

        Raises:
            NeverAtRest: Something went on for too long.
        """
        while True:
            next_due = self.settle()
            at_rest()
            if self._agenda and self._agenda[0][0] <= self.now:
                heapq.heappop(self._agenda)[2]()
                continue
            if self.now >= until:
                return
            instants = [next_due, self._agenda[0][0] if self._agenda else None, until]
            self._clock.step(min(instant for instant in instants if instant is not None))
            after_step()

    def settle(self) -> datetime | None:
        """Wait until everything rests; returns when something is due next, if ever.

        Raises:
            NeverAtRest: Something went on for too long.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        before = self._look()
        while True:
            look = self._look()
            if not before.busy and not look.busy and before.seen == look.seen:
                return look.next_due
            if time.monotonic() > deadline:
                raise NeverAtRest(look.busy)
            before = look
            time.sleep(_BETWEEN_LOOKS_SECONDS)

    def _look(self) -> _Look:
        said = {service: self._ask(url) for service, url in self._urls.items()}
        busy = {service: why for service, facts in said.items() if (why := _why_busy(facts))}
        dues = [facts["next_due"] for facts in said.values() if facts and facts["next_due"]]
        return _Look(
            busy,
            sum(facts["seen"] for facts in said.values() if facts),
            min((datetime.fromisoformat(due) for due in dues), default=None),
        )

    def _ask(self, url: str) -> dict[str, Any] | None:
        """What one service says; None while it is away, as after a crash."""
        try:
            answer = self._client.get(f"{url}/pending")
        except httpx.TransportError:
            return None
        facts: dict[str, Any] | None = answer.json() if answer.is_success else None
        return facts


def _why_busy(facts: dict[str, Any] | None) -> str:
    if facts is None:
        return "does not answer"
    reasons = [f"{facts[part]} in {part}" for part in ("outbox", "lag") if facts[part]]
    return ", ".join([*reasons, *facts["busy"]])
