"""What Kafka refuses: it is set aside, so that everything else goes on.

Order is kept per topic and key, so what follows a refused event under its key waits with it. The
rows stay in the outbox: nothing is lost, and everything is tried again after a growing pause, since
an operator may mend the reason, and a permission may be a moment late.
"""

import time
from collections.abc import Callable

import asyncpg

from shared.bus.failures import Pause

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0


class Refusals:
    """The keys and topics whose events wait because the broker refused one of them."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._keys: dict[tuple[str, str], str] = {}
        self._topics: dict[str, str] = {}
        self._pause = Pause(_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
        self._until = 0.0

    def __len__(self) -> int:
        return len(self._keys) + len(self._topics)

    @property
    def keys(self) -> set[tuple[str, str]]:
        """Topic and key of what waits."""
        return set(self._keys)

    @property
    def topics(self) -> set[str]:
        """The topics whose events all wait."""
        return set(self._topics)

    def add(self, event: asyncpg.Record, reason: str, *, of_topic: bool) -> None:
        """Set an event aside, with its key, or with its whole topic."""
        if not self:
            self._until = self._monotonic() + self._pause.take()
        if of_topic:
            self._topics[event["aggregatetype"]] = reason
        else:
            self._keys[event["aggregatetype"], event["aggregateid"]] = reason

    def concern(self, event: asyncpg.Record) -> bool:
        """Whether an event has to wait."""
        topic = event["aggregatetype"]
        return topic in self._topics or (topic, event["aggregateid"]) in self._keys

    def forget_in_time(self) -> None:
        """Let everything be tried again, once its pause is over."""
        if not self:
            self._pause.forget()
        elif self._monotonic() > self._until:
            self._keys.clear()
            self._topics.clear()

    def __str__(self) -> str:
        """Say in a sentence what waits and why; topics and codes only, never keys."""
        reasons = {(topic, reason) for (topic, _), reason in self._keys.items()}
        reasons |= set(self._topics.items())
        return "Kafka refuses: " + ", ".join(f"{t} ({reason})" for t, reason in sorted(reasons))
