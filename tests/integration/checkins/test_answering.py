"""Answering over HTTP: by a link to one form, or signed in."""

import asyncio
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.auth import Form, FormKind, Role
from tests.integration.checkins.couples import (
    ANSWERS,
    APRIL,
    FIRST_DUE,
    Couple,
    ask_at,
    asked,
    asked_at,
    by_link,
    tell,
    told,
)
from tests.support.room import Room

MET = {"session": {"met": True, "rating": 5}}


@pytest.fixture
def couple() -> Couple:
    return Couple()


class TestAnswering:
    async def test_keeps_the_words_and_tells_only_that_they_came(
        self, room: Room, couple: Couple
    ) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]

        answer = await by_link(room, checkin, couple.mentee_id, ANSWERS)

        assert answer.status_code == 200, answer.text
        assert answer.json()["lesson"] == "Ask earlier."
        [event] = await told(room, "checkin-answered")
        assert (event["checkin_id"], event["goal_rating"]) == (str(checkin), 4)
        assert "Ask earlier." not in str(await room.outbox())
        assert await told(room, "session-rated") == []

    async def test_that_tells_of_a_session_rates_it(self, room: Room, couple: Couple) -> None:
        checkins = await asked(room, couple)

        await by_link(room, checkins[couple.mentee_id], couple.mentee_id, ANSWERS | MET)
        await by_link(room, checkins[couple.mentor_id], couple.mentor_id, ANSWERS | MET)

        first, second = await told(room, "session-rated")
        assert first["session_id"] == second["session_id"]
        assert first["rating"] == 5
        assert {first["participant_id"], second["participant_id"]} == {
            str(couple.mentee_id), str(couple.mentor_id),
        }  # fmt: skip

    async def test_that_no_session_took_place_rates_none(self, room: Room, couple: Couple) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]

        await by_link(room, checkin, couple.mentee_id, ANSWERS | {"session": {"met": False}})

        assert await told(room, "session-rated") == []

    async def test_again_is_refused_and_says_when_it_was_answered(
        self, room: Room, couple: Couple
    ) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]
        await by_link(room, checkin, couple.mentee_id, ANSWERS)

        again = await by_link(room, checkin, couple.mentee_id, ANSWERS | {"goal": "Other"})

        assert (again.status_code, again.json()["code"]) == (409, "already-answered")
        assert again.json()["answered_at"] == FIRST_DUE.isoformat()
        assert len(await told(room, "checkin-answered")) == 1

    async def test_many_times_at_once_is_kept_once(self, room: Room, couple: Couple) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]

        answers = await asyncio.gather(
            *(by_link(room, checkin, couple.mentee_id, ANSWERS) for _ in range(6))
        )

        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
        assert len(await told(room, "checkin-answered")) == 1

    async def test_with_mistakes_keeps_nothing_and_names_each(
        self, room: Room, couple: Couple
    ) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]

        answer = await by_link(room, checkin, couple.mentee_id, {"lesson": "", "goal": "x"})

        assert (answer.status_code, answer.json()["code"]) == (422, "answers-refused")
        assert {e["field"] for e in answer.json()["errors"]} == {"lesson", "goal_rating"}
        assert await told(room, "checkin-answered") == []

    @pytest.mark.parametrize(
        "bad",
        [
            *({"goal_rating": rating} for rating in ("3", 3.0, True, [3])),
            *({"session": {"met": True, "rating": rating}} for rating in ("5", 5.0, True)),
            {"had_goal": "yes"},
            {"session": {"met": 1, "rating": 5}},
        ],
    )
    async def test_with_what_only_looks_like_a_rating_is_refused(
        self, room: Room, couple: Couple, bad: dict[str, Any]
    ) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]

        answer = await by_link(room, checkin, couple.mentee_id, ANSWERS | bad)

        assert answer.status_code == 422
        assert await told(room, "checkin-answered") == []

    @pytest.mark.parametrize("bad", [{"lesson": "a\x00b"}, {"lesson": "\ud800"}, {"extra": 1}])
    async def test_with_what_cannot_be_stored_is_refused(
        self, room: Room, couple: Couple, bad: dict[str, Any]
    ) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]

        async with room.api_by_link(Form(FormKind.CHECKIN, checkin, couple.mentee_id)) as api:
            answer = await api.post(
                f"/v1/checkins/{checkin}/answers",
                content=_json(ANSWERS | bad),
                headers={"Content-Type": "application/json"},
            )

        assert answer.status_code == 422


class TestALateAnswer:
    async def test_to_an_old_round_is_welcome_and_the_view_says_that_it_is_old(
        self, room: Room, couple: Couple
    ) -> None:
        april = (await asked(room, couple))[couple.mentee_id]
        await asked_at(room, FIRST_DUE.replace(month=5, day=6))

        answer = await by_link(room, april, couple.mentee_id, ANSWERS)

        assert answer.status_code == 200
        assert (answer.json()["is_newest"], answer.json()["is_over"]) == (False, False)

    async def test_after_the_pair_has_ended_is_welcome_and_the_view_says_so(
        self, room: Room, couple: Couple
    ) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]
        await tell(room, couple.ended())

        answer = await by_link(room, checkin, couple.mentee_id, ANSWERS)

        assert answer.status_code == 200
        view = answer.json()
        assert (view["is_newest"], view["is_over"], view["next"]) == (True, True, None)

    @pytest.mark.parametrize(("day", "is_over"), [(18, False), (19, True)])
    async def test_when_the_programme_is_over_is_welcome_and_the_view_says_so(
        self, room: Room, couple: Couple, day: int, *, is_over: bool
    ) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]
        room.clock.instant = datetime(2026, 12, day, tzinfo=ZoneInfo("Europe/Vienna"))

        answer = await by_link(room, checkin, couple.mentee_id, ANSWERS)

        assert (answer.status_code, answer.json()["is_over"]) == (200, is_over)


class TestALink:
    async def test_opens_its_own_form_only(self, room: Room, couple: Couple) -> None:
        checkins = await asked(room, couple)
        own, other = checkins[couple.mentee_id], checkins[couple.mentor_id]

        async with room.api_by_link(Form(FormKind.CHECKIN, own, couple.mentee_id)) as api:
            answers = [await api.get(f"/v1/checkins/{checkin}") for checkin in (own, other)]

        assert [answer.status_code for answer in answers] == [200, 404]

    async def test_to_another_kind_of_form_opens_nothing(self, room: Room, couple: Couple) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]

        answer = await by_link(room, checkin, couple.mentee_id, ANSWERS, FormKind.SIGN_IN)

        assert answer.status_code == 404

    async def test_for_somebody_else_opens_nothing(self, room: Room, couple: Couple) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]

        answer = await by_link(room, checkin, couple.mentor_id, ANSWERS)

        assert answer.status_code == 404

    async def test_opens_no_other_address(self, room: Room, couple: Couple) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]

        async with room.api_by_link(Form(FormKind.CHECKIN, checkin, couple.mentee_id)) as api:
            mine = await api.get("/v1/me/checkins")

        assert mine.status_code == 403


class TestSomebodySignedIn:
    async def test_sees_their_own_check_ins_with_the_last_goal(
        self, room: Room, couple: Couple
    ) -> None:
        checkins = await asked(room, couple)
        await by_link(room, checkins[couple.mentee_id], couple.mentee_id, ANSWERS)
        may = FIRST_DUE.replace(month=5, day=6)
        await ask_at(room, may)

        async with room.api(Role.PARTICIPANT, subject=str(couple.mentee_person)) as api:
            items = (await api.get("/v1/me/checkins")).json()["items"]

        assert [(item["round"], item["last_goal"]) for item in items] == [
            (APRIL + 1, "Give a talk."), (APRIL, None),
        ]  # fmt: skip

    async def test_answers_their_own_only(self, room: Room, couple: Couple) -> None:
        checkins = await asked(room, couple)

        async with room.api(Role.PARTICIPANT, subject=str(couple.mentee_person)) as api:
            statuses = [
                (await api.post(f"/v1/checkins/{checkins[who]}/answers", json=ANSWERS)).status_code
                for who in (couple.mentor_id, couple.mentee_id)
            ]

        assert statuses == [404, 200]

    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.OPERATOR, Role.PORTAL])
    async def test_as_anybody_else_reads_no_words(
        self, room: Room, couple: Couple, role: Role
    ) -> None:
        checkin = (await asked(room, couple))[couple.mentee_id]

        async with room.api(role, subject=str(couple.mentee_person)) as api:
            answer = await api.get(f"/v1/checkins/{checkin}")

        assert answer.status_code == 404


def _json(value: Any) -> bytes:
    import json  # noqa: PLC0415

    return json.dumps(value).encode()
