"""What a process knows of its own health: can it serve (ready), and does it move (alive)."""

import os
import sys
import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()

EXIT_STUCK = 70
"""The exit code of a process that found itself stuck: EX_SOFTWARE of sysexits.h."""

StuckCheck = Callable[[], str | None]


class Health:
    """Readiness by reported problems, liveness by progress.

    A part that can't do its work for the moment reports a problem: the process is not ready. A
    part that has work and does not move is stuck: the process must be replaced.
    """

    def __init__(self) -> None:
        self._problems: dict[str, str] = {}
        self._checks: dict[str, StuckCheck] = {}

    def problem(self, part: str, reason: str) -> None:
        """Say why a part can't do its work now."""
        if self._problems.get(part) != reason:
            log.warning("health.problem", part=part, reason=reason)
        self._problems[part] = reason

    def well(self, part: str) -> None:
        """Say that a part does its work."""
        if self._problems.pop(part, None) is not None:
            log.info("health.well", part=part)

    def watch(self, part: str, check: StuckCheck) -> None:
        """Have liveness ask this check: None, or the reason why the part is stuck."""
        self._checks[part] = check

    def problems(self) -> dict[str, str]:
        """The reasons, by part, why the process is not ready; empty when it is."""
        return dict(self._problems)

    def stuck(self) -> dict[str, str]:
        """The reasons, by part, why the process does not move; empty when it does."""
        reasons = {part: check() for part, check in list(self._checks.items())}
        return {part: reason for part, reason in reasons.items() if reason is not None}


class Watchdog:
    """A thread that ends the process when its event loop, or a watched part, is stuck.

    For the event loop it counts its own ticks, not the time, so a process that was suspended as a
    whole is not taken for stuck when it comes back. The watched parts measure time (StallTimer): a
    suspension that is longer than a part's limit, while it has something to do, does end the
    process on its return. It is started again, and nothing is lost.
    """

    def __init__(self, health: Health, patience_ticks: int = 60, tick_seconds: float = 1.0) -> None:
        self._health = health
        self._patience = patience_ticks
        self._tick_seconds = tick_seconds
        self._loop_moved = threading.Event()
        self._stopped = threading.Event()

    def tick(self) -> None:
        """The event loop says that it moves; called from it at least once a second."""
        self._loop_moved.set()

    def start(self) -> None:
        """Begin to watch, in a daemon thread."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Stop watching, for an orderly end."""
        self._stopped.set()

    def _watch(self) -> None:
        silent_ticks = 0
        while not self._stopped.wait(self._tick_seconds):
            silent_ticks = 0 if self._loop_moved.is_set() else silent_ticks + 1
            self._loop_moved.clear()
            stuck = self._health.stuck()
            if silent_ticks >= self._patience:
                stuck["event-loop"] = f"has not moved for {silent_ticks} ticks"
            if stuck:
                _end_process(stuck)


def _end_process(stuck: dict[str, str]) -> None:
    log.critical("process.stuck", **{part.replace("-", "_"): why for part, why in stuck.items()})
    sys.stdout.flush()
    os._exit(EXIT_STUCK)


class StallTimer:
    """Measures how long a part has had something to do without finishing it."""

    def __init__(self, limit_seconds: float) -> None:
        self._limit = limit_seconds
        self._since: float | None = None

    @property
    def running(self) -> bool:
        """Whether something is to be done."""
        return self._since is not None

    def begin(self) -> None:
        """Something is to be done from now on; a running measure begins anew."""
        self._since = time.monotonic()

    def end(self) -> None:
        """Nothing is to be done, or waiting is right."""
        self._since = None

    def check(self) -> str | None:
        """The reason why the part is stuck, or None."""
        if self._since is None:
            return None
        seconds = time.monotonic() - self._since
        return f"has not moved for {seconds:.0f} s" if seconds > self._limit else None
