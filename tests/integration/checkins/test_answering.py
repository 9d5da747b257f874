"""Answering over HTTP: by a link to one form, or signed in."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.auth import Form, FormKind, Role
from shared.ids import new_id
from tests.integration.checkins.couples import (
    ANSWERS,
    APRIL,
    FIRST_DUE,
    Couple,
    ask_at,
    asked,
    told,
)
from tests.support.room import Room

MET = {"session": {"met": True, "rating": 5}}


@pytest.fixture
def couple() -> Couple:
    return Couple()


async def by_link(
    room: Room,
    checkin_id: UUID,
    participant_id: UUID,
    answers: Any,
    kind: FormKind = FormKind.CHECKIN,
) -> httpx.Response:
    async with room.api_by_link(Form(kind, checkin_id, participant_id)) as api:
        return await api.post(f"/v1/checkins/{checkin_id}/answers", json=answers)


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


class TestTheOverview:
    async def test_says_who_answered_and_not_what(self, room: Room, couple: Couple) -> None:
        checkins = await asked(room, couple)
        await by_link(room, checkins[couple.mentee_id], couple.mentee_id, ANSWERS | MET)
        programme = "/v1/programmes/01900000-0000-7000-8000-000000000001/checkins"

        async with room.api() as api:
            waiting = (await api.get(programme, params={"answered": False})).json()["items"]
            whole = await api.get(programme)
            [april] = (await api.get(f"{programme}/rounds")).json()["rounds"]

        assert [item["participant_id"] for item in waiting] == [str(couple.mentor_id)]
        assert "Ask earlier." not in whole.text
        assert (april["asked"], april["answered"], april["sessions_rated"]) == (2, 1, 1)
        assert april["mean_rating"] is None  # of fewer than five

    @pytest.mark.parametrize("role", [Role.PARTICIPANT, Role.INTEGRATION, Role.PORTAL])
    async def test_is_for_coordinators(self, room: Room, role: Role) -> None:
        async with room.api(role) as api:
            answer = await api.get(f"/v1/programmes/{new_id()}/checkins")

        assert answer.status_code == 403


def _json(value: Any) -> bytes:
    import json  # noqa: PLC0415

    return json.dumps(value).encode()
