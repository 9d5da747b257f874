"""A real SMTP server for tests, which answers as it is told and keeps what it accepted."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern

from aiosmtpd.smtp import SMTP, Envelope, Session

ACCEPTED = "250 OK"
Answer = Callable[[str], str]


def accept(_address: str) -> str:
    return ACCEPTED


class MailServer:
    """Listens on a port of its own that stays the same when it goes down and comes back.

    Attributes:
        to_recipient: The answer to RCPT TO, by address.
        to_message: The answer to a whole mail, by its recipient.
        connections: How many connections were ever made.
        falls_silent_after: After so many mails it leaves one without an answer.
        silent: Set when it has done so.
    """

    def __init__(self) -> None:
        self.accepted: list[EmailMessage] = []
        self.to_recipient: Answer = accept
        self.to_message: Answer = accept
        self.connections = 0
        self.falls_silent_after = -1
        self.silent = asyncio.Event()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._transports: list[asyncio.BaseTransport] = []

    @property
    def recipients(self) -> Counter[str]:
        """How often each address got a mail."""
        return Counter(mail["To"].addresses[0].addr_spec for mail in self.accepted)

    @property
    def message_ids(self) -> Counter[str]:
        """How often each mail came."""
        return Counter(str(mail["Message-ID"]) for mail in self.accepted)

    async def come_up(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def go_down(self) -> None:
        """Stop listening and break every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for transport in self._transports:
            if isinstance(transport, asyncio.Transport):
                transport.abort()
        self._transports.clear()

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd looks for
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        answer = self.to_recipient(address)
        if answer == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd looks for
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if len(self.accepted) == self.falls_silent_after and not self.silent.is_set():
            self.silent.set()
            await asyncio.sleep(3600)
        answer = self.to_message(envelope.rcpt_tos[0])
        if answer == ACCEPTED:
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=modern)
            assert isinstance(mail, EmailMessage)
            self.accepted.append(mail)
        return answer

    def _protocol(self) -> SMTP:
        self.connections += 1
        return _Protocol(self, self._transports)


class _Protocol(SMTP):
    def __init__(self, handler: MailServer, transports: list[asyncio.BaseTransport]) -> None:
        super().__init__(handler, hostname="localhost", loop=asyncio.get_running_loop())
        self._noted = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._noted.append(transport)
        super().connection_made(transport)


@asynccontextmanager
async def running_mail_server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.come_up()
    try:
        yield server
    finally:
        await server.go_down()
