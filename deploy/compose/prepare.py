"""The secrets of an installation in containers: `python -m deploy.compose.prepare FOLDER`.

Each is a file that docker-compose.yml hands to those who need it. The folder is closed to all but
its owner, and that protects them; the files are open, so that a container's own user, who is not
root, can read what it was handed.
"""

import sys
from pathlib import Path

from deploy.embedded.files import private_folder, write_private
from deploy.embedded.kafka import FIXED, as_properties, format_arguments, sign_in_settings
from deploy.embedded.secrets import Secrets
from deploy.services import SERVICES
from deploy.up.environment import COMMAND_LINE, KAFKA_PORT, SIGN_ACCESS, SIGN_LINKS

JARS = "/opt/kafka/libs/*"
PROPERTIES = "/run/secrets/kafka.properties"
OUTSIDE_PORT, CONTROLLER_PORT = 9094, 9093
OPEN = 0o444


def prepare(folder: Path) -> None:
    """Make what is not there yet; a second time renews the broker's settings and keeps the rest."""
    secrets = Secrets(private_folder(folder))
    for name in ("postgres-superuser", "kafka-admin", "kafka-controller"):
        secrets.password_file(name)
    for service in SERVICES:
        secrets.database_password_file(service)
        secrets.kafka_password_file(service)
    for issuer in (COMMAND_LINE, *SIGN_ACCESS, *SIGN_LINKS):
        secrets.signing_key_file(issuer)
    secrets.trust_file("token-issuers", SIGN_ACCESS)
    secrets.trust_file("form-issuers", SIGN_LINKS)
    _prepare_kafka(folder, secrets)
    if not (folder / "smtp.password").exists():
        write_private(folder / "smtp.password", b"")  # to be filled in by a person
    for path in folder.glob("[!.]*"):
        path.chmod(OPEN)


def _prepare_kafka(folder: Path, secrets: Secrets) -> None:
    admin = secrets.password("kafka-admin")
    settings = broker_settings(admin, secrets.password("kafka-controller"))
    write_private(folder / "kafka.properties", as_properties(settings).encode())
    arguments = folder / "kafka-format.arguments"
    if not arguments.exists():
        write_private(arguments, format_arguments(JARS, PROPERTIES, admin))


def broker_settings(admin_password: str, controller_password: str) -> dict[str, str]:
    """Return the broker's settings: those of `tandem up`, and a listener for who is outside.

    Where each listener can be reached is said by docker-compose.yml.
    """
    passwords = sign_in_settings(admin_password, controller_password)
    client = "listener.name.{}.scram-sha-256.sasl.jaas.config"
    return FIXED | passwords | {
        client.format("outside"): passwords[client.format("client")],
        "listener.name.outside.sasl.enabled.mechanisms": "SCRAM-SHA-256",
        "listener.security.protocol.map": ",".join(
            f"{name}:SASL_PLAINTEXT" for name in ("CLIENT", "OUTSIDE", "CONTROLLER")
        ),
        "listeners": (
            f"CLIENT://:{KAFKA_PORT},OUTSIDE://:{OUTSIDE_PORT},"
            f"CONTROLLER://localhost:{CONTROLLER_PORT}"
        ),
        "controller.quorum.voters": f"1@localhost:{CONTROLLER_PORT}",
        "log.dirs": "/var/lib/kafka/data/log",
    }  # fmt: skip


def main() -> None:
    """Make the secrets in the folder that was named."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and one word
        sys.exit("Name the folder: python -m deploy.compose.prepare FOLDER")
    prepare(Path(sys.argv[1]))
    sys.stdout.write("The secrets are ready.\n")


if __name__ == "__main__":
    main()
