"""Sorting failures, and the pauses between tries."""

import asyncpg
import pytest

from shared.bus.failures import Pause, is_passing


class TestAFailure:
    @pytest.mark.parametrize(
        "error",
        [
            ConnectionRefusedError(),
            TimeoutError(),
            asyncpg.ConnectionDoesNotExistError(),
            asyncpg.AdminShutdownError(),
            asyncpg.CannotConnectNowError(),
            asyncpg.DeadlockDetectedError(),
            asyncpg.SerializationError(),
            asyncpg.LockNotAvailableError(),
            asyncpg.TooManyConnectionsError(),
            asyncpg.DiskFullError(),
            asyncpg.QueryCanceledError(),
            asyncpg.InterfaceError("connection is closed"),
        ],
    )
    def test_of_database_network_or_lock_passes(self, error: Exception) -> None:
        assert is_passing(error)

    @pytest.mark.parametrize(
        "error",
        [
            ValueError(),
            KeyError(),
            asyncpg.UniqueViolationError(),
            asyncpg.UndefinedTableError(),
            asyncpg.DataError("no such value"),
            asyncpg.InterfaceError("the server expects 2 arguments"),
        ],
    )
    def test_of_ours_does_not(self, error: Exception) -> None:
        assert not is_passing(error)


class TestAPause:
    def test_doubles_up_to_its_limit_and_begins_anew(self) -> None:
        pause = Pause(first=1, longest=5)

        taken = [pause.take() for _ in range(4)]
        pause.forget()

        assert taken == [1, 2, 4, 5]
        assert pause.take() == 1
