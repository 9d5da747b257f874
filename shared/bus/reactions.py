"""How a service declares what it does when something happened elsewhere."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from shared.bus.work import Cause, Work
from tandem_events import Event, Received

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Told(Generic[E]):
    """An event as a handler gets it.

    Attributes:
        event: What happened.
        sequence: The version of its subject; a lower one never overwrites a higher one.
        subject: The id of what changed.
        event_id: The event's own id.
        time: When it happened.
        cause: The story so far, for events that this one leads to.
    """

    event: E
    sequence: int
    subject: str
    event_id: UUID
    time: datetime
    cause: Cause


@dataclass(frozen=True, slots=True)
class Ended:
    """A state's end as a handler gets it: a tombstone."""

    sequence: int
    subject: str
    event_id: UUID
    time: datetime
    cause: Cause


Handler = Callable[[Sequence[Told[E]], Work], Awaitable[None]]
EndHandler = Callable[[Sequence[Ended], Work], Awaitable[None]]


class AlreadyDeclared(ValueError):
    """Two handlers claim the same event."""

    def __init__(self, event_class: type[Event]) -> None:
        self.event_class = event_class
        super().__init__(f"{event_class.__name__} has a handler already.")


class Reactions:
    """The events a service listens to, each with the one handler that takes it."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._handlers: dict[type[Event], Handler[Any]] = {}
        self._end_handlers: dict[type[Event], EndHandler] = {}

    def to(self, event_class: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        """Declare the handler of an event's batches."""

        def declare(handler: Handler[E]) -> Handler[E]:
            _put(self._handlers, event_class, handler)
            return handler

        return declare

    def to_end_of(self, event_class: type[Event]) -> Callable[[EndHandler], EndHandler]:
        """Declare the handler of a state's tombstones."""

        def declare(handler: EndHandler) -> EndHandler:
            _put(self._end_handlers, event_class, handler)
            return handler

        return declare

    @property
    def event_classes(self) -> list[type[Event]]:
        """Every event that has a handler, by topic name."""
        declared = self._handlers.keys() | self._end_handlers.keys()
        return sorted(declared, key=lambda event_class: event_class.topic.name)

    async def react(self, received: Sequence[Received], work: Work) -> None:
        """Hand each event to its handler, event class by event class."""
        for event_class, handler in self._handlers.items():
            told = [_told(r) for r in received if r.event_class is event_class and r.event]
            if told:
                await handler(told, work)
        for event_class, end_handler in self._end_handlers.items():
            ended = [_ended(r) for r in received if r.event_class is event_class and not r.event]
            if ended:
                await end_handler(ended, work)


def latest_per_subject(told: Iterable[Told[E]]) -> list[Told[E]]:
    """One per subject, the newest, in the subjects' order: no deadlock, no double upsert."""
    newest: dict[str, Told[E]] = {}
    for item in told:
        held = newest.get(item.subject)
        if held is None or item.sequence > held.sequence:
            newest[item.subject] = item
    return [newest[subject] for subject in sorted(newest)]


def latest_ends(ended: Iterable[Ended]) -> list[Ended]:
    """One end per subject, the newest, in the subjects' order."""
    newest = {item.subject: item for item in sorted(ended, key=lambda item: item.sequence)}
    return [newest[subject] for subject in sorted(newest)]


def _put(handlers: dict[type[Event], Any], event_class: type[Event], handler: object) -> None:
    if event_class in handlers:
        raise AlreadyDeclared(event_class)
    handlers[event_class] = handler


def cause_of(received: Received) -> Cause:
    """The story that this event continues."""
    envelope = received.envelope
    return Cause(envelope.correlation_id, str(envelope.id), envelope.traceparent)


def _told(received: Received) -> Told[Any]:
    envelope = received.envelope
    return Told(
        event=cast("Event", received.event),
        sequence=envelope.sequence,
        subject=envelope.subject,
        event_id=envelope.id,
        time=envelope.time,
        cause=cause_of(received),
    )


def _ended(received: Received) -> Ended:
    envelope = received.envelope
    return Ended(
        sequence=envelope.sequence,
        subject=envelope.subject,
        event_id=envelope.id,
        time=envelope.time,
        cause=cause_of(received),
    )
