"""Publishing to Kafka with acknowledgement by all, idempotently, and with time-outs of our own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
)

from shared.bus.kafka import LARGEST_MESSAGE_BYTES

log = structlog.get_logger()

_BATCH_BYTES = 256 * 1024
_FATAL = (OutOfOrderSequenceNumber, ProducerFenced, UnknownProducerId)
_OF_ALL = (ClusterAuthorizationFailedError,)


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


class Refused(Exception):
    """The broker will never take a message as it stands; which one of several is not said.

    Attributes:
        reason: The broker's name for it.
        of_topic: Whether it refuses whatever we send to the topic, not this message alone.
    """

    def __init__(self, error: KafkaError) -> None:
        self.reason = type(error).__name__.removesuffix("Error")
        self.of_topic = isinstance(error, TopicAuthorizationFailedError)
        super().__init__(f"Kafka refuses a message: {self.reason}.")


class ProducerBroken(Exception):
    """The producer's session can't go on; only a new process can."""


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

    async def publish(self, messages: Sequence[Message]) -> None:
        """Send messages in order and wait until the brokers have them all.

        Raises:
            NotDelivered: Not in time; all of them must be sent again.
            Refused: At least one of them will never be taken; the others may have arrived or not.
            ProducerBroken: The process must be replaced.
        """
        producer = await self.open()
        try:
            async with asyncio.timeout(self._patience):
                await self._settle()
                for message in messages:
                    self._unsettled.add(await _send(producer, message))
                await self._settle()
        except TimeoutError:
            raise NotDelivered(len(self._unsettled)) from None
        except _FATAL as error:
            raise ProducerBroken(type(error).__name__) from error
        except KafkaError as error:
            log.warning("publisher.refused", error=type(error).__name__)
            await self._begin_anew()
            if _is_refusal(error):
                raise Refused(error) from error
            raise NotDelivered(len(messages)) from error

    async def settle(self) -> bool:
        """Wait a while for what was handed over before; says whether nothing of it is left.

        Raises:
            ProducerBroken: The process must be replaced.
        """
        try:
            async with asyncio.timeout(self._patience):
                await self._settle()
        except TimeoutError:
            return False
        except _FATAL as error:
            raise ProducerBroken(type(error).__name__) from error
        except KafkaError:
            await self._begin_anew()
        return True

    async def _begin_anew(self) -> None:
        """Drop the producer: after a refusal its sender may have died without saying so."""
        await self.close()
        self._producer = None
        self._unsettled.clear()

    async def close(self) -> None:
        """Stop, waiting a moment only: aiokafka's own stop hangs while the broker is away."""
        if self._producer is None:
            return
        try:
            async with asyncio.timeout(3):
                await self._producer.stop()
        except (TimeoutError, KafkaError):
            log.warning("publisher.left-behind", waiting=len(self._unsettled))

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

    async def _settle(self) -> None:
        if not self._unsettled:
            return
        done, self._unsettled = await _all_of(self._unsettled)
        for future in done:
            future.result()


def _is_refusal(error: KafkaError) -> bool:
    """Whether the broker has decided; trouble on the way, or with all we do, is none."""
    if isinstance(error, _OF_ALL):
        return False
    return isinstance(error, BrokerResponseError) and not error.retriable


async def _send(producer: AIOKafkaProducer, message: Message) -> "asyncio.Future[Any]":
    future: asyncio.Future[Any] = await producer.send(
        message.topic, message.value, message.key, headers=message.headers
    )
    return future


async def _all_of(
    futures: set["asyncio.Future[Any]"],
) -> tuple[set["asyncio.Future[Any]"], set["asyncio.Future[Any]"]]:
    """Wait for all; cancelling the wait leaves the futures as they are."""
    return await asyncio.wait(futures)
