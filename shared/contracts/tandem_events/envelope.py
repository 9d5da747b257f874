"""The envelope: CloudEvents 1.0, Kafka protocol binding, binary content mode.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

CONTENT_TYPE = b"application/json"
SPEC_VERSION = b"1.0"
_LONGEST_NUMBER = 18
"""Digits of a sequence: what PostgreSQL's bigint surely holds."""
_NEEDED = (
    "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_sequence", "ce_correlationid",
    "ce_causationid",
)  # fmt: skip
HEADER_NAMES = ("ce_specversion", *_NEEDED, "content-type", "traceparent")
"""The headers that we write, in their order; readers pass over others."""


class MalformedEnvelope(ValueError):
    """A record's headers are not a Tandem envelope. `problem` says why, without their values."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"The record's headers are not a Tandem envelope: {problem}.")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is known of an event besides its data.

    Attributes:
        id: The event's own id, a UUIDv7 made by its owner.
        source: `/tandem/<installation>/<service>`.
        type: `tandem.<topic>`.
        time: When it happened, in UTC.
        subject: The id of what changed.
        sequence: The version of the subject, from 1, counted per source and subject.
        correlation_id: The request or schedule that set everything off.
        causation_id: The event or request that led to this one.
        traceparent: W3C trace context.
    """

    id: UUID
    source: str
    type: str
    time: datetime
    subject: str
    sequence: int
    correlation_id: str
    causation_id: str
    traceparent: str

    def headers(self) -> list[tuple[str, bytes]]:
        """The Kafka headers of the event."""
        return [
            ("ce_specversion", SPEC_VERSION),
            ("ce_id", str(self.id).encode()),
            ("ce_source", self.source.encode()),
            ("ce_type", self.type.encode()),
            ("ce_time", self.time.astimezone(UTC).isoformat().encode()),
            ("ce_subject", self.subject.encode()),
            ("ce_sequence", str(self.sequence).encode()),
            ("ce_correlationid", self.correlation_id.encode()),
            ("ce_causationid", self.causation_id.encode()),
            ("content-type", CONTENT_TYPE),
            ("traceparent", self.traceparent.encode()),
        ]

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes | None]]) -> "Envelope":
        """Read the envelope from a record's headers.

        Raises:
            MalformedEnvelope: A header is missing, null, not UTF-8 or not of its form.
        """
        texts = _texts(headers)
        if texts.get("ce_specversion") != "1.0":
            raise MalformedEnvelope("ce_specversion is not 1.0")
        _check(texts)
        return cls(
            id=_uuid(texts["ce_id"]),
            source=texts["ce_source"],
            type=texts["ce_type"],
            time=_time(texts["ce_time"]),
            subject=texts["ce_subject"],
            sequence=_sequence(texts["ce_sequence"]),
            correlation_id=texts["ce_correlationid"],
            causation_id=texts["ce_causationid"],
            traceparent=texts.get("traceparent", ""),
        )


def _texts(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in headers:
        if value is None:
            raise MalformedEnvelope("a header is null")
        try:
            texts[name] = value.decode()
        except UnicodeDecodeError:
            raise MalformedEnvelope("a header is not UTF-8") from None
    return texts


def _check(texts: dict[str, str]) -> None:
    for name in _NEEDED:
        value = texts.get(name)
        if not value:
            raise MalformedEnvelope(f"{name} is missing or empty")
        if "\x00" in value:
            raise MalformedEnvelope(f"{name} holds a NUL")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise MalformedEnvelope("ce_id is not a UUID") from None


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise MalformedEnvelope("ce_time is not a time") from None
    if time.tzinfo is None:
        raise MalformedEnvelope("ce_time has no time zone")
    return time


def _sequence(text: str) -> int:
    if not (len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdigit() and int(text) > 0):
        raise MalformedEnvelope("ce_sequence is not a whole number from 1")
    return int(text)
