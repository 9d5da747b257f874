"""Provisioning: topics as declared, with whoever may use them. Safe to repeat."""

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from datetime import timedelta

from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
)
from confluent_kafka.error import KafkaError, KafkaException

from shared.bus.access import admit_team, admitted_teams, check_readers, grant_services
from shared.bus.kafka import LARGEST_MESSAGE_BYTES
from tandem_events import PARTITIONS, TOPICS, Kind, Topic

_SEGMENT = timedelta(days=1)
_LONGEST_COMPACTION_LAG = timedelta(days=14)
_TOMBSTONES_STAY = timedelta(days=14)
_PATIENCE_SECONDS = 30
_LOOK_EVERY_SECONDS = 0.05


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
    """Create missing topics, set the settings of all, and grant services and teams what they need.

    `readers` says for each service which topics it reads; `prefix` stands before every topic and
    group name, to keep installations apart. Returns the names of the topics that were created.

    Raises:
        NotNamed: A service reads a restricted topic without being named there.
        KafkaException: The broker refused.
    """
    check_readers(readers)
    grant_services(admin, readers, prefix)
    for team in admitted_teams(admin, prefix):
        admit_team(admin, team, prefix)
    created = _create_missing(admin, prefix, partitions, replicas)
    _set_settings(admin, [topic for topic in TOPICS if prefix + topic.name not in created], prefix)
    _wait_until_told(admin, created)
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


def _wait_until_told(admin: AdminClient, topics: Sequence[str]) -> None:
    """Return once the broker tells its clients of these topics, and so of the earlier grants.

    The controller answers as soon as it has noted a change; the broker follows its notes in order.
    """
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while missing := set(topics) - set(admin.list_topics(timeout=_PATIENCE_SECONDS).topics):
        if time.monotonic() >= give_up_at:
            raise KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, ", ".join(missing)))
        time.sleep(_LOOK_EVERY_SECONDS)


def _wait(outcomes: "Iterable[Future[None]]") -> None:
    for outcome in outcomes:
        outcome.result(_PATIENCE_SECONDS)


def _milliseconds(duration: timedelta) -> str:
    return str(int(duration.total_seconds() * 1000))
