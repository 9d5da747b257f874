"""Programmes over HTTP, on a real database."""

import re
from datetime import timedelta

import pytest

from services.intake.handlers import close_enrolments_that_are_over
from shared.auth import Role
from shared.ids import new_id
from tests.integration.intake.company import (
    an_open_programme,
    call,
    everything,
    programme_body,
    told,
)
from tests.support.room import NOON, Room

CLOSES = NOON + timedelta(days=20)


class TestDraft:
    async def test_is_kept_and_told_whole(self, room: Room) -> None:
        answer = await call(room, "POST", "/v1/programmes", programme_body())

        drafted = answer.json()
        assert (answer.status_code, drafted["state"]) == (201, "draft")
        assert await told(room, "programme-changed") == [drafted]
        shown = await call(room, "GET", f"/v1/programmes/{drafted['programme_id']}")
        assert shown.json() == drafted
        listed = await call(room, "GET", "/v1/programmes")
        assert listed.json() == {"items": [drafted], "next": None}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", " "), ("name", "a\x00"), ("name", "x" * 201), ("name", "a\nb"),
            ("enrolment_closes_at", "2026-05-01T00:00:00"), ("starts_on", "soon"),
            ("policies", {"mentor_capacity": 0}), ("policies", {"mentor_capacty": 1}),
            ("policies", {"matching": {"weights": {"shoe-size": 3}}}), ("colour", "red"),
        ],
    )  # fmt: skip
    async def test_that_is_malformed_is_refused_by_field(
        self, room: Room, field: str, value: object
    ) -> None:
        answer = await call(room, "POST", "/v1/programmes", programme_body(**{field: value}))

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
        assert answer.json()["errors"][0]["pointer"].startswith(f"/body/{field}")
        assert await everything(room) == []

    async def test_with_half_a_surrogate_pair_is_refused(self, room: Room) -> None:
        async with room.api() as api:
            answer = await api.post("/v1/programmes", content='{"name": "\\ud800"}')

        assert answer.status_code == 422

    async def test_with_contradicting_dates_is_refused(self, room: Room) -> None:
        body = programme_body(ends_on="2026-03-01")

        answer = await call(room, "POST", "/v1/programmes", body)

        assert (answer.status_code, answer.json()["code"]) == (422, "wrong-dates")
        assert answer.json()["detail"] == "ends_on must be after starts_on."


class TestMoves:
    async def test_along_the_states_are_told(self, room: Room) -> None:
        programme_id = await an_open_programme(room)

        answer = await call(room, "POST", f"/v1/programmes/{programme_id}/close")

        assert answer.json()["state"] == "closed"
        states = [event["state"] for event in await told(room, "programme-changed")]
        assert states == ["draft", "open", "closed"]

    async def test_out_of_order_are_refused(self, room: Room) -> None:
        programme_id = await an_open_programme(room)
        before = await everything(room)

        answer = await call(room, "POST", f"/v1/programmes/{programme_id}/open")

        assert (answer.status_code, answer.json()["code"]) == (409, "illegal-move")
        assert await everything(room) == before

    async def test_of_an_unknown_programme_are_refused(self, room: Room) -> None:
        answer = await call(room, "POST", f"/v1/programmes/{new_id()}/open")

        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-programme")


class TestAmendments:
    async def test_are_told_whole(self, room: Room) -> None:
        programme_id = await an_open_programme(room)
        path = f"/v1/programmes/{programme_id}"

        answer = await call(room, "PATCH", path, {"name": "Summer", "ends_on": "2027-01-31"})

        assert (answer.json()["name"], answer.json()["ends_on"]) == ("Summer", "2027-01-31")
        assert (await told(room, "programme-changed"))[-1] == answer.json()

    async def test_that_change_nothing_tell_nothing(self, room: Room) -> None:
        programme_id = await an_open_programme(room)
        before = await everything(room)

        answer = await call(room, "PATCH", f"/v1/programmes/{programme_id}", {"name": "Spring"})

        assert answer.status_code == 200
        assert await everything(room) == before


class TestClosingByTheClock:
    async def test_happens_at_the_closing_instant_and_once(self, room: Room) -> None:
        await an_open_programme(room)

        closed = []
        for instant in (CLOSES - timedelta(microseconds=1), CLOSES, CLOSES):
            room.clock.instant = instant
            async with room.units.begin() as work:
                closed.append(await close_enrolments_that_are_over(work))

        assert closed == [0, 1, 0]
        assert (await told(room, "programme-changed"))[-1]["state"] == "closed"


class TestCallers:
    @pytest.mark.parametrize("role", [Role.PARTICIPANT, Role.CLERK, Role.INTEGRATION])
    async def test_without_the_right_role_are_refused(self, room: Room, role: Role) -> None:
        answer = await call(room, "POST", "/v1/programmes", programme_body(), role)

        assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")

    async def test_without_a_token_are_refused_everywhere(self, room: Room) -> None:
        async with room.api() as api:
            paths = (await api.get("/v1/openapi.json")).json()["paths"]
            del api.headers["Authorization"]
            for path, methods in paths.items():
                for method in methods:
                    address = re.sub(r"\{\w+\}", str(new_id()), path)
                    answer = await api.request(method, address)
                    assert answer.status_code == 401, (method, path)
