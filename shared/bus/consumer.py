"""The consumer: FastStream fetches and declares, the inbox decides, nothing is acknowledged early.

Why so: FastStream's default policies acknowledge before or despite a failure, its NACK seeks back
at once, and its own parser loses records with broken headers (docs/decisions/0003-the-bus.md).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import KafkaAckableMessage
from faststream.security import SASLScram256

from shared.bus.brake import Brake
from shared.bus.failures import Pause, is_passing
from shared.bus.inbox import Inbox, Reading, Record, problem_of_handler, read
from shared.bus.moments import Moment
from shared.bus.raw_headers import keep_raw_header_names
from shared.bus.reactions import Reactions
from shared.bus.store import dead_letters, inbox
from shared.bus.work import Units
from shared.database import Pool
from shared.health import Health, StallTimer
from shared.metrics import DEAD_LETTERS_WAITING, INBOX_BATCH_SECONDS, INBOX_LAG
from shared.settings import ServiceSettings

log = structlog.get_logger()

TRIES = 3
"""How often a batch is tried before the search for the event that fails it."""

_POLL_MILLISECONDS = 10
_LAG_EVERY_SECONDS = 5.0
_EVER = datetime.fromtimestamp(0, UTC)


class Consumer:
    """The one batch subscriber of a service, over all the topics that it reacts to."""

    def __init__(
        self,
        settings: ServiceSettings,
        pool: Pool,
        units: Units,
        reactions: Reactions,
        health: Health,
    ) -> None:
        self._settings = settings
        self._units = units
        self._brake = Brake(pool, settings.consumer_group, health)
        self._inbox = Inbox(units, reactions, settings.consumer_group)
        self._health = health
        self._stall = StallTimer(settings.stuck_after_seconds)
        self._idle = StallTimer(settings.stuck_after_seconds)
        self._taking = False
        self._stopping = asyncio.Event()
        health.watch("consumer", self._stall.check)
        health.watch("consumer-fetch", self._idle.check)
        keep_raw_header_names()
        self.broker = _broker(settings)
        topics = [settings.topic_prefix + e.topic.name for e in reactions.event_classes]
        self._subscriber = subscribe(self.broker, topics, settings, self._take_message)
        self._fetch_batch = self._subscriber.get_msg
        self._subscriber.get_msg = self._fetch
        self._failed: asyncio.Future[None] = asyncio.Future()
        health.problem("consumer", "has not connected to Kafka yet")

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until the process stops; waits for Kafka as long as it takes.

        Raises whatever would make going on lose events: the process must be replaced.
        """
        self._stopping = stopping
        await self._brake.wait_until_few(stopping)
        pause = Pause(first=0.2, longest=5.0)
        while not stopping.is_set():
            try:
                await self.broker.start()
                break
            except (KafkaError, OSError) as error:
                self._health.problem("consumer", f"Kafka is away: {type(error).__name__}")
                await self.broker.stop()
                await asyncio.sleep(pause.take())
        self._health.well("consumer")
        while not stopping.is_set():
            await self._measure_lag()
            stop = asyncio.ensure_future(stopping.wait())
            either: list[asyncio.Future[Any]] = [stop, self._failed]
            await asyncio.wait(
                either, timeout=_LAG_EVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            stop.cancel()
            if self._failed.done():
                self._failed.result()
        await self.broker.stop()

    async def take(self, records: Sequence[Record]) -> None:
        """Take a batch of records until it is settled: in effect, or put aside."""
        self._taking = True
        self._idle.end()
        try:
            with INBOX_BATCH_SECONDS.time():
                await self._settle([read(record) for record in records], TRIES)
        finally:
            self._stall.end()
            self._taking = False

    async def _take_message(self, message: KafkaMessage) -> None:
        try:
            await self.take(message.raw_message)
            self._units.reached(Moment.TAKEN)
            await message.ack()
        except KafkaError as error:  # the partitions moved on: the positions keep the order
            log.info("consumer.not-acknowledged", error=type(error).__name__)
        except Exception as error:
            self._fail(error)
            raise

    def _fail(self, error: Exception) -> None:
        """Remember what must end the process: going on would acknowledge what had no effect."""
        if not self._failed.done():
            self._failed.set_exception(error)

    async def _fetch(self, consumer: AIOKafkaConsumer) -> tuple[Record, ...]:
        """Fetch as FastStream does; what breaks the fetching itself ends the process."""
        try:
            batch: tuple[Record, ...] = await self._fetch_batch(consumer)
        except Exception as error:
            passing = isinstance(error, (KafkaError, ConsumerStoppedError))
            if not passing or isinstance(error, CorruptRecordException):
                self._fail(error)
            raise
        return batch

    async def _settle(self, readings: Sequence[Reading], tries: int) -> None:
        """Try until it works; wait out what passes; find and put aside what never will."""
        pause = Pause()
        while tries:
            self._stall.begin()
            try:
                died = await self._inbox.take(readings)
            except Exception as error:  # noqa: BLE001 - sorted here, nothing is swallowed
                self._stall.end()
                tries -= 0 if is_passing(error) else 1
                failure = error
                self._complain(readings, error)
                await asyncio.sleep(pause.take() if tries else 0)
                continue
            self._health.well("consumer")
            if died:
                self._stall.end()
                await self._brake.stop_if_many(self._stopping)
            return
        await self._find_culprit(readings, failure)

    async def _find_culprit(self, readings: Sequence[Reading], failure: Exception) -> None:
        if len(readings) == 1:
            received = readings[0].received
            if received is None:
                raise failure  # even its burial fails: nothing may step past it
            log.error(
                "consumer.culprit",
                event_id=str(received.envelope.id),
                correlation_id=received.envelope.correlation_id,
                error=type(failure).__name__,
            )
            culprit = replace(readings[0], received=None, problem=problem_of_handler(failure))
            await self._settle([culprit], TRIES)
            return
        middle = len(readings) // 2
        await self._settle(readings[:middle], 1)
        await self._settle(readings[middle:], 1)

    def _complain(self, readings: Sequence[Reading], error: Exception) -> None:
        if is_passing(error):
            log.warning("consumer.waits", error=type(error).__name__, records=len(readings))
        else:
            log.error("consumer.failed", exc_info=error, records=len(readings))
        self._health.problem("consumer", f"a batch fails: {type(error).__name__}")

    async def _measure_lag(self) -> None:
        """Liveness is progress: records waiting without any being taken means stuck."""
        consumer = self._subscriber.consumer
        partitions = consumer.assignment() if consumer else set()
        try:
            async with asyncio.timeout(_LAG_EVERY_SECONDS):
                ends = await consumer.end_offsets(partitions) if partitions else {}
                places = {p: await consumer.position(p) for p in partitions}
        except (KafkaError, TimeoutError) as error:
            self._health.problem("kafka", f"does not answer: {type(error).__name__}")
            return
        self._health.well("kafka")
        lag = sum(max(0, end - places[partition]) for partition, end in ends.items())
        INBOX_LAG.set(lag)
        await self._compare({(p.topic, p.partition): end for p, end in ends.items()})
        if not lag or self._taking:
            self._idle.end()
        elif not self._idle.running:
            self._idle.begin()

    async def _compare(self, ends: Mapping[tuple[str, int], int]) -> None:
        """Compare with the table: dead letters that wait, and topics that were made anew.

        A place beyond a topic's end means that its new records are passed over for old ones.

        Whatever has come before this is seen cannot be told from what took effect.
        """
        try:
            async with self._units.reading() as work:
                group = self._settings.consumer_group
                held = await inbox.positions_of(work.connection, group)
                waiting = await dead_letters.count_waiting_since(work.connection, group, _EVER)
        except Exception as error:
            if not is_passing(error):
                raise
            return
        DEAD_LETTERS_WAITING.set(waiting)
        anew = sorted({place[0] for place, end in ends.items() if held.get(place, 0) > end})
        if anew:
            self._health.problem("topics", f"made anew, and read from amid: {', '.join(anew)}")
        else:
            self._health.well("topics")


def subscribe(
    broker: KafkaBroker, topics: Sequence[str], settings: ServiceSettings, handler: Any
) -> Any:
    """The only way to subscribe: batches, from the beginning, acknowledged by hand."""

    async def keep_raw(records: tuple[Record, ...]) -> KafkaAckableMessage:
        """Wrap a batch without looking into it, so that nothing in it can raise here."""
        return KafkaAckableMessage(raw_message=records, body=b"", consumer=subscriber.consumer)

    subscriber = broker.subscriber(
        *topics,
        batch=True,
        group_id=settings.consumer_group,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        max_records=settings.batch_size,
        batch_timeout_ms=_POLL_MILLISECONDS,
        parser=keep_raw,
        decoder=_do_not_decode,
    )
    subscriber(handler)
    return subscriber


async def _do_not_decode(_message: KafkaMessage) -> bytes:
    return b""


def _broker(settings: ServiceSettings) -> KafkaBroker:
    return KafkaBroker(
        settings.kafka_bootstrap,
        security=SASLScram256(settings.kafka_user, settings.kafka_password.get_secret_value()),
        client_id=settings.consumer_group,
        allow_auto_create_topics=False,
        consumer_only=True,
        graceful_timeout=10.0,
        logger=None,
    )
