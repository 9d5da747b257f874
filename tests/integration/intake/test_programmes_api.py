"""Programmes over HTTP, on a real database."""

import re

import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.integration.intake.company import (
    an_open_programme,
    call,
    everything,
    programme_body,
    told,
)
from tests.support.room import Room


class TestDraft:
    async def test_is_kept_and_told_whole(self, room: Room) -> None:
        answer = await call(room, "POST", "/v1/programmes", programme_body())

        drafted = answer.json()
        assert (answer.status_code, drafted["state"]) == (201, "draft")
        [event] = await told(room, "programme-changed")
        assert event == {field: drafted[field] for field in event}
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
        event = (await told(room, "programme-changed"))[-1]
        assert event == {field: answer.json()[field] for field in event}

    async def test_that_change_nothing_tell_nothing(self, room: Room) -> None:
        programme_id = await an_open_programme(room)
        before = await everything(room)

        answer = await call(room, "PATCH", f"/v1/programmes/{programme_id}", {"name": "Spring"})

        assert answer.status_code == 200
        assert await everything(room) == before

    async def test_stop_where_people_rely_on_what_they_were_told(self, room: Room) -> None:
        programme_id = await an_open_programme(room)

        path = f"/v1/programmes/{programme_id}"
        answer = await call(room, "PATCH", path, {"kind": "yearly"})

        assert (answer.status_code, answer.json()["code"]) == (409, "fixed-once-opened")


class TestRules:
    async def test_are_kept_and_shown_and_told_without_words(self, room: Room) -> None:
        rules = {
            "kind": "yearly", "time_zone": "Europe/Berlin", "opens_by_date": True,
            "audience": ["Sales", "Law", "Sales"],
            "incentives": [{"code": "learning-day", "text": "A day for what you like"}],
            "campaign": {"hour": 8, "last_call_days_before": None},
            "policies": {"may_end_sooner": False, "may_continue": True},
        }  # fmt: skip

        drafted = (await call(room, "POST", "/v1/programmes", programme_body(**rules))).json()

        assert drafted["audience"] == ["Sales", "Law"]
        assert drafted["incentives"] == rules["incentives"]
        assert (drafted["campaign"]["hour"], drafted["campaign"]["most_reminders"]) == (8, 3)
        shown = await call(room, "GET", f"/v1/programmes/{drafted['programme_id']}")
        assert shown.json() == drafted
        [event] = await told(room, "programme-changed")
        assert event["incentives"] == ["learning-day"]
        assert event["policies"]["may_continue"]
        assert "what you like" not in str(event)

    async def test_invite_nobody_unless_asked(self, room: Room) -> None:
        quiet = (await call(room, "POST", "/v1/programmes", programme_body())).json()
        path = f"/v1/programmes/{quiet['programme_id']}"

        asked = (await call(room, "PATCH", path, {"invites": True})).json()
        again = (await call(room, "PATCH", path, {"invites": False})).json()

        assert (quiet["campaign"], asked["campaign"]["hour"], again["campaign"]) == (None, 9, None)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("kind", "weekly"), ("time_zone", "Mars/Olympus"), ("time_zone", "Factory\x00"),
            ("campaign", {"hour": 24}), ("campaign", {"reminder_every_days": 1}),
            ("incentives", [{"code": "x"}]), ("incentives", [{"code": "", "text": "x"}]),
            ("audience", [""]), ("test_for", "ana"), ("opens_by_date", "perhaps"),
        ],
    )  # fmt: skip
    async def test_that_are_malformed_are_refused_by_field(
        self, room: Room, field: str, value: object
    ) -> None:
        answer = await call(room, "POST", "/v1/programmes", programme_body(**{field: value}))

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
        assert answer.json()["errors"][0]["pointer"].startswith(f"/body/{field}")

    async def test_of_a_test_name_somebody_who_coordinates(self, room: Room) -> None:
        answer = await call(room, "POST", "/v1/programmes", programme_body(test_for=str(new_id())))

        assert (answer.status_code, answer.json()["code"]) == (422, "not-a-coordinator")
        assert await everything(room) == []

    async def test_with_a_date_out_of_reach_are_refused(self, room: Room) -> None:
        body = programme_body(enrolment_opens_at="0001-01-01T00:00:00Z")

        answer = await call(room, "POST", "/v1/programmes", body)

        assert (answer.status_code, answer.json()["code"]) == (422, "far-date")


class TestStartingAndEnding:
    async def test_go_from_closed_to_running_to_ended(self, room: Room) -> None:
        path = f"/v1/programmes/{await an_open_programme(room)}"
        states = [
            (await call(room, "POST", f"{path}/{move}")).json()["state"]
            for move in ("close", "start", "end")
        ]

        assert states == ["closed", "running", "ended"]
        events = await told(room, "programme-changed")
        assert [event["state"] for event in events[2:]] == states
        assert (events[-1]["starts_on"], events[-1]["ends_on"]) == ("2026-03-02", "2026-03-03")

    @pytest.mark.parametrize("move", ["start", "end"])
    async def test_are_refused_out_of_order(self, room: Room, move: str) -> None:
        path = f"/v1/programmes/{await an_open_programme(room)}"

        answer = await call(room, "POST", f"{path}/{move}")

        assert (answer.status_code, answer.json()["code"]) == (409, "illegal-move")
        assert answer.headers["content-type"] == "application/problem+json"


class TestClones:
    async def test_are_drafts_with_the_rules_of_last_year(self, room: Room) -> None:
        rules = {"kind": "yearly", "invites": True, "audience": ["Sales"]}
        last = (await call(room, "POST", "/v1/programmes", programme_body(**rules))).json()
        dates = {
            "name": "Spring 2027", "enrolment_opens_at": "2027-03-02T12:00:00Z",
            "enrolment_closes_at": "2027-03-22T12:00:00Z", "starts_on": "2027-04-01",
            "ends_on": "2027-12-01",
        }  # fmt: skip

        answer = await call(room, "POST", f"/v1/programmes/{last['programme_id']}/clone", dates)

        clone = answer.json()
        assert (answer.status_code, clone["state"]) == (201, "draft")
        assert clone == last | dates | {"programme_id": clone["programme_id"]}
        assert clone["programme_id"] != last["programme_id"]

    async def test_of_an_unknown_programme_are_refused(self, room: Room) -> None:
        path = f"/v1/programmes/{new_id()}/clone"

        answer = await call(room, "POST", path, programme_body())

        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-programme")


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
