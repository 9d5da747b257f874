from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.embedded.errors import CannotStart
from deploy.embedded.kafka_admin import broker_answers, client_configuration, ensure_users
from deploy.embedded.postgres import ensure_databases
from deploy.embedded.servers import EmbeddedServers


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedServers]:
    """Servers of this module's own, since it stops them."""
    with EmbeddedServers.temporary() as servers:
        yield servers


class TestPostgres:
    async def test_refuses_a_wrong_password(self, embedded: EmbeddedServers) -> None:
        await ensure_databases(embedded.postgres_dsn_admin, {"intake": "right"})

        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(embedded.postgres_dsn("tandem_intake", "wrong", "tandem_intake"))

    async def test_keeps_a_service_out_of_anothers_database(
        self, embedded: EmbeddedServers
    ) -> None:
        await ensure_databases(embedded.postgres_dsn_admin, {"intake": "a", "matching": "b"})

        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(embedded.postgres_dsn("tandem_intake", "a", "tandem_matching"))

    async def test_takes_the_newest_password_of_a_role(self, embedded: EmbeddedServers) -> None:
        await ensure_databases(embedded.postgres_dsn_admin, {"intake": "old"})

        await ensure_databases(embedded.postgres_dsn_admin, {"intake": "new"})

        dsn = embedded.postgres_dsn("tandem_intake", "new", "tandem_intake")
        await (await asyncpg.connect(dsn)).close()

    async def test_keeps_personal_data_out_of_its_log(self, embedded: EmbeddedServers) -> None:
        admin = await asyncpg.connect(embedded.postgres_dsn_admin)
        await admin.execute("CREATE TEMP TABLE people (email text UNIQUE)")
        await admin.execute("INSERT INTO people VALUES ($1)", "canary@example.org")

        with pytest.raises(asyncpg.UniqueViolationError):
            await admin.execute("INSERT INTO people VALUES ('canary@example.org')")

        await admin.close()
        assert "canary" not in (embedded.log_folder / "postgres.log").read_text()


class TestKafka:
    def test_lets_a_user_in_with_its_password_only(self, embedded: EmbeddedServers) -> None:
        ensure_users(embedded.kafka_admin_configuration, {"tandem-intake": "right"})

        answers = {
            password: broker_answers(embedded.kafka_bootstrap, "tandem-intake", password)
            for password in ("right", "wrong")
        }

        assert answers == {"right": True, "wrong": False}

    def test_hides_topics_from_a_user_without_a_grant(self, embedded: EmbeddedServers) -> None:
        ensure_users(embedded.kafka_admin_configuration, {"tandem-nobody": "right"})
        create_topic(embedded, "hidden")

        user = client_configuration(embedded.kafka_bootstrap, "tandem-nobody", "right")

        assert "hidden" not in AdminClient(user).list_topics(timeout=10).topics

    def test_keeps_its_passwords_out_of_the_list_of_processes(
        self, embedded: EmbeddedServers
    ) -> None:
        words = [word for program in embedded.programs() for word in program.command]

        assert not [word for word in words if embedded.kafka_admin_password in word]


class TestARestart:
    async def test_keeps_data(self, embedded: EmbeddedServers) -> None:
        admin = await asyncpg.connect(embedded.postgres_dsn_admin)
        await admin.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await admin.close()
        create_topic(embedded, "kept")

        embedded.stop()
        embedded.start()

        admin = await asyncpg.connect(embedded.postgres_dsn_admin)
        assert await admin.fetchval("SELECT answer FROM kept") == 42
        await admin.close()
        topics = AdminClient(embedded.kafka_admin_configuration).list_topics(timeout=10).topics
        assert "kept" in topics


class TestAHalfWrittenDataFolder:
    def test_is_made_again_when_the_making_was_cut_off(self, tmp_path: Path) -> None:
        (tmp_path / "postgres.unfinished-1" / "base").mkdir(parents=True)
        (tmp_path / "kafka" / "data").mkdir(parents=True)
        (tmp_path / "kafka" / "data" / "meta.properties").write_text("cut o")

        EmbeddedServers(tmp_path, durable=False).prepare()

        assert (tmp_path / "postgres" / "PG_VERSION").exists()
        assert not (tmp_path / "postgres.unfinished-1").exists()
        assert "cluster.id" in (tmp_path / "kafka" / "data" / "meta.properties").read_text()

    def test_that_lost_its_files_later_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "postgres" / "base").mkdir(parents=True)

        with pytest.raises(CannotStart, match="is not complete: move it away"):
            EmbeddedServers(tmp_path, durable=False).prepare()

        assert (tmp_path / "postgres" / "base").exists()


def create_topic(servers: EmbeddedServers, name: str) -> None:
    client = AdminClient(servers.kafka_admin_configuration)
    for created in client.create_topics([NewTopic(name, 1, 1)]).values():
        created.result(timeout=20)
