"""What notifications is told by its environment."""

from email.headerregistry import Address
from enum import StrEnum
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator

from services.notifications.domain.addresses import routable
from services.notifications.domain.plain import one_line
from services.notifications.domain.safe_mode import MailOnlyTo
from shared.settings import Port, ServiceSettings


class SmtpTls(StrEnum):
    """How the way to the mail server is encrypted.

    NONE: not at all. STARTTLS: from the first command on, or no mail goes. TLS: from the start.
    """

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Settings(ServiceSettings):
    """Where mail goes, as whom, to whom, and how fast.

    Attributes:
        portal_url: Where people reach the portal; links in mails lead there.
        signing_key: The private Ed25519 key (PEM) that signs links.
        mail_from: The sender, as in a From header: `Tandem <tandem@example.com>`.
        mail_only_to: Safe mode: comma-separated addresses and @domains; empty means everyone.
        send_connections: How many mails travel at the same time.
        send_timeout_seconds: How long the server may take for one mail; longer is a failed try.
            A killed worker's mails are taken up by another after twice as long and a little more.
    """

    service: ClassVar[str] = "notifications"

    smtp_host: str = Field(default="127.0.0.1", pattern=r"^[A-Za-z0-9._:-]{1,253}$")
    smtp_port: Port = 25
    smtp_user: str | None = Field(default=None, min_length=1, max_length=254)
    smtp_password: SecretStr | None = None
    smtp_tls: SmtpTls = SmtpTls.NONE
    portal_url: str = Field(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$")
    signing_key: SecretStr
    mail_from: str = "Tandem <tandem@example.com>"
    mail_only_to: str = ""
    send_connections: int = Field(default=8, ge=1, le=20)
    send_timeout_seconds: float = Field(default=30, ge=2, le=100)

    @property
    def sender(self) -> Address:
        """Who the mails are from."""
        name, address = _name_and_address(self.mail_from)
        return Address(display_name=one_line(name), addr_spec=routable(address))

    @property
    def permitted(self) -> MailOnlyTo:
        """Who may get mail."""
        return MailOnlyTo.parse(self.mail_only_to)

    @field_validator("mail_from")
    @classmethod
    def _has_an_address(cls, value: str) -> str:
        routable(_name_and_address(value)[1])
        return value

    @field_validator("mail_only_to")
    @classmethod
    def _is_a_list(cls, value: str) -> str:
        MailOnlyTo.parse(value)
        return value


def _name_and_address(sender: str) -> tuple[str, str]:
    """Part `Mentoring, HR <hr@example.com>` into the name and the address; the name may lack."""
    name, opened, address = sender.strip().rpartition("<")
    if not opened:
        return "", address
    return name.strip().strip('"'), address.removesuffix(">")
