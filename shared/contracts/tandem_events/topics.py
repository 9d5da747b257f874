"""What a topic is: one fact or one state, one owner, one key."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

PARTITIONS = 12
"""Every topic has as many, so that one key is on the same partition number everywhere."""


class Kind(StrEnum):
    """How long a topic remembers.

    A *state* topic keeps the newest whole state of each subject (compacted, tombstoned at its
    end); a *fact* topic keeps everything that happened.
    """

    STATE = "state"
    FACT = "fact"


@dataclass(frozen=True, slots=True)
class Topic:
    """The declaration of one topic, from which it is provisioned and documented.

    Attributes:
        name: The topic's name on the bus, and the last part of its event type.
        kind: State or fact.
        key: The field of the event whose value is the Kafka key, as lower-case text.
        owner: The one service that may write to it.
        readers: The services that may read it; empty means every service may.
        retention: How long facts are kept; None keeps them for ever.
        min_compaction_lag: How long every version of a state stays readable.
    """

    name: str
    kind: Kind
    key: str
    owner: str
    readers: frozenset[str] = frozenset()
    retention: timedelta | None = None
    min_compaction_lag: timedelta = timedelta(days=7)

    @property
    def event_type(self) -> str:
        """The CloudEvents `type` of the events on this topic."""
        return f"tandem.{self.name}"
