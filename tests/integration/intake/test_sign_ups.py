"""Signing up, waiting, pausing and leaving, on a real database."""

import json
from datetime import timedelta
from pathlib import Path

from tests.integration.intake.company import (
    an_open_programme,
    call,
    everything,
    told,
)
from tests.integration.intake.signing import ANSWERS, mine, people, settle, sheet, sign_up
from tests.support.room import NOON, Room

BUILT_IN = json.loads(Path("services/intake/data/default-1.json").read_text())


class TestSigningUp:
    async def test_registers_and_tells_codes_but_no_text(self, room: Room) -> None:
        [ana] = await people(room, 1)
        programme = await an_open_programme(room)

        answer = await sign_up(room, programme, ana)

        assert answer.json() == {"standing": "registered"}
        [event] = await told(room, "participant-registered")
        assert event["profile"]["interests"] == ["Writing"]
        assert event["answers"]["codes"]["channels"] == ["chat", "video"]
        assert "My own words." not in json.dumps([row["payload"] for row in await room.outbox()])

    async def test_shows_what_hr_knows_in_the_readers_language(self, room: Room) -> None:
        [ana] = await people(room, 1)
        programme = await an_open_programme(room)

        seen = await sheet(room, programme, ana)

        assert (seen["form"]["language"], seen["known"]["department"]) == ("de", "Sales")
        assert seen["answers"]["working-days"] == ["1", "2", "3"]
        codes = [q["code"] for s in seen["form"]["sections"] for q in s["questions"]]
        assert "education-level" not in codes

    async def test_again_with_the_same_answers_tells_nothing(self, room: Room) -> None:
        [ana] = await people(room, 1)
        programme = await an_open_programme(room)
        await sign_up(room, programme, ana)

        await sign_up(room, programme, ana)
        await sign_up(room, programme, ana, role="both", **{"helps-with": ["plateau"]})

        events = await told(room, "participant-registered")
        assert [event["role"] for event in events] == ["mentee", "both"]

    async def test_with_mistakes_changes_nothing_and_names_each(self, room: Room) -> None:
        [ana] = await people(room, 1)
        programme = await an_open_programme(room)
        before = await everything(room)

        body = {"answers": {"role": "mentee", "interests": ["?"]}}
        answer = await mine(room, ana, "PUT", f"{programme}/sign-up", body)

        assert (answer.status_code, answer.json()["code"]) == (422, "bad-answers")
        wrong = {each["pointer"]: each["code"] for each in answer.json()["errors"]}
        assert wrong["/body/consent"] == "missing"
        assert wrong["/body/answers/interests"] == "unknown-option"
        assert await everything(room) == before

    async def test_needs_the_window_to_be_open(self, room: Room) -> None:
        [ana] = await people(room, 1)
        programme = await an_open_programme(room)
        room.clock.instant = NOON + timedelta(days=20)

        assert (await sign_up(room, programme, ana)).status_code == 409

    async def test_can_be_put_off_with_a_draft(self, room: Room) -> None:
        [ana] = await people(room, 1)
        programme = await an_open_programme(room)

        draft = {"answers": {"role": "mentor", "capacity": "many"}}
        await mine(room, ana, "PUT", f"{programme}/sign-up/draft", draft)
        seen = await sheet(room, programme, ana)

        assert (seen["standing"], seen["answers"]) == ("draft", draft["answers"])
        assert await told(room, "participant-registered") == []

    async def test_by_a_coordinator_is_kept_as_that_and_audited(self, room: Room) -> None:
        [ana] = await people(room, 1)
        programme = await an_open_programme(room)

        path = f"/v1/programmes/{programme}/sign-ups/{ana}"
        await call(room, "PUT", path, {"answers": ANSWERS, "consent": "1"})
        sent = (await call(room, "GET", path)).json()

        assert sent["entered_by"] == "tester"
        assert (await sheet(room, programme, ana))["entered"]
        [entry] = await room.rows("SELECT who, action, object FROM bus.audit")
        assert tuple(entry) == ("tester", "sign-up.entered", str(ana))


class TestTheWaitingList:
    async def test_moves_up_in_order_when_somebody_leaves(self, room: Room) -> None:
        ana, bo, cleo = await people(room, 1, 2, 3)
        programme = await an_open_programme(room)
        await settle(room, programme, places=1)

        standings = [(await sign_up(room, programme, p)).json()["standing"] for p in (ana, bo)]
        room.clock.instant = NOON + timedelta(hours=1)
        await sign_up(room, programme, cleo)
        assert (await sheet(room, programme, cleo))["ahead"] == 1
        left = await mine(room, ana, "POST", f"{programme}/withdraw", {"reason": "A secret."})

        assert standings == ["registered", "waiting"]
        assert left.status_code == 204
        found = [(await sheet(room, programme, p))["standing"] for p in (ana, bo, cleo)]
        assert found == ["withdrawn", "registered", "waiting"]
        assert "A secret." not in json.dumps([row["payload"] for row in await room.outbox()])

    async def test_gets_new_places(self, room: Room) -> None:
        ana, bo = await people(room, 1, 2)
        programme = await an_open_programme(room)
        await settle(room, programme, places=1)
        for person in (ana, bo):
            await sign_up(room, programme, person)

        await settle(room, programme, places=2)

        assert (await sheet(room, programme, bo))["standing"] == "registered"

    async def test_takes_who_comes_late_where_the_programme_has_one(self, room: Room) -> None:
        [ana] = await people(room, 1)
        programme = await an_open_programme(room)
        await settle(room, programme, waits_after_close=True)
        await call(room, "POST", f"/v1/programmes/{programme}/close")

        assert (await sign_up(room, programme, ana)).json() == {"standing": "waiting"}


class TestPausing:
    async def test_is_told_and_undone(self, room: Room) -> None:
        [ana] = await people(room, 1)
        programme = await an_open_programme(room)
        await sign_up(room, programme, ana)

        for act in ("pause", "pause", "resume"):
            await mine(room, ana, "POST", f"{programme}/{act}")

        events = await told(room, "participant-registered")
        assert [event["available"] for event in events] == [True, False, True]

    async def test_is_for_who_takes_part(self, room: Room) -> None:
        [ana] = await people(room, 1)
        programme = await an_open_programme(room)

        assert (await mine(room, ana, "POST", f"{programme}/pause")).status_code == 409


class TestVersions:
    async def test_stay_readable_with_the_answers_given_under_them(self, room: Room) -> None:
        [ana] = await people(room, 1)
        programme = await an_open_programme(room)
        for version, languages in ((1, ["en", "de"]), (2, ["de", "en"])):
            drafted = await call(
                room, "PUT", "/v1/questionnaires/ours/draft", BUILT_IN | {"languages": languages}
            )
            assert drafted.json() == {"code": "ours", "version": version}
            await call(room, "POST", "/v1/questionnaires/ours/publish")
            await settle(room, programme, questionnaire="ours", version=version)
            if version == 1:
                await sign_up(room, programme, ana)

        path = f"/v1/programmes/{programme}/sign-ups/{ana}"
        sent = (await call(room, "GET", f"{path}?language=fr")).json()

        assert (sent["form"]["version"], sent["form"]["language"]) == (1, "en")
        assert sent["answers"]["next-goals"] == "My own words."
        assert (await sheet(room, programme, ana))["form"]["version"] == 2

    async def test_that_are_published_never_change(self, room: Room) -> None:
        draft = "/v1/questionnaires/ours/draft"
        await call(room, "PUT", draft, BUILT_IN)
        await call(room, "POST", "/v1/questionnaires/ours/publish")

        await call(room, "PUT", draft, BUILT_IN | {"name": {"en": "Another"}})
        first = (await call(room, "GET", "/v1/questionnaires/ours/versions/1")).json()
        again = await call(room, "PUT", "/v1/questionnaires/default/draft", BUILT_IN)

        assert first["questionnaire"] == BUILT_IN
        assert (again.status_code, again.json()["code"]) == (409, "built-in")

    async def test_that_are_drafts_can_not_be_used(self, room: Room) -> None:
        programme = await an_open_programme(room)
        await call(room, "PUT", "/v1/questionnaires/ours/draft", BUILT_IN)

        answer = await settle(room, programme, questionnaire="ours", version=1)

        assert answer.json()["code"] == "not-published"

    async def test_with_mistakes_are_refused_with_pointers(self, room: Room) -> None:
        answer = await call(
            room, "PUT", "/v1/questionnaires/ours/draft", BUILT_IN | {"sections": []}
        )

        assert answer.json()["errors"][0]["pointer"] == "/body/sections"


class TestTheList:
    async def test_says_who_answered_and_who_did_not(self, room: Room) -> None:
        ana, _bo = await people(room, 1, 2)
        programme = await an_open_programme(room)
        await sign_up(room, programme, ana)

        path = f"/v1/programmes/{programme}/sign-ups"
        some = (await call(room, "GET", path)).json()["items"]
        everybody = (await call(room, "GET", f"{path}?everybody=true")).json()["items"]

        assert [item["standing"] for item in some] == ["registered"]
        assert [item["standing"] for item in everybody] == ["registered", "none"]
