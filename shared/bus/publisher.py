"""Publishing to Kafka with acknowledgement by all, idempotently, and with time-outs of our own."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    BrokerResponseError,
    ClusterAuthorizationFailedError,
    KafkaError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    TopicAuthorizationFailedError,
    UnknownProducerId,
    UnknownTopicOrPartitionError,
)
from aiokafka.partitioner import DefaultPartitioner

from shared.bus.kafka import LARGEST_MESSAGE_BYTES

log = structlog.get_logger()

_BATCH_BYTES = 256 * 1024
_FATAL = (OutOfOrderSequenceNumber, ProducerFenced, UnknownProducerId)
_OF_ALL = (ClusterAuthorizationFailedError,)
_OF_TOPIC = (TopicAuthorizationFailedError, UnknownTopicOrPartitionError)
_PARTITION_OF = DefaultPartitioner()

Place: TypeAlias = tuple[str, int]
"""A topic and the number of a partition."""


@dataclass(frozen=True, slots=True)
class Message:
    """A Kafka record before it is sent."""

    topic: str
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]


class NotDelivered(Exception):
    """The broker did not acknowledge in time. What was sent may still arrive."""

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting
        super().__init__(f"{waiting} messages are not acknowledged by Kafka.")


class ProducerBroken(Exception):
    """The producer's session can't go on; only a new process can."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The broker will never take these messages together as they stand; none of them arrived.

    Attributes:
        messages: Their places in what was to be published.
        reason: The broker's name for it.
        of_topic: Whether it refuses whatever we send to the topic, not these messages alone.
    """

    messages: Sequence[int]
    reason: str
    of_topic: bool

    @classmethod
    def because(cls, error: KafkaError, messages: Sequence[int]) -> "Refusal":
        """The refusal that an error tells of."""
        reason = type(error).__name__.removesuffix("Error")
        return cls(messages, reason, isinstance(error, _OF_TOPIC))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of messages, by their places in what was to be published.

    What stands behind a refusal in its partition was not sent, and is in neither list.
    """

    delivered: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


class Publisher:
    """One idempotent producer.

    aiokafka keeps trying a message for ever once it has it, so a time-out here does not take it
    back: nothing new is sent until the old ones have settled.
    """

    def __init__(self, options: dict[str, Any], patience_seconds: float = 10.0) -> None:
        self._options = options
        self._patience = patience_seconds
        self._producer: AIOKafkaProducer | None = None
        self._unsettled: set[asyncio.Future[Any]] = set()

    async def publish(self, messages: Sequence[Message]) -> Outcome:
        """Send messages, in order within each partition, and wait for the brokers' word.

        They go in waves of one produce batch a partition, since the broker takes such a batch as a
        whole or not at all. Of a partition that has refused one, nothing that follows is sent.

        Raises:
            NotDelivered: Not in time; all of them must be sent again.
            ProducerBroken: The process must be replaced.
        """
        outcome = Outcome()
        try:
            async with asyncio.timeout(self._patience):
                await self._look_at(await self._settle())
                waiting = await self._by_partition(messages, outcome)
        except TimeoutError:
            raise NotDelivered(len(messages)) from None
        while waiting:
            await self._send_wave(messages, waiting, outcome)
        return outcome

    async def settle(self) -> bool:
        """Wait a while for what was handed over before; says whether nothing of it is left.

        Raises:
            ProducerBroken: The process must be replaced.
        """
        try:
            async with asyncio.timeout(self._patience):
                errors = await self._settle()
        except TimeoutError:
            return False
        with contextlib.suppress(NotDelivered):  # as is known
            await self._look_at(errors)
        return True

    async def close(self) -> bool:
        """Stop, waiting a moment only: aiokafka's own stop hangs while the broker is away.

        Returns whether it has stopped, so that nothing more can arrive.
        """
        if self._producer is None:
            return True
        try:
            async with asyncio.timeout(3):
                await self._producer.stop()
        except (TimeoutError, KafkaError):
            log.warning("publisher.left-behind", waiting=len(self._unsettled))
            return False
        return True

    async def open(self) -> AIOKafkaProducer:
        """Connect, unless that is done; tried once.

        Raises:
            NotDelivered: Kafka does not answer.
        """
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._options,
                acks="all",
                enable_idempotence=True,
                max_batch_size=_BATCH_BYTES,
                max_request_size=LARGEST_MESSAGE_BYTES,
            )
            try:
                async with asyncio.timeout(self._patience):
                    await producer.start()
            except (KafkaError, OSError) as error:
                await producer.stop()
                raise NotDelivered(0) from error
            self._producer = producer
        return self._producer

    async def _by_partition(
        self, messages: Sequence[Message], outcome: Outcome
    ) -> dict[Place, list[int]]:
        """The messages' places by partition, in order; topics that are not there are refused."""
        by_topic: dict[str, list[int]] = defaultdict(list)
        for index, message in enumerate(messages):
            by_topic[message.topic].append(index)
        waiting: dict[Place, list[int]] = defaultdict(list)
        for topic, indices in by_topic.items():
            partitions = await self._partitions_of(topic)
            if isinstance(partitions, KafkaError):
                outcome.refused.append(Refusal.because(partitions, indices))
                continue
            for index in indices:
                number = _PARTITION_OF(messages[index].key, partitions, partitions)
                waiting[topic, number].append(index)
        return waiting

    async def _partitions_of(self, topic: str) -> list[int] | KafkaError:
        """A topic's partitions, or why we can't write there; asked once if it is not known yet."""
        client = (await self.open()).client
        if client.cluster.partitions_for_topic(topic) is None:
            client.add_topic(topic)
            if not await client.force_metadata_update():
                raise NotDelivered(0)
        found = client.cluster.partitions_for_topic(topic)
        if found is not None:
            return sorted(found)
        if topic in client.cluster.unauthorized_topics:
            return TopicAuthorizationFailedError(topic)
        return UnknownTopicOrPartitionError(topic)

    async def _send_wave(
        self, messages: Sequence[Message], waiting: dict[Place, list[int]], outcome: Outcome
    ) -> None:
        """Send the next produce batch of each partition and note what became of it."""
        sent: dict[asyncio.Future[Any], tuple[Place, list[int]]] = {}
        try:
            async with asyncio.timeout(self._patience):
                for place, indices in waiting.items():
                    future, taken = await self._send_batch(messages, place, indices)
                    sent[future] = place, taken
                    self._unsettled.add(future)
                await self._settle()
        except TimeoutError:
            raise NotDelivered(len(messages)) from None
        await self._look_at([future.exception() for future in sent])
        for future, (place, taken) in sent.items():
            error = future.exception()
            if isinstance(error, KafkaError):
                outcome.refused.append(Refusal.because(error, taken))
                del waiting[place]
            else:
                outcome.delivered.extend(taken)
                waiting[place] = waiting[place][len(taken) :]
                if not waiting[place]:
                    del waiting[place]

    async def _send_batch(
        self, messages: Sequence[Message], place: Place, indices: Sequence[int]
    ) -> tuple["asyncio.Future[Any]", list[int]]:
        producer = await self.open()
        batch = producer.create_batch()
        taken: list[int] = []
        for index in indices:
            message = messages[index]
            added = batch.append(
                timestamp=None, key=message.key, value=message.value, headers=message.headers
            )
            if added is None:
                break
            taken.append(index)
        topic, partition = place
        return await producer.send_batch(batch, topic, partition=partition), taken

    async def _look_at(self, errors: Sequence[BaseException | None]) -> None:
        """Return if everything was taken or refused; after a refusal with a new producer.

        Raises:
            NotDelivered: Something failed on the way.
            ProducerBroken: The process must be replaced.
        """
        failed = [error for error in errors if error is not None]
        if not failed:
            return
        log.warning("publisher.refused", errors=sorted({type(error).__name__ for error in failed}))
        fatal = next((error for error in failed if isinstance(error, _FATAL)), None)
        if fatal is not None:
            raise ProducerBroken(type(fatal).__name__) from fatal
        await self._begin_anew()
        if not all(_is_refusal(error) for error in failed):
            raise NotDelivered(len(failed)) from failed[0]

    async def _begin_anew(self) -> None:
        """Drop the producer: after a refusal its sender may have died without saying so."""
        if not await self.close():
            raise ProducerBroken("it does not stop, and may still deliver")
        self._producer = None
        self._unsettled.clear()

    async def _settle(self) -> list[BaseException | None]:
        """Wait for all that was handed over, and say what came of each produce batch.

        Cancelling the wait leaves everything as it is.
        """
        if not self._unsettled:
            return []
        done, self._unsettled = await asyncio.wait(self._unsettled)
        return [future.exception() for future in done]


def _is_refusal(error: BaseException) -> bool:
    """Whether the broker has decided; trouble on the way, or with all we do, is none."""
    if isinstance(error, (*_OF_ALL, *_FATAL)):
        return False
    return isinstance(error, BrokerResponseError) and not error.retriable
