"""Where the comparison takes place: real servers of its own, and the two who publish in turn."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from deploy import services
from deploy.debezium import store
from deploy.debezium.connect import PATIENCE_SECONDS, Connect, heartbeat_topic
from deploy.embedded.kafka_admin import SILENT, ensure_users
from deploy.embedded.postgres import ensure_databases
from deploy.embedded.programs import HOST, Program, RunningProgram, free_ports, wait_until
from deploy.embedded.servers import EmbeddedServers
from deploy.up.sequence import tandem_serve
from shared.bus.access import user_of
from shared.bus.topics import provision
from shared.migrations import Half, migrate
from shared.settings import ServiceSettings

SERVICE = "intake"
START_SECONDS = 180
"""Connect takes eight on a quiet machine, and one minute on a very busy one."""


@dataclass(frozen=True)
class Stage:
    """Servers, the settings of the service that tells, and how each publisher is run."""

    servers: EmbeddedServers
    environment: dict[str, str]
    settings: ServiceSettings
    connect: Connect

    @asynccontextmanager
    async def relay_running(self) -> AsyncIterator[None]:
        """Run our own relay, as a process of the service in that one role."""
        environment = self.environment | {"TANDEM_ROLES": "relay"}
        program = Program("relay", tandem_serve(SERVICE), environment)
        async with self._running(program, lambda: True):
            yield

    @asynccontextmanager
    async def debezium_running(self, *, killed: bool = False) -> AsyncIterator[None]:
        """Run Kafka Connect with Debezium; in the end it is told to stop, or killed."""
        password = self.servers.secrets.password
        program = self.connect.program(
            {
                "TANDEM_DATABASE_HOST": HOST,
                "TANDEM_DATABASE_PORT": str(self.servers.postgres.port),
                "TANDEM_DEBEZIUM_PASSWORD": password("postgres-debezium"),
                "TANDEM_KAFKA_BOOTSTRAP": self.servers.kafka_bootstrap,
                "TANDEM_KAFKA_USER": self.settings.kafka_user,
                "TANDEM_KAFKA_PASSWORD": self.settings.kafka_password.get_secret_value(),
            }
        )
        async with self._running(program, self.connect.is_streaming, killed=killed):
            yield

    @asynccontextmanager
    async def _running(
        self, program: Program, is_ready: Callable[[], bool], *, killed: bool = False
    ) -> AsyncIterator[None]:
        folder = self.servers
        running = RunningProgram(
            program, run_folder=folder.run_folder, log_folder=folder.log_folder
        )
        try:
            await asyncio.to_thread(
                wait_until,
                is_ready,
                what=program.name,
                log=running.log,
                is_running=running.is_running,
                seconds=START_SECONDS,
            )
            yield
        finally:
            running.process.kill() if killed else running.ask_to_stop()
            await asyncio.to_thread(running.wait)


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Servers in a temporary folder, with a migrated database, topics, and access for Debezium."""
    with EmbeddedServers.temporary() as servers:
        await store.log_logical_changes(servers.postgres_dsn_admin)
        servers.stop_one("postgres")
        servers.start_one("postgres")
        servers.wait_until_ready(names=("postgres",))
        secrets = servers.secrets
        await ensure_databases(servers.postgres_dsn_admin, {SERVICE: secrets.password("database")})
        await store.flush_at_commit(servers.postgres_dsn_admin, SERVICE)
        ensure_users(
            servers.kafka_admin_configuration, {user_of(SERVICE): secrets.password("kafka")}
        )
        api, internal, rest = free_ports(3)
        environment = _environment(servers, api, internal)
        settings = services.settings_class(SERVICE).load(environment)
        await migrate(settings, services.build(settings).migrations, frozenset(Half))
        admin = AdminClient(servers.kafka_admin_configuration, logger=SILENT)
        provision(admin, {SERVICE: []})
        _make_heartbeat_topic(admin)
        await store.let_debezium_in(
            servers.postgres_dsn_admin, SERVICE, secrets.password("postgres-debezium")
        )
        connect = Connect(Path(servers.folder) / "connect", rest, SERVICE)
        yield Stage(servers, environment, settings, connect)


def _make_heartbeat_topic(admin: AdminClient) -> None:
    """Make the one topic that Debezium needs besides ours, and let the service write to it."""
    name = heartbeat_topic(SERVICE)
    topic = NewTopic(name, num_partitions=1, config={"cleanup.policy": "compact"})
    grant = AclBinding(
        ResourceType.TOPIC,
        name,
        ResourcePatternType.LITERAL,
        f"User:{user_of(SERVICE)}",
        "*",
        AclOperation.WRITE,
        AclPermissionType.ALLOW,
    )
    for outcome in [*admin.create_topics([topic]).values(), *admin.create_acls([grant]).values()]:
        outcome.result(PATIENCE_SECONDS)


def _environment(servers: EmbeddedServers, api: int, internal: int) -> dict[str, str]:
    """The service's settings, as its environment."""
    role = f"tandem_{SERVICE}"
    secrets = servers.secrets
    return {
        "TANDEM_DATABASE_URL": f"postgresql://{role}@{HOST}:{servers.postgres.port}/{role}",
        "TANDEM_DATABASE_PASSWORD_FILE": str(secrets.password_file("database")),
        "TANDEM_KAFKA_BOOTSTRAP": servers.kafka_bootstrap,
        "TANDEM_KAFKA_USER": user_of(SERVICE),
        "TANDEM_KAFKA_PASSWORD_FILE": str(secrets.password_file("kafka")),
        "TANDEM_TOKEN_ISSUERS_FILE": str(secrets.trust_file("token-issuers", ("tandem",))),
        "TANDEM_API_PORT": str(api),
        "TANDEM_INTERNAL_PORT": str(internal),
    }
