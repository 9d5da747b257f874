"""The real servers that tests run on; TANDEM_TEST_SERVERS=containers asks for containers."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from confluent_kafka.admin import AdminClient

from deploy.embedded.kafka_admin import ensure_users
from deploy.embedded.programs import HOST, free_port
from deploy.embedded.servers import EmbeddedServers
from deploy.services import SERVICES
from shared.bus.access import user_of


class Stoppable(Protocol):
    """The servers as programs, for a test that lets one of them fail."""

    def start_one(self, name: str) -> None: ...

    def stop_one(self, name: str) -> None: ...

    def wait_until_ready(self, *, names: tuple[str, ...]) -> None: ...


@dataclass(frozen=True)
class Servers:
    """Where the servers are, and how their administrators get in."""

    postgres_host: str
    postgres_port: int
    postgres_admin_password: str
    kafka_bootstrap: str
    kafka_admin: dict[str, Any]
    smtp_port: int
    mailbox: Path
    embedded: Stoppable

    @property
    def postgres_admin_dsn(self) -> str:
        return (
            f"postgresql://postgres:{self.postgres_admin_password}"
            f"@{self.postgres_host}:{self.postgres_port}/postgres"
        )

    def admin_client(self) -> AdminClient:
        return AdminClient(self.kafka_admin)


def password_of(service: str) -> str:
    return f"test-password-of-{service}"


@contextlib.contextmanager
def running_servers() -> Iterator[Servers]:
    """Servers on free ports, with a user per service: embedded ones, or containers when asked."""
    kinds = {"embedded": _embedded, "containers": _in_containers}
    with kinds[os.environ.get("TANDEM_TEST_SERVERS", "embedded")]() as servers:
        _users(servers)
        yield servers


@contextlib.contextmanager
def _embedded() -> Iterator[Servers]:
    with EmbeddedServers.temporary() as embedded:
        yield servers_of(embedded)


@contextlib.contextmanager
def _in_containers() -> Iterator[Servers]:
    """The two servers in containers; the mailbox is ours and stays a program of this machine."""
    from tests.support.containers import ContainerServers  # noqa: PLC0415 - slow, seldom asked for

    with (
        ContainerServers.temporary() as containers,
        tempfile.TemporaryDirectory(prefix="tandem-mailbox-") as folder,
    ):
        mailbox = EmbeddedServers(Path(folder), smtp_port=free_port())
        mailbox.start_one("mailbox")
        try:
            mailbox.wait_until_ready(names=("mailbox",))
            yield Servers(
                postgres_host=HOST,
                postgres_port=containers.postgres_port,
                postgres_admin_password=containers.secrets.password("postgres-superuser"),
                kafka_bootstrap=containers.kafka_bootstrap,
                kafka_admin=containers.kafka_admin_configuration,
                smtp_port=mailbox.smtp_port,
                mailbox=mailbox.mailbox_folder,
                embedded=containers,
            )
        finally:
            mailbox.stop()


def servers_of(embedded: EmbeddedServers) -> Servers:
    """Where embedded servers are, as tests ask for it."""
    return Servers(
        postgres_host=HOST,
        postgres_port=embedded.postgres.port,
        postgres_admin_password=embedded.secrets.password("postgres-superuser"),
        kafka_bootstrap=embedded.kafka_bootstrap,
        kafka_admin=embedded.kafka_admin_configuration,
        smtp_port=embedded.smtp_port,
        mailbox=embedded.mailbox_folder,
        embedded=embedded,
    )


def _users(servers: Servers) -> None:
    passwords = {user_of(service): password_of(service) for service in (*SERVICES, "bystander")}
    ensure_users(servers.kafka_admin, passwords)
