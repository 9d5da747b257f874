import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from deploy.embedded.mailbox import make_maildir, read_mailbox
from deploy.embedded.programs import HOST, free_port
from deploy.embedded.servers import EmbeddedServers

MAILS, CONNECTIONS = 400, 4


@pytest.fixture
def post_office(tmp_path: Path) -> Iterator[EmbeddedServers]:
    servers = EmbeddedServers(tmp_path, smtp_port=free_port())
    make_maildir(servers.mailbox_folder)
    servers.start_one("mailbox")
    servers.wait_until_ready(names=("mailbox",))
    yield servers
    servers.stop()


@asynccontextmanager
async def connection_to(servers: EmbeddedServers) -> AsyncIterator[aiosmtplib.SMTP]:
    async with aiosmtplib.SMTP(hostname=HOST, port=servers.smtp_port) as client:
        yield client


def a_mail(number: int = 1) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Tandem <tandem@example.org>"
    mail["To"] = "Zoë Müller <zoe@example.org>"
    mail["Subject"] = "You and Ana are a mentoring pair ✓"
    mail["Message-ID"] = f"<{number}@example.org>"
    mail["Date"] = "Tue, 24 Nov 2026 10:00:00 +0000"
    mail.set_content("Grüße\n")
    mail.add_alternative("<p>Grüße</p>\n", subtype="html")
    return mail


class TestTheMailbox:
    async def test_shows_a_mail_as_it_was_meant(self, post_office: EmbeddedServers) -> None:
        async with connection_to(post_office) as client:
            await client.send_message(a_mail())

        (mail,) = read_mailbox(post_office.mailbox_folder)

        assert mail.message_id == "<1@example.org>"
        assert mail.to == "Zoë Müller <zoe@example.org>"
        assert mail.subject == "You and Ana are a mentoring pair ✓"
        assert mail.text == "Grüße\n"
        assert mail.html == "<p>Grüße</p>\n"
        assert mail.date is not None
        assert mail.date.isoformat() == "2026-11-24T10:00:00+00:00"

    async def test_takes_what_many_connections_send_at_once(
        self, post_office: EmbeddedServers
    ) -> None:
        async def send(first: int) -> None:
            async with connection_to(post_office) as client:
                for number in range(first, first + MAILS // CONNECTIONS):
                    await client.send_message(a_mail(number))

        await asyncio.gather(*(send(n) for n in range(0, MAILS, MAILS // CONNECTIONS)))

        assert len(read_mailbox(post_office.mailbox_folder)) == MAILS

    def test_stops_when_told(self, post_office: EmbeddedServers) -> None:
        program = post_office._running["mailbox"]

        post_office.stop()

        assert program.process.returncode == 0
