"""The supervisor of all processes: the library `supervisor`, configured and asked by us."""

import contextlib
import hashlib
import http.client
import os
import shlex
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from deploy.embedded.errors import CannotStart
from deploy.embedded.files import private_folder, write_private
from deploy.embedded.programs import Program, RunningProgram, wait_until

LONGEST_SOCKET_PATH = 85  # of 107; the supervisor adds its process id while it makes the socket
NOT_THERE = (OSError, http.client.HTTPException, xmlrpc.client.Error)
STOPPED = frozenset({"STOPPED", "EXITED", "FATAL"})


@dataclass(frozen=True, slots=True)
class State:
    """What the supervisor knows of one program."""

    name: str
    state: str
    pid: int
    started: int
    log: Path

    @property
    def has_given_up(self) -> bool:
        """Whether the supervisor no longer tries to start it."""
        return self.state == "FATAL"


class Supervisor:
    """Runs the servers from the start and the services when told; restarts what crashes."""

    def __init__(self, *, run_folder: Path, log_folder: Path) -> None:
        self.run_folder = run_folder.resolve()
        self.log_folder = log_folder.resolve()
        self.socket = socket_path(self.run_folder)
        self._running: RunningProgram | None = None
        self._longest_stop = 30

    @property
    def log(self) -> Path:
        """The supervisor's own log."""
        return self.log_folder / "supervisor.log"

    def start(self, servers: Sequence[Program], services: Sequence[Program] = ()) -> None:
        """Start the supervisor and with it the servers."""
        private_folder(self.run_folder)
        private_folder(self.log_folder)
        configuration = self.run_folder / "supervisord.conf"
        write_private(configuration, self._configuration(servers, services).encode())
        self._longest_stop = max(p.stop_seconds for p in [*servers, *services])
        command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(configuration)]
        program = Program("supervisord", command, stop_seconds=2 * self._longest_stop + 10)
        self._running = RunningProgram(
            program, run_folder=self.run_folder, log_folder=self.log_folder
        )
        wait_until(
            self.answers,
            what="The supervisor",
            log=self.log,
            is_running=self.is_running,
            seconds=20,
        )

    def start_services(self) -> None:
        """Start the services, without waiting until they are ready."""
        with self._calls() as calls:
            calls.startProcessGroup("services", False)  # noqa: FBT003 - XML-RPC has no names

    def is_running(self) -> bool:
        """Say whether the supervisor itself has not ended."""
        return self._running is not None and self._running.is_running()

    def answers(self) -> bool:
        """Say whether a supervisor listens on this folder's socket: ours or an earlier one."""
        try:
            with self._calls() as calls:
                calls.getState()
        except xmlrpc.client.Fault:
            return True  # it is there, and ending
        except NOT_THERE:
            return False
        return True

    def states(self) -> dict[str, State]:
        """Return the state of every program."""
        with self._calls() as calls:
            answer: Any = calls.getAllProcessInfo()
        return {
            info["name"]: State(
                name=info["name"],
                state=info["statename"],
                pid=info["pid"],
                started=info["start"],
                log=Path(info["stdout_logfile"]),
            )
            for info in answer
        }

    def stop(self) -> list[int]:
        """Stop services, servers and supervisor, in this order; return what had to be killed."""
        pids = self._pids()
        if self.is_running():
            with contextlib.suppress(*NOT_THERE):
                self._stop_group("services")
                self._stop_group("servers")
        if self._running is not None:
            self._running.ask_to_stop()
            self._running.wait()
        return kill_left_over(pids, grace=self._longest_stop)

    def end_earlier(self) -> bool:
        """End what an earlier `tandem up` left when it was killed; say whether it left anything."""
        if not self.socket.exists():
            return False
        with contextlib.suppress(*NOT_THERE), self._calls() as calls:
            calls.shutdown()
        wait_until(
            lambda: not self.answers(),
            what="The supervisor of an earlier run",
            log=self.log,
            seconds=90,
        )
        return True

    def _pids(self) -> list[int]:
        with contextlib.suppress(*NOT_THERE):
            return [state.pid for state in self.states().values() if state.pid]
        return []

    def _stop_group(self, group: str) -> None:
        """Stop the programs of a group at the same time and wait for the last."""
        with self._calls() as calls:
            if group not in {info["group"] for info in _list(calls.getAllProcessInfo())}:
                return
            calls.stopProcessGroup(group, True)  # noqa: FBT003 - XML-RPC has no names

    @contextlib.contextmanager
    def _calls(self) -> Iterator[Any]:
        transport = SupervisorTransport(None, None, f"unix://{self.socket}")
        with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as proxy:
            yield proxy.supervisor

    def _configuration(self, servers: Sequence[Program], services: Sequence[Program]) -> str:
        sections = [self._supervisor_section()]
        for group, programs in (("servers", servers), ("services", services)):
            if not programs:
                continue
            names = ",".join(program.name for program in programs)
            priority = 1 if group == "servers" else 2
            sections.append(section(f"group:{group}", programs=names, priority=priority))
            sections += [self._program_section(p, is_server=group == "servers") for p in programs]
        return "\n".join(sections)

    def _supervisor_section(self) -> str:
        as_root = {"user": "root"} if os.geteuid() == 0 else {}
        factory = "supervisor.rpcinterface:make_main_rpcinterface"
        return "\n".join(
            [
                section("unix_http_server", file=self.socket, chmod="0700"),
                section("rpcinterface:supervisor", **{"supervisor.rpcinterface_factory": factory}),
                section(
                    "supervisord",
                    nodaemon="true",
                    silent="true",
                    umask="077",
                    pidfile=self.run_folder / "supervisord.pid",
                    logfile=self.log,
                    logfile_maxbytes="5MB",
                    logfile_backups=2,
                    **as_root,
                ),
            ]
        )

    def _program_section(self, program: Program, *, is_server: bool) -> str:
        return section(
            f"program:{program.name}",
            command=shlex.join(program.on_a_leash(self.run_folder)),
            autostart=str(is_server).lower(),
            autorestart="true",
            startsecs=1 if is_server else 5,
            startretries=1000,  # with a growing pause; whoever watches says that it keeps crashing
            stopsignal=program.stop_signal.name.removeprefix("SIG"),
            stopwaitsecs=program.stop_seconds,
            killasgroup="true",
            redirect_stderr="true",
            stdout_logfile=self.log_folder / f"{program.name}.log",
            stdout_logfile_maxbytes="10MB",
            stdout_logfile_backups=3,
        )


def section(title: str, **values: object) -> str:
    """Return a section of the supervisor's configuration, in which a % must be doubled."""
    lines = [f"{name}={value}".replace("%", "%%") for name, value in values.items()]
    return "\n".join([f"[{title}]", *lines, ""])


def socket_path(run_folder: Path) -> Path:
    """Return where the control socket goes: the kernel takes short paths only."""
    path = run_folder / "supervisor.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"tandem-{os.geteuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise CannotStart(
            f"{folder} belongs to somebody else: use a data folder with a short path."
        )
    folder.chmod(0o700)
    return folder / "supervisor.sock"


def kill_left_over(pids: Sequence[int], *, grace: float) -> list[int]:
    """Wait until these processes are gone; kill those that stay and return them."""
    deadline = time.monotonic() + grace
    left = [pid for pid in pids if is_alive(pid)]
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [pid for pid in left if is_alive(pid)]
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, 9)
    return left


def is_alive(pid: int) -> bool:
    """Say whether a process exists and is no zombie that its parent has yet to bury."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def _list(answer: Any) -> list[dict[str, Any]]:
    return list(answer)
