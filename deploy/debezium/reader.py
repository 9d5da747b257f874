"""Reads intake's topics as a consumer of another team would, as long as something is expected."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from deploy.debezium.compare import Published
from deploy.embedded.servers import EmbeddedServers
from tandem_events import PARTITIONS, TOPICS

PATIENCE_SECONDS = 90.0
BETWEEN_LOOKS_MS = 500


class NeverCame(Exception):
    """Events that were told did not come to Kafka in time."""

    def __init__(self, missing: int) -> None:
        self.missing = missing
        super().__init__(f"{missing} events did not come within {PATIENCE_SECONDS:.0f} s.")


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Records in the order in which they came within each partition.

    Attributes:
        seconds: From the first of them to the last.
    """

    records: list[Published]
    seconds: float

    @property
    def per_second(self) -> float:
        """How many came in a second."""
        return len(self.records) / self.seconds


class Reader:
    """Goes on where it stopped, over all partitions of the topics that a service owns."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def until_seen(self, ids: set[bytes]) -> Arrivals:
        """Read until every one of these events has come; what comes besides is kept too.

        Raises:
            NeverCame: Some did not come in time.
        """
        records: list[Published] = []
        missing, times = set(ids), []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while missing:
            if time.monotonic() > deadline:
                raise NeverCame(len(missing))
            batch = await self._next()
            if batch:
                times.append(time.monotonic())
            missing -= {record.event_id for record in batch if record.event_id}
            records += batch
        return Arrivals(records, times[-1] - times[0] if times else 0)

    async def until_something(self) -> list[Published]:
        """Read until anything comes.

        Raises:
            NeverCame: Nothing did in time.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (records := await self._next()):
            if time.monotonic() > deadline:
                raise NeverCame(1)
        return records

    async def until_quiet(self) -> list[Published]:
        """Read until nothing has come for a moment."""
        records: list[Published] = []
        while batch := await self._next():
            records += batch
        return records

    async def _next(self) -> list[Published]:
        batches = await self._consumer.getmany(timeout_ms=BETWEEN_LOOKS_MS)
        return [_published(record) for records in batches.values() for record in records]


@asynccontextmanager
async def reading(servers: EmbeddedServers, service: str) -> AsyncIterator[Reader]:
    """A reader of a service's topics, from their beginning."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers.kafka_bootstrap,
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-256",
        sasl_plain_username=servers.kafka_admin_user,
        sasl_plain_password=servers.kafka_admin_password,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 * 2**20,
    )
    await consumer.start()
    try:
        topics = [topic.name for topic in TOPICS if topic.owner == service]
        consumer.assign([TopicPartition(t, n) for t in topics for n in range(PARTITIONS)])
        yield Reader(consumer)
    finally:
        await asyncio.shield(consumer.stop())


def _published(record: "ConsumerRecord[bytes, bytes]") -> Published:
    return Published(
        record.topic, record.partition, record.key, record.value, tuple(record.headers)
    )
