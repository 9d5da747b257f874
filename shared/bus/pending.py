"""What a service still has to do, and when it next has something to do of itself.

A simulation asks every service before it lets the clock jump; an operator may ask too.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from shared.bus.failures import is_passing
from shared.bus.kafka import admin_options
from shared.bus.loops import Schedule, Worker
from shared.bus.store import inbox, outbox
from shared.bus.work import Units
from shared.settings import ServiceSettings

_PATIENCE_SECONDS = 10


class CannotLook(Exception):
    """Nobody can say now what there is to do; `reason` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"It can't be said what is left to do: {reason}.")


@dataclass(frozen=True, slots=True)
class Outlook:
    """How much waits, and what comes next.

    Attributes:
        outbox: Events that Kafka does not have yet.
        lag: Records on Kafka that have had no effect here yet.
        seen: How many records there have been so far on the topics that the service reads.
        busy: The workers and schedules that have something to do now.
        next_due: When a schedule has something to do next; None if never, as things stand.
    """

    outbox: int
    lag: int
    seen: int
    busy: list[str]
    next_due: datetime | None


class Pending:
    """Looks at the outbox, at Kafka, and at what schedules and workers say of themselves."""

    def __init__(
        self,
        settings: ServiceSettings,
        units: Units,
        topics: Sequence[str],
        schedules: Sequence[Schedule],
        workers: Sequence[Worker],
    ) -> None:
        self._settings = settings
        self._units = units
        self._topics = topics
        self._schedules = schedules
        self._workers = workers
        self._admin: AdminClient | None = None

    async def look(self) -> Outlook:
        """Look once; every figure is of a moment of its own.

        Raises:
            CannotLook: Kafka or the database does not answer, or a topic is not there.
        """
        try:
            ends = await asyncio.to_thread(self._ends)
            return await self._look(ends)
        except KafkaException as error:
            code = error.args[0].name()
            raise CannotLook(f"Kafka does not say where its topics end ({code})") from error
        except Exception as error:
            if not is_passing(error):
                raise
            raise CannotLook(f"the database does not answer ({type(error).__name__})") from error

    async def _look(self, ends: dict[tuple[str, int], int]) -> Outlook:
        async with self._units.reading() as work:
            group = self._settings.consumer_group
            positions = await inbox.positions_of(work.connection, group)
            waiting = await outbox.count_waiting(work.connection, self._settings.relay_batch_size)
            dues = [(each.name, await each.next_due(work)) for each in self._schedules]
            busy = [each.name for each in self._workers if await each.is_busy(work)]
            busy += [name for name, due in dues if due is not None and due <= work.now]
            later = [due for _, due in dues if due is not None and due > work.now]
        lag = sum(max(0, end - positions.get(place, 0)) for place, end in ends.items())
        return Outlook(waiting, lag, sum(ends.values()), busy, min(later, default=None))

    def _ends(self) -> dict[tuple[str, int], int]:
        """Where the topics end, by topic and partition."""
        if self._admin is None:
            self._admin = AdminClient(admin_options(self._settings))
        topics = self._admin.list_topics(timeout=_PATIENCE_SECONDS).topics
        missing = sorted(name for name in self._topics if name not in topics)
        if missing:
            raise CannotLook(f"there is no topic {' and no '.join(missing)} on Kafka")
        newest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        latest = {
            TopicPartition(name, number): newest
            for name in self._topics
            for number in topics[name].partitions
        }
        if not latest:
            return {}
        answers = self._admin.list_offsets(latest, request_timeout=_PATIENCE_SECONDS)
        return {
            (place.topic, place.partition): answer.result().offset
            for place, answer in answers.items()
        }
