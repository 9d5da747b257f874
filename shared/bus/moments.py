"""The moments at which a crash is most interesting: between a commit and what must follow it.

The spine names each as it is reached. Nobody listens in production; the fault tests build a service
with a listener that kills its own process there (docs/decisions/0017-proving-the-spine.md).
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias


class Moment(StrEnum):
    """A point on an event's way at which a process may end.

    WRITTEN: state and events are written, not committed.
    COMMITTED: they are committed; nobody has published them.
    PUBLISHED: Kafka has acknowledged a batch; its rows are still in the outbox.
    HANDLED: a batch's effects and the step past it are written, not committed.
    TAKEN: they are committed; Kafka has not been told.
    """

    WRITTEN = "written"
    COMMITTED = "committed"
    PUBLISHED = "published"
    HANDLED = "handled"
    TAKEN = "taken"


Reached: TypeAlias = Callable[[Moment], None]


def unheard(_moment: Moment) -> None:
    """The listener that does nothing."""
