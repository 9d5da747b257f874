"""Who may do what on Kafka: each service its own part, other teams the public topics.

A service writes its own topics, reads those that it reacts to, and has one consumer group. A team
reads every public topic, with consumer groups under a prefix of its own. Nobody else may anything.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from tandem_events import TOPICS, Topic

_PATIENCE_SECONDS = 30
_TEAM = "team-"
_ANY: Any = None
"""What a filter takes for "whatever it is", although its types do not say so."""


class NotNamed(ValueError):
    """A service reads a restricted topic whose declaration does not name it."""

    def __init__(self, service: str, topic: Topic) -> None:
        self.service = service
        self.topic = topic
        super().__init__(f"{service} reads {topic.name}, which names only its readers: add it.")


def user_of(service: str) -> str:
    """The Kafka user as which a service authenticates."""
    return f"tandem-{service}"


def user_of_team(team: str) -> str:
    """The Kafka user as which another team authenticates."""
    return f"{_TEAM}{team}"


def groups_of_team(team: str, prefix: str = "") -> str:
    """What the names of a team's consumer groups begin with."""
    return f"{prefix}team.{team}."


def check_readers(readers: Mapping[str, Iterable[Topic]]) -> None:
    """Do nothing if every service may read what it reads.

    Raises:
        NotNamed: One may not.
    """
    for service, topics in readers.items():
        for topic in topics:
            if topic.readers and service not in topic.readers:
                raise NotNamed(service, topic)


def grant_services(
    admin: AdminClient, readers: Mapping[str, Iterable[Topic]], prefix: str = ""
) -> None:
    """Grant each service what it needs, and take back what it no longer does.

    Raises:
        KafkaException: The broker refused.
    """
    for service, topics in readers.items():
        wanted = set(_of_service(service, topics, prefix))
        held = {grant for grant in _held_by(admin, user_of(service)) if _is_ours(grant, prefix)}
        _create(admin, wanted - held)
        _delete(admin, held - wanted)


def admit_team(admin: AdminClient, team: str, prefix: str = "") -> None:
    """Let a team read every topic that is public, and no other.

    Raises:
        KafkaException: The broker refused.
    """
    wanted = set(_of_team(team, prefix))
    held = {grant for grant in _held_by(admin, user_of_team(team)) if _is_ours(grant, prefix)}
    _create(admin, wanted - held)
    _delete(admin, held - wanted)


def dismiss_team(admin: AdminClient, team: str) -> None:
    """Let a team read nothing any more.

    Raises:
        KafkaException: The broker refused.
    """
    _delete(admin, set(_held_by(admin, user_of_team(team))))


def admitted_teams(admin: AdminClient, prefix: str = "") -> list[str]:
    """The teams that are let in, by name.

    Raises:
        KafkaException: The broker refused.
    """
    found = _answer(
        admin.describe_acls(
            AclBindingFilter(
                ResourceType.GROUP, _ANY, ResourcePatternType.PREFIXED, _ANY, _ANY,
                AclOperation.READ, AclPermissionType.ALLOW,
            )
        )
    )  # fmt: skip
    teams = {grant.principal.removeprefix(f"User:{_TEAM}"): grant.name for grant in found}
    return sorted(team for team, groups in teams.items() if groups == groups_of_team(team, prefix))


def _of_service(service: str, reads: Iterable[Topic], prefix: str) -> Iterable[AclBinding]:
    user = user_of(service)
    for topic in reads:
        yield _allow(user, ResourceType.TOPIC, prefix + topic.name, AclOperation.READ)
    for topic in TOPICS:
        if topic.owner == service:
            yield _allow(user, ResourceType.TOPIC, prefix + topic.name, AclOperation.WRITE)
    yield _allow(user, ResourceType.GROUP, f"{prefix}tandem.{service}", AclOperation.READ)


def _of_team(team: str, prefix: str) -> Iterable[AclBinding]:
    user = user_of_team(team)
    for topic in TOPICS:
        if not topic.readers:
            yield _allow(user, ResourceType.TOPIC, prefix + topic.name, AclOperation.READ)
    yield _allow(
        user,
        ResourceType.GROUP,
        groups_of_team(team, prefix),
        AclOperation.READ,
        ResourcePatternType.PREFIXED,
    )


def _allow(
    user: str,
    resource: ResourceType,
    name: str,
    operation: AclOperation,
    pattern: ResourcePatternType = ResourcePatternType.LITERAL,
) -> AclBinding:
    return AclBinding(
        resource, name, pattern, f"User:{user}", "*", operation, AclPermissionType.ALLOW
    )


def _is_ours(grant: AclBinding, prefix: str) -> bool:
    """Whether a grant is of this installation, and not of another one on the same Kafka."""
    if grant.restype is ResourceType.TOPIC:
        return grant.name in {prefix + topic.name for topic in TOPICS}
    return grant.name.startswith((f"{prefix}tandem.", f"{prefix}team."))


def _held_by(admin: AdminClient, user: str) -> list[AclBinding]:
    every = AclBindingFilter(
        ResourceType.ANY, _ANY, ResourcePatternType.ANY, f"User:{user}", _ANY,
        AclOperation.ANY, AclPermissionType.ANY,
    )  # fmt: skip
    return _answer(admin.describe_acls(every))


def _create(admin: AdminClient, grants: set[AclBinding]) -> None:
    if grants:
        for done in admin.create_acls(list(grants)).values():
            done.result(_PATIENCE_SECONDS)


def _delete(admin: AdminClient, grants: set[AclBinding]) -> None:
    if not grants:
        return
    just_these = [
        AclBindingFilter(
            grant.restype, grant.name, grant.resource_pattern_type, grant.principal, grant.host,
            grant.operation, grant.permission_type,
        )
        for grant in grants
    ]  # fmt: skip
    for done in admin.delete_acls(just_these).values():
        done.result(_PATIENCE_SECONDS)


def _answer(future: "Future[list[AclBinding]]") -> list[AclBinding]:
    return future.result(_PATIENCE_SECONDS)
