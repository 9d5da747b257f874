"""What intake is told by its environment."""

from typing import ClassVar

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where HR systems reach intake, beyond what every service is told.

    Attributes:
        scim_url: The public address of SCIM, where a proxy stands in front of it; the addresses in
            its answers begin so. Without it, they begin as the caller has called.
    """

    service: ClassVar[str] = "intake"

    scim_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+[^\s?#/]$")
