"""Lines to the mail server: a few connections, each used for one mail after another."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import aiosmtplib
import structlog

from services.notifications.domain.answers import Refusal, Step, Verdict, verdict_on
from services.notifications.mime import Mail
from services.notifications.settings import Settings, SmtpTls

log = structlog.get_logger()

_CONNECT_SECONDS = 10.0
_CHECKED_AFTER_SECONDS = 5.0
_CHECK_SECONDS = 5.0
_REST_SECONDS = 30.0


class MailServerAway(ConnectionError):
    """The mail server can't be reached, or takes no mail at all now; `reason` names the error."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The mail server takes no mail now: {reason}.")


@dataclass(frozen=True, slots=True)
class Addressed:
    """A mail to be handed over, with the id of its delivery."""

    id: UUID
    mail: Mail


class Line:
    """One connection to the mail server, opened when it is needed and again when it was lost."""

    def __init__(self, settings: Settings) -> None:
        self._sender = settings.sender.addr_spec
        self._timeout = settings.send_timeout_seconds
        self._client = _client(settings)
        self._used_at = 0.0
        self._rests_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it is connected, as far as is known."""
        return self._client.is_connected

    async def open(self) -> None:
        """Connect, unless it is connected and the server still answers.

        Raises:
            MailServerAway: The server can't be reached, refuses us or does not answer.
        """
        if self.is_open and await self._still_answers():
            return
        try:
            await self._client.connect(timeout=min(self._timeout, _CONNECT_SECONDS))
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            self._client.close()
            self._rests_until = time.monotonic() + _REST_SECONDS
            raise MailServerAway(type(error).__name__) from None
        self._used_at = time.monotonic()

    async def is_ready(self) -> bool:
        """Open the line, unless that failed a short while ago; says whether it can be used."""
        if not self.is_open and time.monotonic() < self._rests_until:
            return False
        try:
            await self.open()
        except MailServerAway:
            return False
        return True

    async def send(self, mail: Mail) -> Verdict:
        """Hand one mail over. A connection that breaks, or is too slow, is closed."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._client.sendmail(self._sender, mail.recipient, mail.content)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return self._failed(error)
        self._used_at = time.monotonic()
        return Verdict.SENT

    def close(self) -> None:
        """Drop the connection."""
        self._client.close()

    def _failed(self, error: Exception) -> Verdict:
        refusal = _refusal(error)
        verdict = verdict_on(refusal) if refusal else Verdict.INTERRUPTED
        log.warning(
            "mail.refused" if refusal else "mail.interrupted",
            error=type(error).__name__,
            code=refusal.code if refusal else None,
            verdict=verdict,
        )
        if refusal is None or verdict is Verdict.SERVER_TROUBLE:
            self._client.close()
        return verdict

    async def _still_answers(self) -> bool:
        if time.monotonic() - self._used_at < _CHECKED_AFTER_SECONDS:
            return True
        try:
            await self._client.noop(timeout=_CHECK_SECONDS)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            self._client.close()
            return False
        self._used_at = time.monotonic()
        return True


class Post:
    """All lines to the mail server."""

    def __init__(self, settings: Settings) -> None:
        self._lines = [Line(settings) for _ in range(settings.send_connections)]

    async def open(self) -> None:
        """Make sure that the server can be reached.

        Raises:
            MailServerAway: It can't.
        """
        self._lines.sort(key=lambda line: not line.is_open)
        await self._lines[0].open()

    async def send(
        self, mails: Sequence[Addressed], verdicts: dict[UUID, Verdict], *, begun_within: float
    ) -> None:
        """Hand the mails over, several at a time, noting each verdict as it comes.

        A line that breaks stops. No mail is begun after `begun_within` seconds. Mails without a
        verdict in the end were not begun.
        """
        left = deque(mails)
        until = time.monotonic() + begun_within
        lines = self._lines[: len(mails)]
        await asyncio.gather(*(_work_off(line, left, verdicts, until) for line in lines))

    def close(self) -> None:
        """Drop all connections."""
        for line in self._lines:
            line.close()


async def _work_off(
    line: Line, left: deque[Addressed], verdicts: dict[UUID, Verdict], until: float
) -> None:
    if not await line.is_ready():
        return
    while left and line.is_open and time.monotonic() < until:
        addressed = left.popleft()
        verdicts[addressed.id] = await line.send(addressed.mail)


def _client(settings: Settings) -> aiosmtplib.SMTP:
    password = settings.smtp_password
    return aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_user,
        password=password.get_secret_value() if password else None,
        local_hostname=settings.sender.domain,
        timeout=settings.send_timeout_seconds,
        use_tls=settings.smtp_tls is SmtpTls.TLS,
        start_tls=settings.smtp_tls is SmtpTls.STARTTLS,
    )


def _refusal(error: Exception) -> Refusal | None:
    """The server's answer, or None where it gave none and the connection can't be trusted."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[first, *_]):
            return Refusal(Step.RECIPIENT, first.code, first.message)
        case aiosmtplib.SMTPSenderRefused() | aiosmtplib.SMTPHeloError():
            return Refusal(Step.SENDER, error.code, error.message)
        case aiosmtplib.SMTPDataError():
            return Refusal(Step.MESSAGE, error.code, error.message)
        case _:
            return None
