"""Who may do what: every HTTP call is authenticated, every Kafka user sees its topics alone."""

import re

import httpx
import pytest
from fastapi.routing import APIRoute

from deploy.services import SERVICES
from shared.auth import Form, FormKind, Role
from shared.ids import new_id
from tests.conftest import OpenRoom
from tests.support.room import Room

APIS = tuple(service for service in SERVICES if service != "portal")
"""The portal has pages instead; its own tests show who sees them."""

ONE_CHECKIN = {
    ("get", "/v1/checkins/{checkin_id}"),
    ("post", "/v1/checkins/{checkin_id}/answers"),
}
"""Who may see one depends on whose it is: somebody else's is not told from none."""
ONES_SIGN_UP = {
    ("get", "/v1/me/programmes/{programme_id}/sign-up"),
    ("put", "/v1/me/programmes/{programme_id}/sign-up"),
    ("put", "/v1/me/programmes/{programme_id}/sign-up/draft"),
    ("post", "/v1/me/programmes/{programme_id}/withdraw"),
    ("post", "/v1/me/programmes/{programme_id}/decline"),
    ("post", "/v1/me/programmes/{programme_id}/pause"),
    ("post", "/v1/me/programmes/{programme_id}/resume"),
}
"""One's own, whoever it is: the token says whose."""
OWN = {
    "intake": {("get", "/v1/me"), ("get", "/v1/me/programmes")} | ONES_SIGN_UP,
    "matching": {("get", "/v1/me/pairs")},
    "checkins": {("get", "/v1/me/checkins")} | ONE_CHECKIN,
}
"""The calls that are open to a participant, for what is their own; all others are refused."""
BY_LINK = {"checkins": ONE_CHECKIN}
"""The calls that are open to who follows a link to a form, for that form alone."""
REFUSED = {401, 403}


class TestTheApis:
    @pytest.mark.parametrize("service", APIS)
    async def test_answer_nobody_without_a_token(self, open_room: OpenRoom, service: str) -> None:
        room = await open_room(service)
        paths = room.service.api(room.units).openapi()["paths"]

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
    async def test_are_closed_to_a_participant_but_for_what_is_theirs(
        self, open_room: OpenRoom, service: str
    ) -> None:
        room = await open_room(service)

        async with room.api(Role.PARTICIPANT, subject=str(new_id())) as client:
            answers = await _ask_everything(room, client)

        let_in = {call for call, status in answers.items() if status not in REFUSED}
        assert let_in == OWN.get(service, set())

    @pytest.mark.parametrize("service", APIS)
    async def test_are_closed_to_who_holds_a_link_but_for_its_form(
        self, open_room: OpenRoom, service: str
    ) -> None:
        room = await open_room(service)

        async with room.api_by_link(Form(FormKind.CHECKIN, new_id(), new_id())) as client:
            answers = await _ask_everything(room, client)

        let_in = {call for call, status in answers.items() if status not in REFUSED}
        assert let_in == BY_LINK.get(service, set())
        assert {answers[call] for call in let_in} <= {404, 422}

    async def test_have_no_route_outside_their_version(self, open_room: OpenRoom) -> None:
        for service in APIS:
            room = await open_room(service)
            app = room.service.api(room.units)

            routes = [route.path for route in app.routes if isinstance(route, APIRoute)]

            assert all(path.startswith("/v1/") for path in routes)


async def _ask_everything(room: Room, client: httpx.AsyncClient) -> dict[tuple[str, str], int]:
    """The statuses of all of an API's routes, asked about made-up ids."""
    paths = room.service.api(room.units).openapi()["paths"]
    return {
        (method, path): (
            await client.request(method, re.sub(r"\{\w+\}", str(new_id()), path))
        ).status_code
        for path, methods in paths.items()
        for method in methods
    }
