"""Letting the services into the two servers: a database and a Kafka user each."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.embedded.kafka_admin import ensure_users
from deploy.embedded.postgres import ensure_databases
from deploy.embedded.secrets import Secrets


def let_services_in(
    services: Sequence[str],
    secrets: Secrets,
    *,
    postgres_admin: str,
    kafka_admin: Mapping[str, Any],
) -> None:
    """Give every service its database and its Kafka user; can be repeated.

    Args:
        services: Their names.
        secrets: The installation's secrets, with a password for each.
        postgres_admin: Where PostgreSQL's superuser connects, with the password.
        kafka_admin: The settings of a confluent-kafka client that may do everything.
    """
    databases = {name: secrets.database_password_file(name).read_text() for name in services}
    users = {f"tandem-{name}": secrets.kafka_password_file(name).read_text() for name in services}
    asyncio.run(ensure_databases(postgres_admin, databases))
    ensure_users(kafka_admin, users)
