"""What checkins is told by its environment."""

from typing import ClassVar

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Checkins needs nothing beyond what every service is told."""

    service: ClassVar[str] = "checkins"
