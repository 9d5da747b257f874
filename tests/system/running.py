"""Tandem as a person runs it: `tandem up` in a folder of its own, and the command line."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.cli.installation import Installation
from deploy.embedded.programs import base_environment, is_free
from deploy.services import SERVICES
from deploy.up.environment import Ports
from deploy.up.supervision import Supervisor

TANDEM = str(Path(sys.executable).with_name("tandem"))
LONGEST_START_SECONDS = 90


@dataclass(frozen=True)
class Running:
    """A running installation."""

    installation: Installation
    environment: dict[str, str]
    output: list[str]

    def tandem(self, *words: str) -> Any:
        """Run a command with --json and return what it printed.

        Raises:
            AssertionError: The command failed.
        """
        return json.loads(self._run(*words, exit_code=0))

    def lines(self, *words: str) -> list[Any]:
        """Run a command that prints a line of JSON per item."""
        return [json.loads(line) for line in self._run(*words, exit_code=0).splitlines()]

    def failure(self, *words: str, exit_code: int = 1) -> Any:
        """Run a command that must fail, and return what it said."""
        return json.loads(self._run(*words, exit_code=exit_code))

    def kill(self, service: str) -> int:
        """SIGKILL a service's process; returns its process id."""
        pid = self.supervisor.states()[service].pid
        os.kill(pid, signal.SIGKILL)
        return pid

    def _run(self, *words: str, exit_code: int) -> str:
        done = subprocess.run(
            [TANDEM, *words, "--json"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == exit_code, done.stderr
        return done.stdout

    @property
    def supervisor(self) -> Supervisor:
        folder = self.installation.folder
        return Supervisor(run_folder=folder / "run", log_folder=folder / "logs")


@contextmanager
def running_tandem(
    folder: Path, *words: str, command: str = "up", **settings: str
) -> Iterator[Running]:
    """`tandem up` (or `demo`) until the block ends, then Ctrl-C; nothing of it may stay behind."""
    ports = _free_ports()
    environment = base_environment() | settings
    environment |= {"TANDEM_DATA": str(folder), "TANDEM_PORT_SHIFT": str(ports.shift)}
    process = subprocess.Popen(
        [TANDEM, command, *words], env=environment, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        output = _until_it_runs(process)
        yield Running(Installation(folder, ports), environment, output)
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert left_behind(folder) == []


def left_behind(folder: Path) -> list[str]:
    """The command lines of processes that still speak of the folder."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(path.read_bytes().replace(b"\x00", b" ").decode(errors="replace"))
    return [line for line in lines if str(folder) in line]


def _until_it_runs(process: "subprocess.Popen[str]") -> list[str]:
    assert process.stdout
    output = []
    for line in process.stdout:
        output.append(line)
        if "Ctrl-C stops everything" in line:
            return output
    raise AssertionError("Tandem did not start:\n" + "".join(output))


def _free_ports() -> Ports:
    while True:
        ports = Ports(random.randint(100, 9000))
        if all(is_free(port) for port in ports.all_of(SERVICES)):
            return ports
