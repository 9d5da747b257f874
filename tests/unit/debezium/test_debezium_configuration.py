from datetime import UTC, datetime
from uuid import UUID

from deploy.debezium.compare import aspects_listed_in
from deploy.debezium.connect import CONNECTOR, WORKER
from deploy.debezium.jars import CONNECT, CONNECT_VERSION, DEBEZIUM, DEBEZIUM_VERSION
from deploy.debezium.show import PAGE
from shared.bus.kafka import LARGEST_MESSAGE_BYTES
from tandem_events import Envelope

PLACEMENT = "transforms.outbox.table.fields.additional.placement"
ADDED = ("transforms.head.headers", "transforms.form.header")


def properties(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def envelope_headers() -> list[str]:
    envelope = Envelope(UUID(int=1), "s", "t", datetime.now(UTC), "s", 1, "c", "c", "")
    return [name for name, _ in envelope.headers()]


class TestTheConnector:
    def test_sends_every_header_of_our_envelope_and_no_other(self) -> None:
        connector = properties(CONNECTOR.read_text())

        placed = [place.split(":")[2] for place in connector[PLACEMENT].split(",")]

        assert sorted(placed + [connector[name] for name in ADDED]) == sorted(envelope_headers())

    def test_writes_as_large_a_message_as_our_topics_take(self) -> None:
        assert int(properties(WORKER.read_text())["producer.max.request.size"]) == (
            LARGEST_MESSAGE_BYTES
        )

    def test_holds_no_password(self) -> None:
        worker, connector = properties(WORKER.read_text()), properties(CONNECTOR.read_text())

        assert connector["database.password"] == "${env:TANDEM_DEBEZIUM_PASSWORD}"
        assert {value.partition("password=")[2] for value in worker.values()} == {
            "",
            '"${env:TANDEM_KAFKA_PASSWORD}";',
        }


class TestTheJars:
    def test_of_connect_have_the_broker_s_version(self) -> None:
        kafka = [n for n in CONNECT.known_sums() if n.startswith(("connect-", "kafka-"))]

        assert {name.removesuffix(".jar").rpartition("-")[2] for name in kafka} == {CONNECT_VERSION}
        assert f"connect-runtime-{CONNECT_VERSION}.jar" in kafka

    def test_of_debezium_have_one_version(self) -> None:
        debezium = [name for name in DEBEZIUM.known_sums() if name.startswith("debezium-")]

        assert all(name.endswith(f"-{DEBEZIUM_VERSION}.jar") for name in debezium)
        assert f"debezium-connector-postgres-{DEBEZIUM_VERSION}.jar" in debezium


class TestThePageOfDebezium:
    def test_lists_the_two_differences_that_configuration_can_t_take_away(self) -> None:
        assert aspects_listed_in(PAGE.read_text()) == {"text of ce_time", "order of headers"}
