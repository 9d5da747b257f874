"""Reading the bus as any consumer would, with a plain client and the contracts."""

import os
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from deploy.cli.installation import Installation
from deploy.cli.output import CommandFailed
from shared.bus.raw_headers import keep_raw_header_names
from tandem_events import PARTITIONS, TOPICS, MalformedEnvelope, UnreadableEvent, read_record

Show = Callable[[dict[str, Any]], None]


class EventReader:
    """Shows events; topics with personal data only when they are asked for by name."""

    def __init__(self, installation: Installation, topics: list[str]) -> None:
        known = {topic.name for topic in TOPICS}
        unknown = sorted(set(topics) - known)
        if unknown:
            raise CommandFailed(f"There is no topic {unknown[0]}: `tandem topics` lists them.")
        keep_raw_header_names()
        self._installation = installation
        prefix = os.environ.get("TANDEM_TOPIC_PREFIX", "")
        shown = topics or [topic.name for topic in TOPICS if not topic.readers]
        self._topics = [prefix + name for name in shown]

    async def run(self, show: Show, limit: int, *, follow: bool) -> None:
        """Show the newest events, and go on with `follow`.

        Raises:
            CommandFailed: Kafka does not answer.
        """
        consumer = self._consumer()
        try:
            await consumer.start()
            await self._read(consumer, show, limit, follow=follow)
        except (KafkaError, OSError):
            raise CommandFailed("Kafka does not answer: start Tandem with `make run`.") from None
        finally:
            await consumer.stop()

    async def _read(
        self, consumer: AIOKafkaConsumer, show: Show, limit: int, *, follow: bool
    ) -> None:
        partitions = [TopicPartition(t, n) for t in self._topics for n in range(PARTITIONS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        for partition, end in ends.items():
            consumer.seek(partition, max(0, end - limit))
        newest: list[dict[str, Any]] = []
        while await _behind(consumer, ends):
            newest += await _batch(consumer)
        for event in sorted(newest, key=lambda event: str(event["time"]))[-limit or len(newest) :]:
            show(event)
        while follow:
            for event in await _batch(consumer):
                show(event)

    def _consumer(self) -> AIOKafkaConsumer:
        admin = self._installation.kafka_admin_configuration
        return AIOKafkaConsumer(
            bootstrap_servers=admin["bootstrap.servers"],
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="SCRAM-SHA-256",
            sasl_plain_username=admin["sasl.username"],
            sasl_plain_password=admin["sasl.password"],
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )


async def _behind(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    for partition, end in ends.items():
        if await consumer.position(partition) < end:
            return True
    return False


async def _batch(consumer: AIOKafkaConsumer) -> list[dict[str, Any]]:
    batch = await consumer.getmany(timeout_ms=500)
    return [described(record) for records in batch.values() for record in records]


def described(record: "ConsumerRecord[bytes, bytes]") -> dict[str, Any]:
    """An event as a reader may see it; an unreadable record says what is wrong with it."""
    place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
    try:
        received = read_record(record.headers, record.key, record.value)
    except (MalformedEnvelope, UnreadableEvent) as error:
        return {**place, "time": "", "sequence": 0, "data": {"unreadable": str(error)}}
    envelope = received.envelope
    return {
        **place,
        "time": envelope.time.isoformat(),
        "id": str(envelope.id),
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "sequence": envelope.sequence,
        "correlation_id": envelope.correlation_id,
        "causation_id": envelope.causation_id,
        "data": received.event.model_dump(mode="json") if received.event else None,
    }
