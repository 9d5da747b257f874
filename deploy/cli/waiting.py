"""Waiting for a service to get somewhere, with progress shown."""

import time
from collections.abc import Callable
from typing import TypeVar

from deploy.cli.output import CommandFailed, console

T = TypeVar("T")
LOOK_EVERY_SECONDS = 0.1


def wait_for(
    look: Callable[[], T],
    is_there: Callable[[T], bool],
    doing: str,
    at_most_seconds: float = 600,
) -> T:
    """Look again until it is there; a spinner on a terminal says what it waits for.

    Raises:
        CommandFailed: It is not there in time.
    """
    deadline = time.monotonic() + at_most_seconds
    with console.status(f"{doing} …"):
        while True:
            seen = look()
            if is_there(seen):
                return seen
            if time.monotonic() > deadline:
                raise CommandFailed(f"{doing} takes longer than {at_most_seconds:.0f} s.")
            time.sleep(LOOK_EVERY_SECONDS)
