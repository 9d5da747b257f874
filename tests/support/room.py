"""A room: one service of its own in a test, on a database of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import asyncpg
import httpx
from aiokafka import ConsumerRecord

from shared.auth import Form, Role
from shared.bus.inbox import Inbox, problem_of_handler, read
from shared.bus.work import Units
from shared.clock import FixedClock
from shared.database import Pool
from shared.ids import new_id
from shared.service import Service
from shared.settings import ServiceSettings
from tandem_events import Envelope, Event
from tests.support.keys import COMMAND_LINE, LINKS

PORTAL_URL = "https://portal.example"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_offsets = count()


@dataclass
class Room:
    """A service's parts on a database of their own; `clock` stands until it is set.

    Nothing runs by itself in a room: a test takes records, calls the API and acts by hand.
    """

    service: Service
    settings: ServiceSettings
    pool: Pool
    units: Units
    clock: FixedClock

    async def take(self, *records: "ConsumerRecord[bytes, bytes]") -> int:
        """Let records take effect through the real inbox; returns the number of dead letters."""
        return await self._inbox().take([read(record) for record in records])

    async def put_aside(self, record: "ConsumerRecord[bytes, bytes]") -> UUID:
        """Make a record a dead letter, as after a failure of its handler; returns its id."""
        culprit = replace(read(record), received=None, problem=problem_of_handler(ValueError()))
        await self._inbox().take([culprit])
        rows = await self.rows("SELECT id FROM bus.dead_letter ORDER BY id DESC LIMIT 1")
        return UUID(str(rows[0]["id"]))

    def api(self, *roles: Role, subject: str = "tester") -> httpx.AsyncClient:
        """A client of the service's API, signed in as somebody with these roles (coordinator)."""
        signed = token(*(roles or (Role.COORDINATOR,)), subject=subject)
        return self._client(f"Bearer {signed}")

    def api_by_link(self, form: Form) -> httpx.AsyncClient:
        """A client of the service's API that has followed a link to one form of one person."""
        return self._client(f"Form {LINKS.form_token(form, timedelta(minutes=5))}")

    def transport(self) -> httpx.ASGITransport:
        """The way to the service's API, without a network."""
        return httpx.ASGITransport(self.service.api(self.units), raise_app_exceptions=False)

    def _inbox(self) -> Inbox:
        return Inbox(self.units, self.service.reactions, self.settings.consumer_group)

    def _client(self, authorization: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=self.transport(),
            base_url="http://service",
            headers={"Authorization": authorization},
        )

    async def rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Look into the database."""
        return list(await self.pool.fetch(query, *values))

    async def plan(self, query: str, *values: object) -> str:
        """How the database would find its way."""
        return "\n".join(row[0] for row in await self.rows("EXPLAIN " + query, *values))

    async def outbox(self) -> list[asyncpg.Record]:
        """The events that wait in the outbox, in order."""
        return await self.rows("SELECT * FROM bus.outbox ORDER BY position")


def token(*roles: Role, subject: str = "tester", life: timedelta = timedelta(minutes=5)) -> str:
    return COMMAND_LINE.access_token(subject, roles, life)


def record_of(
    event: Event,
    sequence: int = 1,
    *,
    offset: int | None = None,
    event_id: UUID | None = None,
    time: datetime = NOON,
) -> "ConsumerRecord[bytes, bytes]":
    """The Kafka record of an event, as its owner's relay would publish it."""
    return _record(
        type(event), event.key, event.subject, event.model_dump_json().encode(),
        sequence, offset, event_id or new_id(), time,
    )  # fmt: skip


def tombstone_of(
    event_class: type[Event], key: UUID, sequence: int, *, offset: int | None = None
) -> "ConsumerRecord[bytes, bytes]":
    """The Kafka record that ends a state."""
    return _record(event_class, str(key), str(key), None, sequence, offset, new_id(), NOON)


def raw_record(
    topic: str,
    headers: Sequence[tuple[str, bytes | None]],
    value: bytes | None,
    key: bytes | None = b"key",
    offset: int | None = None,
) -> "ConsumerRecord[bytes, bytes]":
    """Any record at all."""
    number = next(_offsets) if offset is None else offset
    return ConsumerRecord(
        topic=topic, partition=0, offset=number, timestamp=0, timestamp_type=0, key=key,
        value=value, checksum=None, serialized_key_size=0, serialized_value_size=0,
        headers=tuple(headers),
    )  # fmt: skip


def _record(  # noqa: PLR0913, PLR0917 - everything a record has
    event_class: type[Event],
    key: str,
    subject: str,
    value: bytes | None,
    sequence: int,
    offset: int | None,
    event_id: UUID,
    time: datetime,
) -> "ConsumerRecord[bytes, bytes]":
    topic = event_class.topic
    story = str(event_id)
    envelope = Envelope(
        id=event_id, source=f"/tandem/local/{topic.owner}", type=topic.event_type, time=time,
        subject=subject, sequence=sequence, correlation_id=story, causation_id=story,
        traceparent="",
    )  # fmt: skip
    return raw_record(topic.name, envelope.headers(), value, key.encode(), offset)


def build_room(service: Service, pool: Pool) -> Room:
    settings = service.settings
    clock = FixedClock(NOON)
    units = Units(pool, settings.source, clock, settings.topic_prefix)
    return Room(service, settings, pool, units, clock)
