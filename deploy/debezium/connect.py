"""Kafka Connect with Debezium as a program: one process beside one service's database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.debezium.jars import CONNECT, DEBEZIUM, log4j_jars
from deploy.embedded.files import private_folder
from deploy.embedded.kafka import JVM, LOGGING, java
from deploy.embedded.programs import HOST, Program

HERE = Path(__file__).parent
WORKER = HERE / "connect.properties"
CONNECTOR = HERE / "outbox.properties"
PATIENCE_SECONDS = 5


class ConnectorFailed(Exception):
    """Debezium gave up; `trace` is its own account of why."""

    def __init__(self, trace: str) -> None:
        self.trace = trace
        super().__init__(f"Debezium's connector failed: {trace}")


def heartbeat_topic(service: str) -> str:
    """The topic in which a connector notes how far it is while its outbox is quiet."""
    return f"__debezium-heartbeat.tandem-{service}"


@dataclass(frozen=True, slots=True)
class Connect:
    """One standalone worker with its offsets in `folder`, its REST interface on loopback."""

    folder: Path
    port: int
    service: str

    def program(self, environment: Mapping[str, str]) -> Program:
        """Return how to run the worker; `environment` says where the servers are, and who it is."""
        self._put_plugins()
        ours = {
            "TANDEM_CONNECT_PORT": str(self.port),
            "TANDEM_SERVICE": self.service,
        }
        class_path = [str(CONNECT.ensure() / "*"), *map(str, log4j_jars())]
        command = [
            "env",
            f"--chdir={self.folder}",
            java(),
            *JVM,
            f"-Dlog4j2.configurationFile={LOGGING}",
        ]
        command += ["-cp", ":".join(class_path), "org.apache.kafka.connect.cli.ConnectStandalone"]
        command += [str(WORKER), str(CONNECTOR)]
        return Program("connect", command, {**environment, **ours}, stop_seconds=30)

    def _put_plugins(self) -> None:
        """Make the folder that holds nothing but Debezium: each thing in it is a plug-in."""
        plugins = private_folder(self.folder / "plugins")
        debezium = plugins / DEBEZIUM.name
        debezium.unlink(missing_ok=True)
        debezium.symlink_to(DEBEZIUM.ensure())

    def is_streaming(self) -> bool:
        """Say whether the connector's one task runs.

        Raises:
            ConnectorFailed: It has given up.
        """
        url = f"http://{HOST}:{self.port}/connectors/outbox/status"
        try:
            answer = httpx.get(url, timeout=PATIENCE_SECONDS)
        except httpx.TransportError:
            return False
        if not answer.is_success:
            return False
        status = answer.json()
        parts = [status["connector"], *status["tasks"]]
        for part in parts:
            if part["state"] == "FAILED":
                raise ConnectorFailed(part.get("trace") or json.dumps(part))
        return len(parts) > 1 and all(part["state"] == "RUNNING" for part in parts)
