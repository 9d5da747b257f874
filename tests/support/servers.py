"""The real servers that tests run on."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient

from deploy.embedded.kafka_admin import ensure_users
from deploy.embedded.servers import EmbeddedServers
from deploy.services import SERVICES
from shared.bus.access import user_of


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
    embedded: EmbeddedServers

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
    """The embedded servers, on free ports, with a user per service."""
    with EmbeddedServers.temporary() as embedded:
        servers = servers_of(embedded)
        _users(servers)
        yield servers


def servers_of(embedded: EmbeddedServers) -> Servers:
    """Where embedded servers are, as tests ask for it."""
    return Servers(
        postgres_host="127.0.0.1",
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
