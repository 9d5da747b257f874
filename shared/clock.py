"""The one clock that domain time comes from."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the domain's time. Leases, time-outs and token expiry use real time instead."""

    def now(self) -> datetime:
        """The present instant, in UTC, to the microsecond."""
        ...


class RealClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present instant, in UTC, to the microsecond."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands at an instant until it is set: for tests."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.instant
