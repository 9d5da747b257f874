"""Who may do what: every HTTP call is authenticated, every Kafka user sees its topics alone."""

import re
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError
from confluent_kafka.admin import AdminClient
from fastapi.routing import APIRoute

from deploy.services import SERVICES, topics_read_by
from shared.api import build_api
from shared.auth import Form, FormKind, Role
from shared.ids import new_id
from tandem_events import PersonContact
from tests.conftest import OpenRoom
from tests.support.kafka import make_topics, plain_client
from tests.support.room import Room
from tests.support.servers import Servers, password_of
from tests.support.until import until

APIS = tuple(service for service in SERVICES if service != "portal")
"""The portal has pages instead; its own tests show who sees them."""


class TestTheApis:
    @pytest.mark.parametrize("service", APIS)
    async def test_answer_nobody_without_a_token(self, open_room: OpenRoom, service: str) -> None:
        room = await open_room(service)
        paths = build_api(room.settings, room.units, list(room.service.routers)).openapi()["paths"]

        async with room.api() as client:
            del client.headers["Authorization"]
            answers = {
                (method, path): (await client.request(method, path)).status_code
                for path, methods in paths.items()
                for method in methods
            }

        assert answers
        assert set(answers.values()) == {401}

    @pytest.mark.parametrize("service", APIS)
    async def test_do_nothing_for_a_participant(self, open_room: OpenRoom, service: str) -> None:
        room = await open_room(service)

        async with room.api(Role.PARTICIPANT) as client:
            answers = await _ask_everything(room, client)

        assert not [call for call, status in answers.items() if status < 400]

    @pytest.mark.parametrize("service", APIS)
    async def test_do_nothing_for_who_holds_a_link_to_something_else(
        self, open_room: OpenRoom, service: str
    ) -> None:
        room = await open_room(service)

        async with room.api_by_link(Form(FormKind.CHECKIN, new_id(), new_id())) as client:
            answers = await _ask_everything(room, client)

        assert set(answers.values()) <= {403, 404, 422}

    async def test_have_no_route_outside_their_version(self, open_room: OpenRoom) -> None:
        for service in APIS:
            room = await open_room(service)
            app = build_api(room.settings, room.units, list(room.service.routers))

            routes = [route.path for route in app.routes if isinstance(route, APIRoute)]

            assert all(path.startswith("/v1/") for path in routes)


async def _ask_everything(room: Room, client: httpx.AsyncClient) -> dict[tuple[str, str], int]:
    """The statuses of all of an API's routes, asked about made-up ids."""
    paths = build_api(room.settings, room.units, list(room.service.routers)).openapi()["paths"]
    return {
        (method, path): (
            await client.request(method, re.sub(r"\{\w+\}", str(new_id()), path))
        ).status_code
        for path, methods in paths.items()
        for method in methods
    }


@pytest.fixture(scope="module")
def prefix(servers: Servers) -> str:
    prefix = f"p{uuid4().hex[:8]}."
    make_topics(servers, prefix, {service: topics_read_by(service) for service in SERVICES})
    return prefix


class TestTheTopics:
    async def test_with_personal_data_are_read_by_notifications_alone(
        self, servers: Servers, prefix: str
    ) -> None:
        topic = prefix + PersonContact.topic.name

        await until(lambda: _may_read(servers, "notifications", topic), "notifications may read")
        assert not await _may_read(servers, "matching", topic)
        assert not await _may_read(servers, "bystander", topic)

    async def test_are_written_by_their_owner_alone(self, servers: Servers, prefix: str) -> None:
        topic = prefix + PersonContact.topic.name

        await until(lambda: _may_write(servers, "intake", topic), "intake may write")
        assert not await _may_write(servers, "notifications", topic)

    async def test_can_be_provisioned_again(self, servers: Servers, prefix: str) -> None:
        make_topics(servers, prefix, {service: topics_read_by(service) for service in SERVICES})

        topic = prefix + PersonContact.topic.name
        await until(lambda: _may_write(servers, "intake", topic), "intake still may write")


def _as(servers: Servers, service: str) -> dict[str, str]:
    user = {"sasl_plain_username": f"tandem-{service}", "sasl_plain_password": password_of(service)}
    return plain_client(servers) | user


async def _may_read(servers: Servers, service: str, topic: str) -> bool:
    """Whether the broker so much as tells this user that the topic exists."""
    user = {"sasl.username": f"tandem-{service}", "sasl.password": password_of(service)}
    client = AdminClient(servers.kafka_admin | user)
    return client.list_topics(topic, timeout=10).topics[topic].error is None


async def _may_write(servers: Servers, service: str, topic: str) -> bool:
    producer = AIOKafkaProducer(**_as(servers, service))
    await producer.start()
    try:
        await producer.send_and_wait(topic, b"{}", b"key")
    except TopicAuthorizationFailedError:
        return False
    else:
        return True
    finally:
        await producer.stop()
