"""The worker that sends what is due: claim with a lease, hand over, record."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from services.notifications.domain.addresses import UnusableAddress, routable
from services.notifications.domain.answers import Verdict
from services.notifications.letters import put_into_words
from services.notifications.links import Links
from services.notifications.mime import mail_of
from services.notifications.outcomes import event_of, put_off, result_of
from services.notifications.settings import Settings
from services.notifications.smtp import Addressed, MailServerAway, Post
from services.notifications.store import ledger, queue
from services.notifications.store.ledger import Claim, Result, State
from shared.bus.failures import Pause, is_passing
from shared.bus.work import Units, Work
from shared.clock import Clock, RealClock
from shared.ids import new_id

BATCH = 32
"""How many mails may repeat if this process is killed before it has recorded them."""
_RECORDING_SECONDS = 10.0

log = structlog.get_logger()


@dataclass(slots=True)
class Batch:
    """Deliveries that this worker has for a while.

    Attributes:
        lease: Proves that they are still ours when they come back.
        ends_at: When the lease ends, by the monotonic clock, in seconds.
        dated: The domain's time, for the mails' Date.
        written: Results that needed no mail server.
        verdicts: What the server's answers mean, as far as mails were begun.
    """

    lease: UUID
    ends_at: float
    claims: list[Claim]
    dated: datetime
    written: dict[UUID, Result] = field(default_factory=dict)
    verdicts: dict[UUID, Verdict] = field(default_factory=dict)

    def results(self, at: datetime) -> list[Result]:
        """How every delivery comes back at this real time."""
        return [
            self.written.get(claim.id) or result_of(claim, self.verdicts.get(claim.id), at)
            for claim in self.claims
        ]


class Sender:
    """Sends due deliveries, a batch at a time; several may run side by side.

    A lease outlasts the longest that a batch can take: the time in which mails are begun, the
    time that the last of them may take, and the time for recording.
    """

    def __init__(self, units: Units, settings: Settings, real_clock: Clock | None = None) -> None:
        self._units = units
        self._from = settings.sender
        self._permitted = settings.permitted
        self._begun_within = settings.send_timeout_seconds
        self._lease_seconds = 2 * settings.send_timeout_seconds + _RECORDING_SECONDS
        self._post = Post(settings)
        self._links = Links(settings)
        self._real_clock = real_clock or RealClock()
        self._has_released_held = False

    async def act(self) -> int:
        """Send one batch; returns how many deliveries were claimed.

        Raises:
            MailServerAway: Nothing can be sent now. What was not begun is back, untouched.
        """
        await self._release_held_once()
        if not await self._is_anything_due():
            return 0
        await self._post.open()
        batch = await self._claim()
        mails = self._write(batch)
        try:
            await self._post.send(mails, batch.verdicts, begun_within=self._begun_within)
        finally:
            await self._bring_back(batch)
        if mails and not any(verdict.is_an_answer for verdict in batch.verdicts.values()):
            raise MailServerAway("no mail of a whole batch got an answer")
        return len(batch.claims)

    async def close(self) -> None:
        """Drop the connections."""
        self._post.close()

    async def _release_held_once(self) -> None:
        """Look at held deliveries anew: safe mode's list changes with a new start alone."""
        if not self._has_released_held:
            async with self._units.begin() as work:
                await queue.take_turn(work)
                await queue.release_held(work)
            self._has_released_held = True

    async def _is_anything_due(self) -> bool:
        """Say whether there is something to claim; what others did not bring back is due again."""
        now = self._real_clock.now()
        async with self._units.reading() as work:
            due = await ledger.what_is_due(work, now)
        if due.leases:
            async with self._units.begin() as work:
                await queue.take_turn(work)
                await ledger.expire_leases(work, now)
        return due.deliveries or due.leases

    async def _claim(self) -> Batch:
        now, lease = self._real_clock.now(), new_id()
        ends_at = time.monotonic() + self._lease_seconds
        until = now + timedelta(seconds=self._lease_seconds)
        async with self._units.begin() as work:
            claims = await ledger.claim(work, lease, at=now, until=until, limit=BATCH)
            return Batch(lease, ends_at, claims, work.now)

    def _write(self, batch: Batch) -> list[Addressed]:
        """Write the mails that may go; the other deliveries get their result at once."""
        mails: list[Addressed] = []
        for claim in batch.claims:
            try:
                written = self._mail(claim, batch.dated)
            except Exception as error:  # noqa: BLE001 - one letter must not hold up the others
                log.error(  # noqa: TRY400 - the error's text may hold what is personal
                    "mail.not_written", delivery_id=str(claim.id), error=type(error).__name__
                )
                written = put_off(claim, self._real_clock.now())
            if isinstance(written, Addressed):
                mails.append(written)
            else:
                batch.written[claim.id] = written
        return mails

    def _mail(self, claim: Claim, dated: datetime) -> Addressed | Result:
        if claim.void_after and claim.void_after < self._real_clock.now():
            return Result(claim, State.CANCELLED)
        letter = claim.letter
        if letter is None:
            return Result(claim, State.DUE)
        try:
            address = routable(letter.address)
        except UnusableAddress:
            return Result(claim, State.FAILED, failure=Verdict.NO_SUCH_ADDRESS)
        if not self._permitted.permits(address):
            return Result(claim, State.HELD)
        letter = replace(letter, link=self._links.link_for(claim))
        return Addressed(claim.id, mail_of(letter, put_into_words(letter), self._from, dated))

    async def _bring_back(self, batch: Batch) -> None:
        """Record how every delivery ended, even if the database is away for a moment."""
        now = self._real_clock.now()
        results = batch.results(now)
        pause = Pause()
        while True:
            try:
                async with self._units.begin() as work:
                    return await _record(work, batch.lease, results, now)
            except Exception as error:
                if not is_passing(error) or time.monotonic() > batch.ends_at:
                    raise
                log.warning("mail.not_recorded_yet", error=type(error).__name__)
                await asyncio.sleep(pause.take())


async def _record(work: Work, lease: UUID, results: Sequence[Result], at: datetime) -> None:
    if any(result.state is State.DUE for result in results):
        await queue.take_turn(work)
    for result in await ledger.record(work, lease, results, at):
        event = event_of(result, work.now)
        if event:
            work.publish(event, because=result.claim.cause)
