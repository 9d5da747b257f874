"""What the portal is told by its environment."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, ClassVar

from pydantic import Field, SecretStr, field_validator

from shared.settings import ServiceSettings

Url = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$")]


class Settings(ServiceSettings):
    """Where the portal is, where the services are, and with what it signs.

    Attributes:
        portal_url: Where people reach the portal.
        signing_key: The private Ed25519 key (PEM) that signs tokens for who is signed in.
        trusted_proxies: The networks of the proxies in front of the portal, comma-separated; what
            one of them says about where a request came from is believed.
        styleguide: Whether `/styleguide` shows all components, for those who build pages.
    """

    service: ClassVar[str] = "portal"

    portal_url: Url
    intake_url: Url
    matching_url: Url
    checkins_url: Url
    notifications_url: Url
    signing_key: SecretStr
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    styleguide: bool = False

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks_from_words(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return [word.strip() for word in value.split(",") if word.strip()]

    @property
    def is_secure(self) -> bool:
        """Whether people reach it by HTTPS, so that cookies must never travel without."""
        return self.portal_url.startswith("https:")
