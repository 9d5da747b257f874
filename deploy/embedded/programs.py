"""Programs that run beside us: how they are started, found ready and stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from deploy.embedded import leash
from deploy.embedded.errors import CannotStart
from deploy.embedded.files import last_lines, private_folder, write_private

HOST = "127.0.0.1"
PASSED_ON = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
BETWEEN_LOOKS = 0.05


@dataclass(frozen=True, slots=True)
class Program:
    """A command with exactly the environment it runs in and the signal that ends it cleanly."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: int = 20

    def on_a_leash(self, folder: Path) -> list[str]:
        """Write the program down in `folder`; return the command that ties it to its parent."""
        path = private_folder(folder) / f"{self.name}.json"
        facts = {
            "command": self.command,
            "environment": base_environment() | dict(self.environment),
            "stop_signal": int(self.stop_signal),
            "starter": os.getpid(),
        }
        write_private(path, json.dumps(facts, indent=1).encode())
        return [sys.executable, "-I", "-S", leash.__file__, str(path)]


def base_environment() -> dict[str, str]:
    """Return what every program gets of our own environment: no secrets, no settings."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}


class RunningProgram:
    """A program started by this process; ends when this process (or its starting thread) ends."""

    def __init__(self, program: Program, *, run_folder: Path, log_folder: Path) -> None:
        self.program = program
        self.log = private_folder(log_folder) / f"{program.name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                program.on_a_leash(run_folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """Say whether the program has not ended yet."""
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the signal that ends the program cleanly."""
        if self.is_running():
            self.process.send_signal(self.program.stop_signal)

    def wait(self) -> None:
        """Wait for the end of a program asked to stop; kill it when it takes too long."""
        try:
            self.process.wait(self.program.stop_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def wait_until(
    ready: Callable[[], bool],
    *,
    what: str,
    log: Path,
    is_running: Callable[[], bool] = lambda: True,
    seconds: float = 60,
) -> None:
    """Look again and again until `ready`; say what went wrong when that does not come."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not is_running():
            raise CannotStart(_with_last_lines(f"{what} stopped while it was starting", log))
        if time.monotonic() > deadline:
            raise CannotStart(_with_last_lines(f"{what} was not ready in {seconds:.0f} s", log))
        time.sleep(BETWEEN_LOOKS)


def _with_last_lines(fact: str, log: Path) -> str:
    lines = last_lines(log)
    return f"{fact}: see {log}" + (f", which ends with\n{lines}" if lines else ".")


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with closing(socket.socket()) as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
    return port


def free_ports(count: int) -> list[int]:
    """Return several free ports, all different."""
    listeners = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def is_free(port: int) -> bool:
    """Say whether we could listen on `port`."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def becomes_free(port: int, *, seconds: float) -> bool:
    """Say whether we could listen on `port` now or within some seconds."""
    deadline = time.monotonic() + seconds
    while not is_free(port):
        if time.monotonic() >= deadline:
            return False
        time.sleep(BETWEEN_LOOKS)
    return True


def answers(port: int) -> bool:
    """Say whether something accepts connections on `port`."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
