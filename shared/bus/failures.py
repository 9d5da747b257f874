"""Sorting failures: what passes by waiting, and what never will."""

import asyncpg

_PASSING: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
)


def is_passing(error: BaseException) -> bool:
    """Whether trying the same again later can succeed: database, network or lock trouble."""
    if isinstance(error, asyncpg.InterfaceError):
        return "clos" in str(
            error
        )  # "connection is closed", "pool is closing": asyncpg has no class
    return isinstance(error, _PASSING)


class Pause:
    """A pause that doubles with each failure, up to a limit, and is forgotten at success."""

    def __init__(self, first: float = 0.1, longest: float = 15.0) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def take(self) -> float:
        """The seconds to wait now; the next will be twice as long."""
        seconds = self._next
        self._next = min(seconds * 2, self._longest)
        return seconds

    def forget(self) -> None:
        """Begin anew: it works again."""
        self._next = self._first
