"""What intake is told by its environment."""

from typing import ClassVar

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Intake needs nothing beyond what every service is told."""

    service: ClassVar[str] = "intake"
