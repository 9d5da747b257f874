"""From a Kafka record to an event: what a consumer of the topics calls."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from tandem_events.catalogue import EVENT_OF_TYPE
from tandem_events.envelope import Envelope
from tandem_events.event import Event
from tandem_events.topics import Kind


class UnreadableEvent(ValueError):
    """A record is not an event of the catalogue. `problem` says why, without its values."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"The record is not a Tandem event: {problem}.")


@dataclass(frozen=True, slots=True)
class Received:
    """An event with its envelope, as read from a topic.

    Attributes:
        envelope: Who said it, when, about what.
        event_class: Which event it is.
        event: The event, or None for a tombstone: the subject's state has ended.
    """

    envelope: Envelope
    event_class: type[Event]
    event: Event | None


def decode(headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> Received:
    """Read one record of any Tandem topic, from what Kafka's clients give: headers and value.

    Raises:
        MalformedEnvelope: The headers are not an envelope.
        UnreadableEvent: The type is unknown, the data not of its form, or envelope and data
            contradict one another.
    """
    envelope = Envelope.from_headers(headers)
    event_class = EVENT_OF_TYPE.get(envelope.type)
    if event_class is None:
        raise UnreadableEvent("its type is unknown")
    if value is None:
        return Received(envelope, _ended_state(event_class), None)
    event = _event(event_class, value)
    if event.subject != envelope.subject:
        raise UnreadableEvent("its subject contradicts its data")
    return Received(envelope, event_class, event)


def read_record(
    headers: Iterable[tuple[str, bytes | None]], key: bytes | None, value: bytes | None
) -> Received:
    """Read one record, and see that it lies where its order is kept: under its own key.

    Raises:
        MalformedEnvelope: The headers are not an envelope.
        UnreadableEvent: It can't be decoded, or its key contradicts its data.
    """
    received = decode(headers, value)
    if received.event is not None and key != _key_of(received, received.event).encode():
        raise UnreadableEvent("its key contradicts its data")
    return received


def _key_of(received: Received, event: Event) -> str:
    """The key that the data asks for; where it is the subject, the envelope has it as text."""
    if event.topic.key == event.subject_field:
        return received.envelope.subject
    return event.key


def _ended_state(event_class: type[Event]) -> type[Event]:
    if event_class.topic.kind is not Kind.STATE:
        raise UnreadableEvent("a fact has no data")
    return event_class


def _event(event_class: type[Event], value: bytes) -> Event:
    try:
        return event_class.model_validate_json(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = first["loc"][0] if first["loc"] else "the value"
        raise UnreadableEvent(f"{place} is wrong ({first['type']})") from None
