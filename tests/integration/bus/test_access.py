"""Who may do what on Kafka: every refusal is the broker's own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import (
    AuthenticationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)
from confluent_kafka.admin import AdminClient

from deploy.cli.consumers import let_in, let_out
from deploy.services import SERVICES, topics_read_by
from shared.bus.access import NotNamed, admitted_teams, check_readers, user_of, user_of_team
from tandem_events import TOPICS, PairFormed, PersonContact, ProgrammeChanged, Topic
from tests.support.kafka import make_topics, may_read, may_write, plain_client
from tests.support.servers import Servers, password_of
from tests.support.until import until

TEAM = "analytics"
PUBLIC = [topic for topic in TOPICS if not topic.readers]
RESTRICTED = [topic for topic in TOPICS if topic.readers]
READERS: dict[str, Iterable[Topic]] = {service: topics_read_by(service) for service in SERVICES}


@pytest.fixture(scope="module")
def prefix(servers: Servers) -> Iterator[str]:
    """An installation's topics, with a team that was let in."""
    prefix = f"p{uuid4().hex[:8]}."
    make_topics(servers, prefix, READERS)
    let_in(servers.kafka_admin, TEAM, password_of(TEAM), prefix)
    yield prefix
    let_out(servers.kafka_admin, TEAM)


class TestAService:
    @pytest.mark.parametrize("service", SERVICES)
    async def test_sees_just_the_topics_that_it_writes_or_reacts_to(
        self, servers: Servers, prefix: str, service: str
    ) -> None:
        mine = {topic for topic in TOPICS if topic.owner == service} | set(READERS[service])
        wanted = {prefix + topic.name for topic in mine}

        await until(_sees(servers, user_of(service), prefix, wanted), "it sees its topics alone")

    @pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
    async def test_writes_its_own_topics_alone(
        self, servers: Servers, prefix: str, topic: Topic
    ) -> None:
        await until(lambda: _may_write(servers, user_of(topic.owner), prefix, topic), "owner may")

        others = [service for service in SERVICES if service != topic.owner]
        assert not [s for s in others if await _may_write(servers, user_of(s), prefix, topic)]

    async def test_reads_a_restricted_topic_only_where_it_is_named(
        self, servers: Servers, prefix: str
    ) -> None:
        for topic in RESTRICTED:
            users = [service for service in SERVICES if service not in topic.readers]
            users.remove(topic.owner)
            refused = [u for u in users if not await _may_read(servers, user_of(u), prefix, topic)]
            assert refused == users
            for reader in topic.readers:
                may = partial(_may_read, servers, user_of(reader), prefix, topic)
                await until(may, "a reader that is named may read")

    async def test_cannot_use_another_services_group(self, servers: Servers, prefix: str) -> None:
        group = f"{prefix}tandem.matching"

        await until(lambda: _may_join(servers, "tandem-matching", group, prefix), "matching may")
        assert not await _may_join(servers, "tandem-checkins", group, prefix)

    async def test_that_is_not_named_cannot_be_provisioned(
        self, servers: Servers, prefix: str
    ) -> None:
        with pytest.raises(NotNamed):
            make_topics(servers, prefix, {"matching": [PersonContact.topic]})

    async def test_keeps_its_rights_when_it_is_provisioned_again(
        self, servers: Servers, prefix: str
    ) -> None:
        make_topics(servers, prefix, READERS)

        topic = PersonContact.topic
        await until(lambda: _may_write(servers, "tandem-intake", prefix, topic), "still may")

    async def test_loses_the_right_to_what_it_no_longer_reads(self, servers: Servers) -> None:
        prefix = f"p{uuid4().hex[:8]}."
        make_topics(servers, prefix, {"checkins": [PairFormed.topic]})
        topic = PairFormed.topic
        await until(lambda: _may_read(servers, "tandem-checkins", prefix, topic), "it may read")

        make_topics(servers, prefix, {"checkins": []})

        await until(_not(lambda: _may_read(servers, "tandem-checkins", prefix, topic)), "no more")


class TestAnotherTeam:
    async def test_sees_the_public_topics_alone(self, servers: Servers, prefix: str) -> None:
        wanted = {prefix + topic.name for topic in PUBLIC}

        await until(_sees(servers, user_of_team(TEAM), prefix, wanted), "it sees the public ones")

    async def test_reads_a_public_topic_with_a_group_of_its_own(
        self, servers: Servers, prefix: str
    ) -> None:
        group = f"{prefix}team.{TEAM}.anything"

        await until(lambda: _may_join(servers, user_of_team(TEAM), group, prefix), "it may join")

    @pytest.mark.parametrize(
        "group", ["tandem.matching", "tandem.new", "team.another.x", f"team.{TEAM}2.x"]
    )
    async def test_cannot_use_anybody_elses_group(
        self, servers: Servers, prefix: str, group: str
    ) -> None:
        assert not await _may_join(servers, user_of_team(TEAM), prefix + group, prefix)

    @pytest.mark.parametrize("topic", RESTRICTED, ids=lambda topic: topic.name)
    async def test_cannot_read_what_is_restricted(
        self, servers: Servers, prefix: str, topic: Topic
    ) -> None:
        assert not await _may_read(servers, user_of_team(TEAM), prefix, topic)

    @pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
    async def test_cannot_write_at_all(self, servers: Servers, prefix: str, topic: Topic) -> None:
        assert not await _may_write(servers, user_of_team(TEAM), prefix, topic)

    async def test_reads_a_topic_that_came_after_it(self, servers: Servers) -> None:
        prefix = f"p{uuid4().hex[:8]}."
        let_in(servers.kafka_admin, "early", password_of("early"), prefix)

        make_topics(servers, prefix, {})

        assert admitted_teams(servers.admin_client(), prefix) == ["early"]
        topic = PairFormed.topic
        await until(lambda: _may_read(servers, user_of_team("early"), prefix, topic), "it reads")

    async def test_that_was_removed_gets_in_no_more(self, servers: Servers) -> None:
        prefix = f"p{uuid4().hex[:8]}."
        let_in(servers.kafka_admin, "former", password_of("former"), prefix)
        user = user_of_team("former")
        await until(lambda: _gets_in(servers, user), "it gets in")

        let_out(servers.kafka_admin, "former")
        let_out(servers.kafka_admin, "former")

        await until(_not(lambda: _gets_in(servers, user)), "it gets in no more")
        assert admitted_teams(servers.admin_client(), prefix) == []

    async def test_that_was_removed_leaves_a_broker_that_can_be_started_again(
        self, servers: Servers
    ) -> None:
        let_in(servers.kafka_admin, "former", password_of("former"))
        let_out(servers.kafka_admin, "former")

        servers.embedded.stop_one("kafka")
        servers.embedded.start_one("kafka")
        await asyncio.to_thread(servers.embedded.wait_until_ready, names=("kafka",))

        assert await _gets_in(servers, user_of("intake"))
        assert not await _gets_in(servers, user_of_team("former"))


class TestReaders:
    def test_are_checked_against_what_each_topic_allows(self) -> None:
        check_readers(READERS)


def _as(servers: Servers, user: str) -> dict[str, Any]:
    return plain_client(servers) | {
        "sasl_plain_username": user,
        "sasl_plain_password": password_of(user.partition("-")[2]),
    }


def _client_of(servers: Servers, user: str) -> dict[str, Any]:
    """The confluent-kafka options of a user."""
    password = password_of(user.partition("-")[2])
    return servers.kafka_admin | {"sasl.username": user, "sasl.password": password}


def _sees(
    servers: Servers, user: str, prefix: str, wanted: set[str]
) -> Callable[[], Awaitable[bool]]:
    """Whether the broker tells this user of just these of an installation's topics."""

    async def look() -> bool:
        topics = AdminClient(_client_of(servers, user)).list_topics(timeout=10).topics
        return {name for name in topics if name.startswith(prefix)} == wanted

    return look


async def _may_read(servers: Servers, user: str, prefix: str, topic: Topic) -> bool:
    return may_read(_client_of(servers, user), prefix + topic.name)


async def _may_write(servers: Servers, user: str, prefix: str, topic: Topic) -> bool:
    return await may_write(_client_of(servers, user), prefix + topic.name)


async def _may_join(servers: Servers, user: str, group: str, prefix: str) -> bool:
    """Whether this user can read a public topic with this consumer group."""
    consumer = AIOKafkaConsumer(**_as(servers, user), group_id=group)
    await consumer.start()
    try:
        consumer.subscribe([prefix + ProgrammeChanged.topic.name])
        await consumer.getmany(timeout_ms=2000)
        return bool(consumer.assignment())
    except (GroupAuthorizationFailedError, TopicAuthorizationFailedError):
        return False
    finally:
        await consumer.stop()


async def _gets_in(servers: Servers, user: str) -> bool:
    producer = AIOKafkaProducer(**_as(servers, user))
    try:
        await producer.start()
    except (AuthenticationFailedError, KafkaConnectionError):
        return False
    else:
        return True
    finally:
        await producer.stop()


def _not(true: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
    async def negated() -> bool:
        return not await true()

    return negated
