"""The stepping clock of a simulation."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import BackwardStep, SteppingClock
from tests.support.room import NOON

INSTANTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ASK = """
import sys
from pathlib import Path
from shared.clock import SteppingClock
clock = SteppingClock(Path(sys.argv[1]))
print(clock.now().isoformat(), flush=True)
sys.stdin.readline()
print(clock.now().isoformat(), flush=True)
"""


class TestASteppingClock:
    def test_stands_until_it_is_stepped(self, tmp_path: Path) -> None:
        clock = SteppingClock.start(tmp_path / "clock", NOON)

        clock.step(NOON + timedelta(days=1))

        assert clock.now() == NOON + timedelta(days=1)

    def test_steps_for_other_processes_too(self, tmp_path: Path) -> None:
        clock = SteppingClock.start(tmp_path / "clock", NOON)
        command = [sys.executable, "-c", ASK, str(tmp_path / "clock")]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdin
            assert other.stdout
            before = other.stdout.readline().strip()
            clock.step(NOON + timedelta(microseconds=1))
            other.stdin.write("\n")
            other.stdin.flush()
            after = other.stdout.readline().strip()

        assert (before, after) == ("2026-03-02T12:00:00+00:00", "2026-03-02T12:00:00.000001+00:00")

    def test_never_goes_back(self, tmp_path: Path) -> None:
        clock = SteppingClock.start(tmp_path / "clock", NOON)

        with pytest.raises(BackwardStep):
            clock.step(NOON - timedelta(microseconds=1))

    @given(instant=INSTANTS)
    def test_stands_at_any_instant_to_the_microsecond(
        self, tmp_path_factory: pytest.TempPathFactory, instant: datetime
    ) -> None:
        path = tmp_path_factory.getbasetemp() / "clock"

        assert SteppingClock.start(path, instant).now() == instant
