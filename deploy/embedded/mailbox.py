"""An SMTP server that delivers nothing: every mail lands in a Maildir that a person can read.

`python -m deploy.embedded.mailbox --port 2525 --folder .tandem/mailbox`
"""

import argparse
import asyncio
import itertools
import os
import signal
import time
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.embedded.programs import HOST

LARGEST_MAIL = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as its reader sees it."""

    message_id: str
    sender: str
    to: str
    subject: str
    date: datetime | None
    text: str
    html: str


class MaildirHandler:
    """Stores each accepted mail as one file: written in `tmp`, then moved whole to `new`."""

    def __init__(self, folder: Path) -> None:
        self.folder = make_maildir(folder)
        self._count = itertools.count()

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd looks for
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Store the mail before its sender hears that it was accepted."""
        content = envelope.content or b""
        body = content if isinstance(content, bytes) else content.encode()
        name = f"{time.time_ns()}.{os.getpid()}_{next(self._count)}.tandem"
        unfinished = self.folder / "tmp" / name
        unfinished.write_bytes(_trace(envelope) + body)
        unfinished.replace(self.folder / "new" / name)
        return "250 OK"


def _trace(envelope: Envelope) -> bytes:
    lines = [f"X-MailFrom: {envelope.mail_from}", f"X-RcptTo: {', '.join(envelope.rcpt_tos)}"]
    return "".join(f"{line}\r\n" for line in lines).encode()


def make_maildir(folder: Path) -> Path:
    """Make `folder` a Maildir, readable by its owner alone."""
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder


def read_mailbox(folder: Path) -> list[Mail]:
    """Return every mail in the Maildir, the oldest first."""
    files = [path for part in ("new", "cur") for path in (folder / part).glob("*.tandem*")]
    return [_mail_of(path) for path in sorted(files, key=_arrival)]


class NewMails:
    """Reads a Maildir as mails come in: each mail once, the oldest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "new"
        self._seen: set[str] = set()

    def read(self) -> list[Mail]:
        """Return the mails that have come since the last time."""
        names = {path.name for path in self._folder.glob("*.tandem*")} - self._seen
        self._seen |= names
        return [_mail_of(path) for path in sorted((self._folder / n for n in names), key=_arrival)]


def _arrival(path: Path) -> tuple[int, int]:
    moment, _, rest = path.name.partition(".")
    return int(moment), int(rest.partition("_")[2].partition(".")[0])


def _mail_of(path: Path) -> Mail:
    parsed = BytesParser(EmailMessage, policy=modern).parsebytes(path.read_bytes())
    date = parsed["Date"]
    return Mail(
        message_id=str(parsed["Message-ID"] or "").strip(),
        sender=str(parsed["From"] or ""),
        to=str(parsed["To"] or ""),
        subject=str(parsed["Subject"] or ""),
        date=date.datetime if date else None,
        text=_body(parsed, "plain"),
        html=_body(parsed, "html"),
    )


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


def _protocol(handler: MaildirHandler) -> SMTP:
    return SMTP(
        handler,
        hostname="localhost",
        ident="Tandem mailbox",
        data_size_limit=LARGEST_MAIL,
        enable_SMTPUTF8=True,
    )


async def serve(host: str, port: int, folder: Path) -> None:
    """Take mails until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    handler = MaildirHandler(folder)
    server = await loop.create_server(lambda: _protocol(handler), host, port)
    await stop.wait()
    server.close()


def main() -> None:
    """Run the server in the foreground."""
    parser = argparse.ArgumentParser(prog="deploy.embedded.mailbox", description=__doc__)
    parser.add_argument("--host", default=HOST, help="address to listen on; loopback by default")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument("--folder", type=Path, required=True, help="Maildir to store mails in")
    options = parser.parse_args()
    asyncio.run(serve(options.host, options.port, options.folder))


if __name__ == "__main__":
    main()
