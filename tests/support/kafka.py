"""Topics of a test's own, and a plain reader of them."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.producer import message_accumulator
from aiokafka.producer import producer as producer_module
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from confluent_kafka import KafkaException
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from deploy.embedded.kafka_admin import SILENT
from shared.bus.kafka import LARGEST_MESSAGE_BYTES
from shared.bus.topics import provision
from tandem_events import Topic
from tests.support.servers import Servers


def make_topics(
    servers: Servers, prefix: str, readers: dict[str, Iterable[Topic]], partitions: int = 3
) -> None:
    """All topics of the catalogue under a prefix, with few partitions each."""
    provision(servers.admin_client(), readers, prefix=prefix, partitions=partitions)


def plain_client(servers: Servers) -> dict[str, Any]:
    """The aiokafka options of somebody who may do everything."""
    return {
        "bootstrap_servers": servers.kafka_bootstrap,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": servers.kafka_admin["sasl.username"],
        "sasl_plain_password": servers.kafka_admin["sasl.password"],
    }


async def read_all(servers: Servers, *topics: str) -> "list[ConsumerRecord[bytes, bytes]]":
    """Everything that is on these topics now, partition by partition."""
    consumer = AIOKafkaConsumer(**plain_client(servers), auto_offset_reset="earliest")
    await consumer.start()
    try:
        await consumer._client.force_metadata_update()
        partitions = [
            TopicPartition(topic, number)
            for topic in topics
            for number in sorted(
                consumer.partitions_for_topic(topic) or await _ask(consumer, topic)
            )
        ]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        records: list[ConsumerRecord[bytes, bytes]] = []
        for partition, end in ends.items():
            await consumer.seek_to_beginning(partition)
            while await consumer.position(partition) < end:
                records += await _next(consumer, partition)
        return sorted(records, key=lambda record: (record.topic, record.partition, record.offset))
    finally:
        await consumer.stop()


def count_records(admin: AdminClient, topic: str) -> int:
    """How many records have been put on a topic so far."""
    newest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    partitions = admin.list_topics(topic, timeout=10).topics[topic].partitions
    ends = admin.list_offsets({KafkaPartition(topic, number): newest for number in partitions})
    return sum(end.result().offset for end in ends.values())


RawRecord: TypeAlias = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]
"""Key, value, headers; what of a header's name is not UTF-8 stands as lone surrogates."""


async def send_raw(servers: Servers, topic: str, records: Sequence[RawRecord]) -> None:
    """Put records on a topic's first partition in this order, whatever they hold.

    As few batches as can be, so that good and bad records share one.
    """
    with _any_header_name():
        producer = AIOKafkaProducer(
            **plain_client(servers),
            linger_ms=50,
            max_batch_size=LARGEST_MESSAGE_BYTES,
            max_request_size=LARGEST_MESSAGE_BYTES,
        )
        await producer.start()
        try:
            sent = [
                await producer.send(
                    topic, value, key, headers=[(AnyName(n), v) for n, v in headers], partition=0
                )
                for key, value, headers in records
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()


class AnyName(str):
    """A header's name that is sent as the bytes it stands for."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "surrogateescape") -> bytes:
        return super().encode(encoding, errors)


@contextmanager
def _any_header_name() -> Iterator[None]:
    """Let aiokafka build batches in Python, which takes names that its C code refuses."""
    modules = (message_accumulator, producer_module)
    theirs = message_accumulator.DefaultRecordBatchBuilder
    for module in modules:
        module.DefaultRecordBatchBuilder = _DefaultRecordBatchBuilderPy
    try:
        yield
    finally:
        for module in modules:
            module.DefaultRecordBatchBuilder = theirs


async def _ask(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    consumer._client.add_topic(topic)
    await consumer._client.force_metadata_update()
    return set(consumer.partitions_for_topic(topic) or ())


async def _next(
    consumer: AIOKafkaConsumer, partition: TopicPartition
) -> "list[ConsumerRecord[bytes, bytes]]":
    batch = await consumer.getmany(partition, timeout_ms=1000)
    return [record for records in batch.values() for record in records]


def may_read(user: dict[str, Any], topic: str) -> bool:
    """Whether the broker so much as tells this user (a confluent-kafka client) of the topic."""
    try:
        known = AdminClient(user, logger=SILENT).list_topics(topic, timeout=10).topics
    except KafkaException:
        return False  # it does not even let the user in
    return known[topic].error is None


async def may_write(user: dict[str, Any], topic: str) -> bool:
    """Whether the broker takes a record of this user; it then has that record."""
    producer = AIOKafkaProducer(
        bootstrap_servers=user["bootstrap.servers"],
        security_protocol=user["security.protocol"],
        sasl_mechanism=user["sasl.mechanism"],
        sasl_plain_username=user["sasl.username"],
        sasl_plain_password=user["sasl.password"],
    )
    await producer.start()
    try:
        await producer.send_and_wait(topic, b"{}", b"key")
    except TopicAuthorizationFailedError:
        return False
    else:
        return True
    finally:
        await producer.stop()
