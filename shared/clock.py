"""The one clock that domain time comes from."""

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INSTANT = struct.Struct("=q")


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


class BackwardStep(ValueError):
    """A stepping clock only goes forward."""

    def __init__(self, now: datetime, to: datetime) -> None:
        self.now = now
        self.to = to
        super().__init__(f"The clock stands at {now} and can't step back to {to}.")


class SteppingClock:
    """A clock of a simulation: it stands until somebody steps it, for all processes at once.

    They share a file of eight bytes, mapped into memory: the instant as microseconds since 1970.

    Raises:
        FileNotFoundError: Nobody has made the file with `start`.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _INSTANT.size)

    @classmethod
    def start(cls, path: Path, instant: datetime) -> "SteppingClock":
        """Make the file, with the clock standing at an instant."""
        path.write_bytes(_packed(instant))
        return cls(path)

    def now(self) -> datetime:
        """The instant at which the clock stands, in UTC."""
        microseconds: int = _INSTANT.unpack_from(self._memory)[0]
        return _EPOCH + microseconds * _MICROSECOND

    def step(self, to: datetime) -> None:
        """Let the clock jump to a later instant.

        Raises:
            BackwardStep: It is not later.
        """
        if to < self.now():
            raise BackwardStep(self.now(), to)
        self._memory[:] = _packed(to)


def _packed(instant: datetime) -> bytes:
    return _INSTANT.pack((instant - _EPOCH) // _MICROSECOND)
