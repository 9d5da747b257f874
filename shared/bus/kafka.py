"""How a process connects to Kafka: who it is, and the settings every client shares."""

from typing import Any

from shared.settings import ServiceSettings

LARGEST_MESSAGE_BYTES = 2 * 1024 * 1024


def client_options(settings: ServiceSettings) -> dict[str, Any]:
    """The aiokafka options that authenticate as the service, by SCRAM."""
    return {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": settings.kafka_user,
        "sasl_plain_password": settings.kafka_password.get_secret_value(),
    }


def admin_options(settings: ServiceSettings) -> dict[str, Any]:
    """The same for confluent-kafka's admin client, which can ask what aiokafka's can't."""
    return {
        "bootstrap.servers": settings.kafka_bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": settings.kafka_user,
        "sasl.password": settings.kafka_password.get_secret_value(),
    }
