"""Telling states again: as they are, under the version that they have.

For a consumer that has missed them, or a new one. Who holds that version already changes nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from shared.bus.store import audit, outbox
from shared.bus.work import Work
from shared.ids import new_id
from tandem_events import Event

MOST_WAITING = 20_000
"""With so many events in the outbox, nothing is added for now: what is new comes first."""


@dataclass(frozen=True, slots=True)
class States:
    """Where an owner finds the states that one of its topics tells.

    Attributes:
        event_class: What tells them.
        subjects: The ids of current subjects behind a given one, in their order, at most so many.
        read: The states of these subjects; whose state has ended meanwhile is left out.
    """

    event_class: type[Event]
    subjects: Callable[[Work, UUID | None, int], Awaitable[Sequence[UUID]]]
    read: Callable[[Work, Sequence[UUID]], Awaitable[Sequence[Event]]]


@dataclass(frozen=True, slots=True)
class Retold:
    """What came of one batch.

    Attributes:
        subjects: How many were told again.
        following: Where the next batch begins.
        done: Whether there is none.
    """

    subjects: int
    following: UUID | None
    done: bool


async def republish(work: Work, states: States, after: UUID | None, limit: int, who: str) -> Retold:
    """Tell one batch of states again, and note who asked; nothing while the outbox is full.

    The versions are locked before the states are read: so what is told under a version is what
    that version says, however many change them meanwhile.
    """
    if await outbox.count_waiting(work.connection, MOST_WAITING) >= MOST_WAITING:
        return Retold(0, after, done=False)
    subjects = await states.subjects(work, after, limit)
    versions = await outbox.lock_versions(work.connection, [str(subject) for subject in subjects])
    told = await states.read(work, subjects)
    for event in told:
        work.publish_again(event, versions[event.subject])
    details = {"subjects": len(told)} | ({} if after is None else {"after": str(after)})
    topic = states.event_class.topic.name
    entry = audit.Entry(new_id(), datetime.now(UTC), who, "states.republished", topic, details)
    await audit.note(work.connection, entry)
    done = len(subjects) < limit
    return Retold(len(told), None if done else subjects[-1], done)
