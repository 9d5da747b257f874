"""What an administrator does on a broker that only librdkafka's client can: users and passwords."""

import logging
from collections.abc import Iterable, Mapping
from secrets import token_urlsafe
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)

SILENT = logging.getLogger("tandem.embedded.kafka")
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False
ITERATIONS = 4096


def client_configuration(bootstrap: str, user: str, password: str) -> dict[str, Any]:
    """Return the settings of a confluent-kafka client for the embedded broker."""
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": user,
        "sasl.password": password,
    }


def broker_answers(bootstrap: str, user: str, password: str) -> bool:
    """Say whether the broker lets this user in and names itself within a second."""
    client = AdminClient(client_configuration(bootstrap, user, password), logger=SILENT)
    try:
        return bool(client.list_topics(timeout=1).brokers)
    except KafkaException:
        return False


def ensure_users(admin: Mapping[str, Any], passwords: Mapping[str, str]) -> None:
    """Let each user in with its password (SCRAM-SHA-256); can be repeated."""
    credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, ITERATIONS)
    wanted: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(user, credential, password.encode())
        for user, password in passwords.items()
    ]
    _alter(admin, wanted)


def lock_out(admin: Mapping[str, Any], users: Iterable[str]) -> None:
    """Let each of these users in no longer: nobody knows the new password.

    A user is never deleted: Kafka 4.3.1 does not get over it. When it has been started again it
    lets nobody in any more, itself included (docs/decisions/0015-contracts.md).
    """
    ensure_users(admin, {user: token_urlsafe(32) for user in users})


def _alter(admin: Mapping[str, Any], wanted: list[UserScramCredentialAlteration]) -> None:
    client = AdminClient(dict(admin), logger=SILENT)  # named: collected, it would drop the request
    for result in client.alter_user_scram_credentials(wanted, request_timeout=30).values():
        result.result()
