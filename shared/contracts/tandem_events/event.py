"""What all events have in common."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from tandem_events.topics import Topic


class Part(BaseModel):
    """A piece of an event. Readers ignore fields they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Part):
    """One fact, or one subject's whole state, as its owner tells it.

    `topic` says where it belongs; `subject_field` names the field with the id of what changed,
    which the event's `sequence` counts. The topic's key decides the partition.
    """

    topic: ClassVar[Topic]
    subject_field: ClassVar[str]

    @property
    def key(self) -> str:
        """The Kafka key: an opaque id as lower-case text."""
        return _text_of(getattr(self, self.topic.key))

    @property
    def subject(self) -> str:
        """The id of what changed, as lower-case text."""
        return _text_of(getattr(self, self.subject_field))


def _text_of(identifier: UUID) -> str:
    return str(identifier)
