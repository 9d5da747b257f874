import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.embedded.programs import Program, wait_until
from deploy.up.supervision import Supervisor, is_alive

STUB = Path(__file__).with_name("stub_service.py")


def a_program(name: str) -> Program:
    return Program(name, [sys.executable, str(STUB), name], {"TANDEM_NOTE": '50% "quoted"; done'})


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(run_folder=tmp_path / "run", log_folder=tmp_path / "logs")
    supervisor.start([a_program("one")], [a_program("two")])
    eventually(supervisor, "one", lambda: pid_of(supervisor, "one") > 0)
    yield supervisor
    supervisor.stop()


def pid_of(supervisor: Supervisor, name: str) -> int:
    return supervisor.states()[name].pid


def eventually(supervisor: Supervisor, what: str, ready: object) -> None:
    assert callable(ready)
    wait_until(ready, what=what, log=supervisor.log, seconds=20)


class TestTheSupervisor:
    def test_starts_a_killed_program_again(self, supervisor: Supervisor) -> None:
        killed = pid_of(supervisor, "one")

        os.kill(killed, signal.SIGKILL)

        eventually(supervisor, "one", lambda: pid_of(supervisor, "one") not in {0, killed})

    def test_starts_services_only_when_told(self, supervisor: Supervisor) -> None:
        before = supervisor.states()["two"].state

        supervisor.start_services()

        assert before == "STOPPED"
        eventually(supervisor, "two", lambda: pid_of(supervisor, "two") > 0)

    def test_leaves_no_process_when_it_stops(self, supervisor: Supervisor) -> None:
        supervisor.start_services()
        eventually(supervisor, "two", lambda: pid_of(supervisor, "two") > 0)
        pids = [state.pid for state in supervisor.states().values()]

        killed = supervisor.stop()

        assert killed == []
        assert not [pid for pid in pids if is_alive(pid)]

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent")
    def test_takes_its_programs_along_when_it_is_killed(self, supervisor: Supervisor) -> None:
        pid = pid_of(supervisor, "one")
        assert supervisor._running is not None

        os.kill(supervisor._running.process.pid, signal.SIGKILL)

        eventually(supervisor, "the end of one", lambda: not is_alive(pid))

    @pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
    def test_hands_over_exactly_the_environment_meant(self, supervisor: Supervisor) -> None:
        raw = Path(f"/proc/{pid_of(supervisor, 'one')}/environ")

        eventually(supervisor, "one", lambda: b'TANDEM_NOTE=50% "quoted"; done' in raw.read_bytes())
        assert b"SUPERVISOR_" not in raw.read_bytes()
