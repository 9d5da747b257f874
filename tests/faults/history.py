"""What happened, as plain values: what was accepted, what was published, what took effect."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Accepted:
    """A command that a service has answered with a 2xx status: it must never be undone.

    Attributes:
        what: `contact` (a person's new address), `registration` (new answers), `withdrawal`,
            `publication` (of a match run), `end` (of a pair) or `answer` (to a check-in).
        token: What only this command can have brought into an event: the address, the interest,
            or the id of the participant, run, pair or check-in.
        count: How many events of it there must be, where the answer said so.
    """

    what: str
    token: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Published:
    """A record on a topic, in the order of its partition."""

    topic: str
    partition: int
    offset: int
    event_id: str
    source: str
    subject: str
    sequence: int
    data: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Applied:
    """An event that took effect in a service, in the order of the commits."""

    service: str
    topic: str
    event_id: str
    source: str
    subject: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who was to be asked at an instant, as one of a pair."""

    pair_id: str
    participant_id: str
    due_at: datetime


@dataclass
class History:
    """Everything the checker looks at.

    Attributes:
        readers: For each service, the topics that it reacts to.
        versions: For each source and subject, the version that its owner's database has reached.
        positions: For each service, topic and partition, the next offset that has no effect yet.
        ends: For each topic and partition, the offset after the last record.
        dead: The ids of events that a service has put aside as dead letters, by service.
        capacities: For each mentor, how many mentees at most at a time.
        due: Who had to be asked when, and was in no pair that ended meanwhile.
        deliveries: The ledger: kind, subject and participant of each delivery.
    """

    accepted: list[Accepted] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)
    readers: dict[str, frozenset[str]] = field(default_factory=dict)
    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    positions: dict[tuple[str, str, int], int] = field(default_factory=dict)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    dead: dict[str, frozenset[str]] = field(default_factory=dict)
    capacities: dict[str, int] = field(default_factory=dict)
    due: list[Asked] = field(default_factory=list)
    deliveries: list[tuple[str, str, str]] = field(default_factory=list)

    def facts(self, topic: str) -> list[dict[str, Any]]:
        """The data of each event of a topic once, however often Kafka holds it."""
        first = {p.event_id: p.data for p in self.published if p.topic == topic and p.data}
        return list(first.values())
