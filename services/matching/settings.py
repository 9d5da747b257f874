"""What matching is told by its environment."""

from typing import ClassVar

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Matching's own settings beside every service's.

    Attributes:
        lease_seconds: After so long without a sign of life a run's worker is taken for dead, and
            another one begins the run anew. A living worker renews its lease four times as often.
        attempts: How often a run is begun before it is given up.
    """

    service: ClassVar[str] = "matching"

    lease_seconds: float = Field(default=20, ge=0.2, le=600)
    attempts: int = Field(default=5, ge=1, le=100)
