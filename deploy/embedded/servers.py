"""PostgreSQL, Kafka and the mailbox together, as `tandem up`, tests and benches use them."""

import contextlib
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Self

from deploy.embedded.files import private_folder
from deploy.embedded.kafka import ADMIN, Kafka
from deploy.embedded.kafka_admin import client_configuration
from deploy.embedded.mailbox import make_maildir
from deploy.embedded.postgres import SUPERUSER, Postgres
from deploy.embedded.programs import HOST, Program, RunningProgram, free_ports, wait_until
from deploy.embedded.secrets import Secrets

NAMES = ("postgres", "kafka", "mailbox")


class EmbeddedServers:
    """The servers of one installation, with their data, secrets and logs under one folder."""

    def __init__(  # noqa: PLR0913 - all but the folder by name
        self,
        folder: Path,
        *,
        postgres_port: int = 54320,
        kafka_port: int = 9192,
        kafka_controller_port: int = 9193,
        smtp_port: int = 2525,
        durable: bool = True,
    ) -> None:
        self.folder = folder.resolve()
        self.secrets = Secrets(self.folder / "secrets")
        self.smtp_port = smtp_port
        self.postgres = Postgres(self.folder / "postgres", port=postgres_port, durable=durable)
        self._kafka_ports = (kafka_port, kafka_controller_port)
        self._running: dict[str, RunningProgram] = {}

    @classmethod
    @contextlib.contextmanager
    def temporary(cls) -> Iterator[Self]:
        """Run servers on free ports in a folder that goes when they stop; nothing is kept safe."""
        folder = Path(tempfile.mkdtemp(prefix="tandem-"))
        postgres, kafka, controller, smtp = free_ports(4)
        servers = cls(
            folder,
            postgres_port=postgres,
            kafka_port=kafka,
            kafka_controller_port=controller,
            smtp_port=smtp,
            durable=False,
        )
        try:
            with servers:
                yield servers
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def postgres_dsn_admin(self) -> str:
        """Where PostgreSQL's superuser connects, with the password."""
        return self.postgres_dsn(SUPERUSER, self.secrets.password("postgres-superuser"), "postgres")

    def postgres_dsn(self, user: str, password: str, database: str) -> str:
        """Return where a role connects to a database, with the password."""
        return f"postgresql://{user}:{password}@{HOST}:{self.postgres.port}/{database}"

    @property
    def kafka(self) -> Kafka:
        """The broker."""
        port, controller_port = self._kafka_ports
        return Kafka(
            self.folder / "kafka",
            port=port,
            controller_port=controller_port,
            admin_password=self.kafka_admin_password,
            controller_password=self.secrets.password("kafka-controller"),
        )

    @property
    def kafka_bootstrap(self) -> str:
        """Where Kafka's clients connect first."""
        return f"{HOST}:{self._kafka_ports[0]}"

    @property
    def kafka_admin_user(self) -> str:
        """Kafka's super user."""
        return ADMIN

    @property
    def kafka_admin_password(self) -> str:
        """The password of Kafka's super user."""
        return self.secrets.password("kafka-admin")

    @property
    def kafka_admin_configuration(self) -> dict[str, Any]:
        """The settings of a confluent-kafka client that may do everything."""
        return client_configuration(
            self.kafka_bootstrap, self.kafka_admin_user, self.kafka_admin_password
        )

    @property
    def mailbox_folder(self) -> Path:
        """The Maildir that every sent mail lands in."""
        return self.folder / "mailbox"

    @property
    def log_folder(self) -> Path:
        """Where each program's log is."""
        return self.folder / "logs"

    @property
    def run_folder(self) -> Path:
        """Where running programs are described."""
        return self.folder / "run"

    def prepare(self) -> None:
        """Make whatever the servers need on disk: secrets, empty databases, formatted storage."""
        private_folder(self.folder)
        self.postgres.prepare(self.secrets.password_file("postgres-superuser"))
        self.kafka.prepare()
        make_maildir(self.mailbox_folder)

    def programs(self) -> list[Program]:
        """Return how to run each server in the foreground."""
        mailbox = [sys.executable, "-m", "deploy.embedded.mailbox", f"--port={self.smtp_port}"]
        mailbox += [f"--folder={self.mailbox_folder}"]
        return [self.postgres.program(), self.kafka.program(), Program("mailbox", mailbox)]

    def start(self) -> None:
        """Prepare and start the servers that do not run, and wait until they can be used."""
        self.prepare()
        try:
            for program in self.programs():
                self.start_one(program.name)
            self.wait_until_ready(is_running=lambda name: self._running[name].is_running())
        except BaseException:
            self.stop()
            raise

    def start_one(self, name: str) -> None:
        """Start one prepared server without waiting for it; nothing happens when it runs."""
        if name in self._running and self._running[name].is_running():
            return
        program = next(program for program in self.programs() if program.name == name)
        self._running[name] = RunningProgram(
            program, run_folder=self.run_folder, log_folder=self.log_folder
        )

    def stop(self) -> None:
        """Stop the servers, all at once, and wait for their end."""
        self._end(list(self._running))

    def stop_one(self, name: str) -> None:
        """Stop one server and wait for its end, as an outage in a test."""
        self._end([name])

    def _end(self, names: list[str]) -> None:
        ending = [self._running.pop(name) for name in names]
        for program in ending:
            program.ask_to_stop()
        for program in ending:
            program.wait()

    def is_ready(self, name: str) -> bool:
        """Say whether one server can be used now."""
        look = {
            "postgres": self.postgres.is_ready,
            "kafka": self.kafka.is_ready,
            "mailbox": self._mailbox_greets,
        }
        return look[name]()

    def wait_until_ready(
        self,
        *,
        names: tuple[str, ...] = NAMES,
        on_ready: Callable[[str], None] = lambda _: None,
        is_running: Callable[[str], bool] = lambda _: True,
        seconds: float = 60,
    ) -> None:
        """Wait for each server in turn; tell `on_ready` of each; raise when one does not come."""
        for name in names:
            wait_until(
                partial(self.is_ready, name),
                what=name,
                log=self.log_folder / f"{name}.log",
                is_running=partial(is_running, name),
                seconds=seconds,
            )
            on_ready(name)

    def _mailbox_greets(self) -> bool:
        try:
            with socket.create_connection((HOST, self.smtp_port), timeout=1) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False
