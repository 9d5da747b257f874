"""A database per test, copied from a template that is migrated once."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import asyncpg

from deploy import services
from deploy.embedded.servers import EmbeddedServers
from shared.migrations import Half, migrate
from shared.service import Service
from shared.settings import PREFIX, ServiceSettings
from tests.support import probe
from tests.support.keys import LINKS, PORTAL, TRUSTED, TRUSTED_LINKS
from tests.support.room import PORTAL_URL
from tests.support.servers import Servers, password_of


class Databases:
    """Makes databases for services; the templates live as long as the servers."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._templates: dict[str, str] = {}
        self._coming: dict[str, asyncio.Task[str]] = {}

    async def new(self, service: str) -> str:
        """The name of a new, migrated database that belongs to the service.

        The next one is copied meanwhile, so that tests seldom wait for it.
        """
        if service not in self._templates:
            await self._make_template(service)
        coming = self._coming.pop(service, None)
        name = await (coming or self._copy(service))
        self._coming[service] = asyncio.create_task(self._copy(service))
        return name

    async def close(self) -> None:
        """Let the copies that are being made be finished; the servers end after that."""
        await asyncio.gather(*self._coming.values(), return_exceptions=True)

    async def _copy(self, service: str) -> str:
        name = f"test_{uuid4().hex}"
        template = self._templates[service]
        await self._execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER {_role(service)}'
        )
        return name

    async def drop(self, name: str) -> None:
        await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def settings(
        self, service: str, database: str, more: Mapping[str, str] | None = None
    ) -> ServiceSettings:
        """The settings of a service on this database, read as from its environment."""
        return _settings_class(service).load(self.environment(service, database, more))

    def environment(
        self, service: str, database: str, more: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """The environment of a service on this database."""
        servers = self._servers
        address = f"{servers.postgres_host}:{servers.postgres_port}"
        values = {
            "DATABASE_URL": f"postgresql://{_role(service)}@{address}/{database}",
            "DATABASE_PASSWORD": password_of(service),
            "KAFKA_BOOTSTRAP": servers.kafka_bootstrap,
            "KAFKA_USER": f"tandem-{service}",
            "KAFKA_PASSWORD": password_of(service),
            "API_PORT": "0",
            "INTERNAL_PORT": "0",
            "TOKEN_ISSUERS": json.dumps(TRUSTED),
            "FORM_ISSUERS": json.dumps(TRUSTED_LINKS),
        }
        if service == "probe":
            values |= {
                "KAFKA_USER": servers.kafka_admin["sasl.username"],
                "KAFKA_PASSWORD": servers.kafka_admin["sasl.password"],
            }
        if service == "notifications":
            values |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(servers.smtp_port)}
            values |= {"PORTAL_URL": PORTAL_URL, "SIGNING_KEY": LINKS.private_key}
        if service == "portal":
            values |= {"PORTAL_URL": PORTAL_URL, "SIGNING_KEY": PORTAL.private_key}
            values |= {"STYLEGUIDE": "true"}
            others = [name for name in services.SERVICES if name != "portal"]
            values |= {f"{name.upper()}_URL": f"http://{name}" for name in others}
        return {PREFIX + name: value for name, value in (values | dict(more or {})).items()}

    async def _make_template(self, service: str) -> None:
        name = f"template_{service}_{uuid4().hex[:8]}"
        role = _role(service)
        if not await self._fetch("SELECT FROM pg_roles WHERE rolname = $1", role):
            await self._execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password_of(service)}'")
        await self._execute(f'CREATE DATABASE "{name}" OWNER {role}')
        settings = self.settings(service, name)
        await migrate(settings, build(settings).migrations, frozenset(Half))
        self._templates[service] = name

    async def _execute(self, statement: str) -> None:
        await self._fetch(statement)

    async def _fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        admin = await asyncpg.connect(self._servers.postgres_admin_dsn)
        try:
            return list(await admin.fetch(statement, *values))
        finally:
            await admin.close()


async def as_superuser(
    embedded: EmbeddedServers, service: str, statement: str
) -> list[asyncpg.Record]:
    """Look into a service's database in an installation, or change it behind its back."""
    password = embedded.secrets.password("postgres-superuser")
    dsn = embedded.postgres_dsn("postgres", password, f"tandem_{service}")
    connection = await asyncpg.connect(dsn)
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


def build(settings: ServiceSettings) -> Service:
    """A service, or the probe, from its settings."""
    maker = probe.build if settings.service == "probe" else services.build
    return maker(settings)


def _settings_class(service: str) -> type[ServiceSettings]:
    return probe.ProbeSettings if service == "probe" else services.settings_class(service)


def _role(service: str) -> str:
    return f"tandem_{service}"
