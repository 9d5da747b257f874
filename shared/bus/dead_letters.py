"""Dead letters in an operator's hands: read, replay, discard them, and leave a trace of it."""

from datetime import UTC, datetime
from uuid import UUID

import structlog
from aiokafka import ConsumerRecord

from shared.bus.failures import is_passing
from shared.bus.inbox import Inbox, Reading, problem_of_handler, read
from shared.bus.reactions import Reactions, cause_of
from shared.bus.store import audit, dead_letters
from shared.bus.store.dead_letters import Letter, State
from shared.bus.work import Units, Work
from shared.ids import new_id

log = structlog.get_logger()


class DeadLetterError(Exception):
    """A dead letter can't be dealt with as was asked."""

    def __init__(self, letter_id: UUID, sentence: str) -> None:
        self.letter_id = letter_id
        super().__init__(sentence)


class ReplayFailed(DeadLetterError):
    """Its record still can't take effect; `problem` says why, `state` how it stands."""

    def __init__(self, letter_id: UUID, problem: str, state: State) -> None:
        self.problem = problem
        self.state = state
        super().__init__(
            letter_id, f"It still can't take effect: {problem} It stays a dead letter ({state})."
        )


class HasTakenEffect(DeadLetterError):
    """It was replayed: what has taken effect can't be discarded."""

    def __init__(self, letter_id: UUID) -> None:
        super().__init__(letter_id, "It was replayed and has taken effect; it can't be discarded.")


class DeadLetters:
    """Shows, replays and discards the dead letters of one service.

    A late replay does no harm: it goes through the inbox and the handlers as a record fresh from
    Kafka does, so an event that took effect meanwhile is known by its id, and an older version
    never overwrites a newer one, by its `sequence`.
    """

    def __init__(self, units: Units, reactions: Reactions, group: str) -> None:
        self._units = units
        self._inbox = Inbox(units, reactions, group)

    async def show(self, letter_id: UUID, who: str) -> Letter:
        """A dead letter with its record, which may be personal: who has read it is noted.

        Raises:
            NoSuchDeadLetter: There is none with this id.
        """
        async with self._units.begin() as work:
            letter = await dead_letters.get(work.connection, letter_id)
            await _note(work, letter, "dead-letter.read", who)
            return letter

    async def replay(self, letter_id: UUID, who: str) -> Letter:
        """Let a dead letter take effect after all; one that has been replayed stays as it is.

        Raises:
            NoSuchDeadLetter: There is none with this id.
            ReplayFailed: It can't take effect now either; that is counted.
        """
        async with self._units.reading() as work:
            letter = await dead_letters.get(work.connection, letter_id)
        reading = read(_record_of(letter))
        problem = reading.problem
        if reading.received is not None:
            try:
                return await self._take_effect(letter_id, reading, who)
            except Exception as error:
                if is_passing(error):
                    raise
                log.exception("dead-letter.fails-again", dead_letter=str(letter_id))
                problem = problem_of_handler(error)
        letter = await self._count_failure(letter_id, problem, who)
        if letter.facts.state is State.REPLAYED:
            return letter  # another replay succeeded meanwhile
        raise ReplayFailed(letter_id, problem, letter.facts.state)

    async def discard(self, letter_id: UUID, who: str) -> Letter:
        """Decide that a dead letter shall never take effect. It can still be replayed.

        Raises:
            NoSuchDeadLetter: There is none with this id.
            HasTakenEffect: It was replayed.
        """
        async with self._units.begin() as work:
            state = await dead_letters.lock(work.connection, letter_id)
            if state is State.REPLAYED:
                raise HasTakenEffect(letter_id)
            if state is State.WAITING:
                await _settle(work, letter_id, State.DISCARDED, who)
            return await dead_letters.get(work.connection, letter_id)

    async def _take_effect(self, letter_id: UUID, reading: Reading, who: str) -> Letter:
        cause = cause_of(reading.received) if reading.received else None
        async with self._units.begin(cause) as work:
            await self._inbox.lock_place(reading, work)
            if await dead_letters.lock(work.connection, letter_id) is not State.REPLAYED:
                await self._inbox.take_late(reading, work)
                await _settle(work, letter_id, State.REPLAYED, who)
            return await dead_letters.get(work.connection, letter_id)

    async def _count_failure(self, letter_id: UUID, problem: str, who: str) -> Letter:
        async with self._units.begin() as work:
            if await dead_letters.lock(work.connection, letter_id) is State.REPLAYED:
                return await dead_letters.get(work.connection, letter_id)
            await dead_letters.fail_again(work.connection, letter_id, problem)
            letter = await dead_letters.get(work.connection, letter_id)
            await _note(work, letter, "dead-letter.replay-failed", who)
            return letter


async def _settle(work: Work, letter_id: UUID, state: State, who: str) -> None:
    await dead_letters.settle(work.connection, letter_id, state, datetime.now(UTC), who)
    letter = await dead_letters.get(work.connection, letter_id)
    await _note(work, letter, f"dead-letter.{state}", who)


async def _note(work: Work, letter: Letter, action: str, who: str) -> None:
    facts = letter.facts
    details: dict[str, str | int] = {
        "topic": facts.topic,
        "partition": facts.partition,
        "offset": facts.offset,
        "problem": facts.problem,
    }
    entry = audit.Entry(new_id(), datetime.now(UTC), who, action, str(facts.id), details)
    await audit.note(work.connection, entry)


def _record_of(letter: Letter) -> "ConsumerRecord[bytes, bytes]":
    facts = letter.facts
    return ConsumerRecord(
        topic=facts.topic, partition=facts.partition, offset=facts.offset, timestamp=0,
        timestamp_type=0, key=letter.key, value=letter.value, checksum=None,
        serialized_key_size=-1, serialized_value_size=-1, headers=letter.headers,
    )  # fmt: skip
