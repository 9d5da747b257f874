"""PostgreSQL and Kafka in containers for tests, run by testcontainers."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import asyncpg
from testcontainers.core.container import DockerContainer

from deploy.compose.prepare import OUTSIDE_PORT, prepare
from deploy.embedded.kafka import ADMIN
from deploy.embedded.kafka_admin import broker_answers, client_configuration
from deploy.embedded.postgres import NOT_DURABLE, SETTINGS, SUPERUSER
from deploy.embedded.programs import HOST, free_ports, wait_until
from deploy.embedded.secrets import Secrets
from deploy.up.environment import POSTGRES_PORT

ROOT = Path(__file__).parents[2]
INITDB = "--encoding=UTF8 --locale=C.UTF-8 --auth=scram-sha-256"
PLACED = {"listen_addresses", "unix_socket_directories"}
"""Settings that an image decides by itself."""


class ContainerServers:
    """The two servers in containers, with their secrets in `folder`; nothing is kept safe."""

    def __init__(self, folder: Path) -> None:
        prepare(folder / "secrets")
        self.folder = folder
        self.secrets = Secrets(folder / "secrets")
        self.postgres_port, self.kafka_port = free_ports(2)
        self._containers = {"postgres": self._postgres(), "kafka": self._kafka()}

    @classmethod
    @contextlib.contextmanager
    def temporary(cls) -> Iterator[Self]:
        """Run the servers until the block ends."""
        folder = Path(tempfile.mkdtemp(prefix="tandem-"))
        servers = cls(folder)
        try:
            for container in servers._containers.values():
                container.start()
            servers.wait_until_ready()
            yield servers
        finally:
            for container in servers._containers.values():
                container.stop()
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def kafka_bootstrap(self) -> str:
        return f"{HOST}:{self.kafka_port}"

    @property
    def kafka_admin_configuration(self) -> dict[str, Any]:
        password = self.secrets.password("kafka-admin")
        return client_configuration(self.kafka_bootstrap, ADMIN, password)

    def start_one(self, name: str) -> None:
        self._containers[name].get_wrapped_container().start()

    def stop_one(self, name: str) -> None:
        self._containers[name].get_wrapped_container().stop(timeout=30)

    def wait_until_ready(self, *, names: tuple[str, ...] = ("postgres", "kafka")) -> None:
        looks = {"postgres": self._postgres_answers, "kafka": self._kafka_answers}
        for name in names:
            wait_until(looks[name], what=name, log=self.folder / "none", seconds=120)

    def _postgres(self) -> DockerContainer:
        settings = SETTINGS | NOT_DURABLE
        options = [f"-c{name}={value}" for name, value in settings.items() if name not in PLACED]
        return (
            self._container("TANDEM_TEST_POSTGRES_IMAGE", "postgres:18")
            .with_env("POSTGRES_PASSWORD_FILE", "/run/secrets/postgres-superuser.password")
            .with_env(
                "POSTGRES_INITDB_ARGS", "--encoding=UTF8 --locale=C.UTF-8 --auth=scram-sha-256"
            )
            .with_bind_ports(POSTGRES_PORT, self.postgres_port)
            .with_command(["postgres", *options])
        )

    def _kafka(self) -> DockerContainer:
        addresses = f"CLIENT://localhost:9092,OUTSIDE://{self.kafka_bootstrap}"
        return (
            self._container("TANDEM_TEST_KAFKA_IMAGE", "apache/kafka:4.3.1")
            .with_volume_mapping(ROOT / "deploy/compose/kafka.sh", "/etc/tandem/kafka.sh")
            .with_volume_mapping(
                ROOT / "deploy/embedded/log4j2.properties", "/etc/tandem/log4j2.properties"
            )
            .with_kwargs(entrypoint=["sh", "/etc/tandem/kafka.sh"])
            .with_bind_ports(OUTSIDE_PORT, self.kafka_port)
            .with_command(["--override", f"advertised.listeners={addresses}"])
        )

    def _container(self, setting: str, official: str) -> DockerContainer:
        image = os.environ.get(setting, official)
        secrets = str(self.secrets.folder)
        self.secrets.folder.chmod(0o755)  # an image's own user must be able to enter it
        return DockerContainer(image).with_volume_mapping(secrets, "/run/secrets", "ro")

    def _kafka_answers(self) -> bool:
        return broker_answers(self.kafka_bootstrap, ADMIN, self.secrets.password("kafka-admin"))

    def _postgres_answers(self) -> bool:
        return asyncio.run(self._connects())

    async def _connects(self) -> bool:
        password = self.secrets.password("postgres-superuser")
        try:
            connection = await asyncpg.connect(
                host=HOST, port=self.postgres_port, user=SUPERUSER, password=password,
                database="postgres", timeout=5,
            )  # fmt: skip
        except (OSError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True
