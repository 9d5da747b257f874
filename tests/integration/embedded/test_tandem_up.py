import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.embedded.programs import HOST, base_environment, wait_until
from deploy.up.environment import Ports
from deploy.up.supervision import Supervisor, is_alive

STUB = Path(__file__).with_name("stub_tandem.py")
SHIFT = 3000
ENVIRONMENT = base_environment()
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start("intake")`: a stub Tandem with these services, on `tmp_path / "data"`."""
    started: list[subprocess.Popen[str]] = []

    def start_one(*services: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(STUB), str(tmp_path / "data"), *services],
            env=ENVIRONMENT | {"TANDEM_PORT_SHIFT": str(SHIFT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start_one
    for process in started:
        process.terminate()
        process.wait()


def read_until(process: subprocess.Popen[str], text: str) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    pytest.fail(f"{text!r} was never said, but {lines}")


def rest_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.read()


class TestTandemUp:
    def test_runs_until_interrupted_and_then_leaves_no_process(
        self, start: Start, tmp_path: Path
    ) -> None:
        process = start("intake", "matching")
        lines = read_until(process, "Look at 11101")
        supervisor = Supervisor(
            run_folder=tmp_path / "data" / "run", log_folder=tmp_path / "data" / "logs"
        )
        pids = [state.pid for state in supervisor.states().values()]

        second = start("intake")
        refused = rest_of(second)
        process.send_signal(signal.SIGINT)

        assert "Everything has stopped" in rest_of(process)
        assert process.wait() == 0
        assert "300 people imported\n" in lines
        assert len(pids) == 5
        assert not [pid for pid in pids if is_alive(pid)]
        assert f"already running on {tmp_path / 'data'} (process {process.pid})" in refused
        assert second.wait() == 1

    def test_continues_after_it_was_killed(self, start: Start) -> None:
        first = start("intake")
        read_until(first, "Look at")

        first.kill()
        second = start("intake")
        lines = read_until(second, "Look at")

        assert "300 people imported\n" not in lines

    def test_names_a_port_in_use_and_how_to_choose_another(self, start: Start) -> None:
        with socket.create_server((HOST, Ports(SHIFT).kafka)):
            process = start("intake")
            said = rest_of(process)

        assert process.wait() == 1
        assert said.startswith("Port 12192, for Kafka, is in use: ")
        assert "TANDEM_PORT_SHIFT=" in said

    def test_names_a_service_that_keeps_crashing_and_shows_its_log(self, start: Start) -> None:
        process = start("intake", "crashing")

        said = rest_of(process)

        assert process.wait() == 1
        assert "crashing keeps crashing: see " in said
        assert "I cannot go on" in said


class TestAProgramOnItsLeash:
    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent")
    def test_ends_when_tandem_is_killed(self, start: Start, tmp_path: Path) -> None:
        process = start("intake")
        read_until(process, "Look at")
        data = tmp_path / "data"
        states = Supervisor(run_folder=data / "run", log_folder=data / "logs").states()

        pids = [state.pid for state in states.values()]
        pids.append(int((data / "run" / "supervisord.pid").read_text()))

        process.kill()

        wait_until(
            lambda: not any(is_alive(pid) for pid in pids),
            what="the end",
            log=data / "logs" / "supervisor.log",
        )
