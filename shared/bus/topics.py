"""Provisioning: topics as declared, and who may do what on them. Safe to repeat."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from datetime import timedelta

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)
from confluent_kafka.error import KafkaError, KafkaException

from shared.bus.kafka import LARGEST_MESSAGE_BYTES
from tandem_events import PARTITIONS, TOPICS, Kind, Topic

_SEGMENT = timedelta(days=1)
_LONGEST_COMPACTION_LAG = timedelta(days=14)
_TOMBSTONES_STAY = timedelta(days=14)
_PATIENCE_SECONDS = 30


def user_of(service: str) -> str:
    """The Kafka user as which a service authenticates."""
    return f"tandem-{service}"


def topic_settings(topic: Topic) -> dict[str, str]:
    """The broker's settings of a topic, after its kind and retention."""
    common = {"max.message.bytes": str(LARGEST_MESSAGE_BYTES)}
    if topic.kind is Kind.FACT:
        kept = "-1" if topic.retention is None else _milliseconds(topic.retention)
        return common | {"cleanup.policy": "delete", "retention.ms": kept, "retention.bytes": "-1"}
    return common | {
        "cleanup.policy": "compact",
        "min.compaction.lag.ms": _milliseconds(topic.min_compaction_lag),
        "max.compaction.lag.ms": _milliseconds(_LONGEST_COMPACTION_LAG),
        "delete.retention.ms": _milliseconds(_TOMBSTONES_STAY),
        "segment.ms": _milliseconds(_SEGMENT),
    }


def provision(
    admin: AdminClient,
    readers: Mapping[str, Iterable[Topic]],
    prefix: str = "",
    partitions: int = PARTITIONS,
    replicas: int = 1,
) -> list[str]:
    """Create missing topics, set the settings of all, and grant each service what it needs.

    `readers` says for each service which topics it reads; `prefix` stands before every topic and
    group name, to keep installations apart. Returns the names of the topics that were created.

    Raises:
        KafkaException: The broker refused.
    """
    created = _create_missing(admin, prefix, partitions, replicas)
    _set_settings(admin, [topic for topic in TOPICS if prefix + topic.name not in created], prefix)
    _grant(admin, readers, prefix)
    return created


def _create_missing(admin: AdminClient, prefix: str, partitions: int, replicas: int) -> list[str]:
    wanted = [
        NewTopic(
            prefix + topic.name,
            num_partitions=partitions,
            replication_factor=replicas,
            config=topic_settings(topic),
        )
        for topic in TOPICS
    ]
    created = []
    for name, outcome in admin.create_topics(wanted).items():
        try:
            outcome.result(_PATIENCE_SECONDS)
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    return sorted(created)


def _set_settings(admin: AdminClient, topics: Sequence[Topic], prefix: str) -> None:
    resources = [
        ConfigResource(
            ConfigResource.Type.TOPIC,
            prefix + topic.name,
            incremental_configs=[
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                for name, value in topic_settings(topic).items()
            ],
        )
        for topic in topics
    ]
    if resources:
        _wait(admin.incremental_alter_configs(resources).values())


def _grant(admin: AdminClient, readers: Mapping[str, Iterable[Topic]], prefix: str) -> None:
    grants: list[AclBinding] = []
    for service, topics in readers.items():
        grants += [
            _allow(service, ResourceType.TOPIC, prefix + topic.name, AclOperation.READ)
            for topic in topics
        ]
        grants += [
            _allow(service, ResourceType.TOPIC, prefix + topic.name, AclOperation.WRITE)
            for topic in TOPICS
            if topic.owner == service
        ]
        group = f"{prefix}tandem.{service}"
        grants.append(_allow(service, ResourceType.GROUP, group, AclOperation.READ))
    if grants:
        _wait(admin.create_acls(grants).values())


def _allow(service: str, resource: ResourceType, name: str, operation: AclOperation) -> AclBinding:
    return AclBinding(
        resource,
        name,
        ResourcePatternType.LITERAL,
        f"User:{user_of(service)}",
        "*",
        operation,
        AclPermissionType.ALLOW,
    )


def _wait(outcomes: "Iterable[Future[None]]") -> None:
    for outcome in outcomes:
        outcome.result(_PATIENCE_SECONDS)


def _milliseconds(duration: timedelta) -> str:
    return str(int(duration.total_seconds() * 1000))
