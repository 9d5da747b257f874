"""Importing people from files, on a real database."""

import asyncio
from typing import Any

import pytest

from services.intake.api import uploads
from shared import api as shared_api
from tests.integration.intake.company import (
    PEOPLE_HEADER,
    a_person,
    an_open_programme,
    call,
    everything,
    import_people,
    participants,
    register,
    send,
    table,
    told,
)
from tests.support.room import Room

GOOD = table([a_person(1), a_person(2)])


class TestGoodFiles:
    async def test_are_kept_and_told(self, room: Room) -> None:
        report = await import_people(room, a_person(1), a_person(2, name="Zoë Weiß"))

        assert report == {
            "rows": 2,
            "imported": 2,
            "came_back": 0,
            "changed": 0,
            "unchanged": 0,
            "left": 0,
        }
        contacts = await told(room, "person-contact")
        assert {(c["name"], c["email"]) for c in contacts} == {
            ("Ana Lima 1", "p1@example.com"),
            ("Zoë Weiß", "p2@example.com"),
        }

    async def test_with_a_byte_order_mark_and_foreign_headers_are_mapped(self, room: Room) -> None:
        text = "\ufeffId;Mail;Who;Dept;Grade\r\n7;a@example.com;Ana;R&D;senior\r\n"

        answer = await send(
            room,
            "/v1/people/imports",
            text.encode(),
            {
                "employee_number": "Id",
                "email": {"column": "mail"},
                "name": "Who",
                "department": {"column": "Dept", "values": {"R&D": "Research"}},
                "seniority": {"column": "Grade", "values": {"senior": "4"}},
                "time_zone": {"constant": "Europe/Berlin"},
            },
        )

        assert answer.json() == {
            "rows": 1,
            "imported": 1,
            "came_back": 0,
            "changed": 0,
            "unchanged": 0,
            "left": 0,
        }
        [person] = (await call(room, "GET", "/v1/people")).json()["items"]
        assert (person["department"], person["seniority"]) == ("Research", 4)
        assert (person["time_zone"], person["locale"]) == ("Europe/Berlin", "en")
        assert person["working_days"] == [1, 2, 3, 4, 5]

    async def test_sent_again_change_nothing_and_tell_nothing(self, room: Room) -> None:
        await send(room, "/v1/people/imports", GOOD)
        before = await everything(room)

        again = await send(room, "/v1/people/imports", GOOD)

        assert again.json() == {
            "rows": 2,
            "imported": 0,
            "came_back": 0,
            "changed": 0,
            "unchanged": 2,
            "left": 0,
        }
        assert await everything(room) == before

    async def test_tell_again_of_changed_contacts_only(self, room: Room) -> None:
        await import_people(room, a_person(1), a_person(2), a_person(3))

        report = await import_people(
            room, a_person(1), a_person(2, email="new@example.com"), a_person(3, seniority=5)
        )

        assert report == {
            "rows": 3,
            "imported": 0,
            "came_back": 0,
            "changed": 2,
            "unchanged": 1,
            "left": 0,
        }
        *_, last = await told(room, "person-contact")
        assert last["email"] == "new@example.com"
        assert len(await told(room, "person-contact")) == 4

    async def test_may_exchange_addresses(self, room: Room) -> None:
        await import_people(room, a_person(1), a_person(2))

        await import_people(
            room, a_person(1, email="P2@example.com"), a_person(2, email="p1@example.com")
        )

        held = await room.rows("SELECT employee_number, email FROM person ORDER BY 1")
        assert [tuple(row) for row in held] == [
            ("E1", "P2@example.com"),
            ("E2", "p1@example.com"),
        ]

    async def test_may_give_a_newcomer_an_address_that_becomes_free(self, room: Room) -> None:
        await import_people(room, a_person(1))

        report = await import_people(
            room, a_person(0, email="p1@example.com"), a_person(1, email="else@example.com")
        )

        assert (report["imported"], report["changed"]) == (1, 1)


class TestProfiles:
    async def test_that_change_are_told_again_of_who_takes_part(self, room: Room) -> None:
        await import_people(room, a_person(1), a_person(2), a_person(3))
        programme_id = await an_open_programme(room)
        items = [{"employee_number": f"E{number}", "role": "mentee"} for number in (1, 2)]
        await register(room, programme_id, *items)

        await import_people(
            room, a_person(1, department="Law"), a_person(2, name="B"), a_person(3, seniority=9)
        )

        *first, last = await told(room, "participant-registered")
        assert len(first) == 2
        assert last["profile"]["department"] == "Law"
        assert last["person_id"] in {event["person_id"] for event in first}
        sequences = [
            row["sequence"] for row in await room.outbox()
            if row["subject"] == last["participant_id"]
        ]  # fmt: skip
        assert sequences == [1, 2]

    async def test_that_a_participant_answered_differently_are_not_told_again(
        self, room: Room
    ) -> None:
        await import_people(room, a_person(1))
        programme_id = await an_open_programme(room)
        item = {"employee_number": "E1", "role": "mentee", "time_zone": "Asia/Tokyo"}
        await register(room, programme_id, item)

        await import_people(room, a_person(1, time_zone="Europe/London"))
        assert len(await told(room, "participant-registered")) == 1

        await import_people(room, a_person(1, time_zone="Europe/London", locale="fr"))
        _, last = await told(room, "participant-registered")
        assert (last["time_zone"], last["locale"]) == ("Asia/Tokyo", "fr")

    async def test_of_who_left_the_programme_are_not_told_again(self, room: Room) -> None:
        await import_people(room, a_person(1))
        programme_id = await an_open_programme(room)
        await register(room, programme_id, {"employee_number": "E1", "role": "mentee"})
        [one] = (await participants(room, programme_id)).values()
        path = f"/v1/registrations/{one['participant_id']}/withdraw"
        await call(room, "POST", path, {"reason": "own-wish"})

        await import_people(room, a_person(1, department="Law"))

        registered, ended = await told(room, "participant-registered")
        assert registered
        assert ended is None


BAD_FILES: dict[str, tuple[bytes, str, dict[str, Any]]] = {
    "wrong header": (
        b"employee_number,Nome,email\nE9,Ana,a@example.com\n",
        "wrong-header",
        {
            "missing": ["name", "department", "seniority", "time_zone"],
            "found": ["employee_number", "Nome", "email"],
        },
    ),
    "latin-1": (GOOD.replace(b"Ana Lima 1", b"Zo\xeb"), "bad-encoding", {}),
    "utf-16": (GOOD.decode().encode("utf-16"), "bad-encoding", {"byte": 1}),
    "empty": (b"", "empty-file", {}),
    "header only": (table([]), "no-rows", {}),
    "a NUL": (GOOD.replace(b"Ana Lima 2", b"A\x00na"), "nul-character", {"row": 3}),
    "open quote": (GOOD.replace(b"Ana Lima 2", b'"Ana'), "broken-quoting", {"row": 3}),
    "repeated number": (
        table([a_person(8), a_person(9), a_person(8, email="x@example.com")]),
        "bad-rows",
        {"errors": [{"row": 4, "column": "employee_number",
                     "reason": "repeats the employee number of row 2"}]},
    ),
    "repeated address": (
        table([a_person(8), a_person(9, email="P8@example.com")]),
        "bad-rows",
        {"errors": [{"row": 3, "column": "email",
                     "reason": "repeats the e-mail address of row 2"}]},
    ),
    "address of somebody else": (
        table([a_person(9, email="P1@example.com")]),
        "bad-rows",
        {"errors": [{"row": 2, "column": "email",
                     "reason": "belongs to employee number E1, who is not in the file"}]},
    ),
    "ragged": (GOOD + b"E9,Ana\n", "bad-rows", {"bad_rows": 1}),
    "too long": (table([a_person(9, name="x" * 201)]), "bad-rows", {"bad_rows": 1}),
    "no address": (table([a_person(9, email="ana at home")]), "bad-rows", {"bad_rows": 1}),
    "no such zone": (table([a_person(9, time_zone="Mars/Base")]), "bad-rows", {"bad_rows": 1}),
    "a hundred bad rows": (
        table([a_person(i, seniority=i % 2) for i in range(10, 210)]),
        "bad-rows",
        {"bad_rows": 100, "total_errors": 100},
    ),
}  # fmt: skip


class TestBadFiles:
    @pytest.mark.parametrize("kind", BAD_FILES)
    async def test_leave_no_trace_but_the_report(self, room: Room, kind: str) -> None:
        file, code, facts = BAD_FILES[kind]
        await import_people(room, a_person(1), a_person(2))
        before = await everything(room)

        answer = await send(room, "/v1/people/imports", file)

        problem = answer.json()
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert (problem["code"], problem["status"]) == (code, 422)
        assert facts.items() <= problem.items()
        assert await everything(room) == before

    async def test_tell_every_one_of_a_hundred_bad_rows(self, room: Room) -> None:
        answer = await send(room, "/v1/people/imports", BAD_FILES["a hundred bad rows"][0])

        errors = answer.json()["errors"]
        assert [error["row"] for error in errors] == list(range(2, 202, 2))
        assert errors[0]["column"] == "seniority"
        assert errors[0]["reason"] == "is not a whole number from 1 to 20"

    async def test_tell_what_is_wrong_in_itself_and_with_others_at_once(self, room: Room) -> None:
        await import_people(room, a_person(1))
        taken = {"email": "p1@example.com"}
        rows = [a_person(2, seniority=0, **taken), a_person(3, time_zone=""), a_person(4, **taken)]

        answer = await send(room, "/v1/people/imports", table(rows))

        assert [(e["row"], e["column"]) for e in answer.json()["errors"]] == [
            (2, "seniority"), (2, "email"), (3, "time_zone"), (4, "email"), (4, "email"),
        ]  # fmt: skip
        assert (answer.json()["bad_rows"], answer.json()["total_errors"]) == (3, 5)

    async def test_are_reported_by_the_columns_of_the_file(self, room: Room) -> None:
        file = table([a_person(1, email="x")]).replace(b"email", b"Mail", 1)

        answer = await send(room, "/v1/people/imports", file, {"email": "Mail"})

        assert answer.json()["errors"][0]["column"] == "Mail"

    @pytest.mark.parametrize(
        "mapping",
        [
            {"nmae": "name"},
            {"name": {"colum": "x"}},
            {"name": {"column": "x", "constant": "y"}},
            {"time_zone": {"constant": "Mars/Base"}},
            {"name": "a\x00"},
            {"name": 7},
        ],
    )
    async def test_bad_mappings_are_refused(self, room: Room, mapping: dict[str, Any]) -> None:
        answer = await send(room, "/v1/people/imports", GOOD, mapping)

        assert (answer.status_code, answer.json()["code"]) == (422, "bad-mapping")

    @pytest.mark.parametrize("text", ["{", "[]", '{"name": "\\ud800"}', '{"\\ud800": "x"}'])
    async def test_mappings_that_are_no_json_object_are_refused(
        self, room: Room, text: str
    ) -> None:
        async with room.api() as api:
            answer = await api.post(
                "/v1/people/imports", files={"file": ("a.csv", GOOD)}, data={"mapping": text}
            )

        assert (answer.status_code, answer.json()["code"]) == (422, "bad-mapping")

    async def test_that_are_too_large_are_refused(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shared_api, "LARGEST_BODY_BYTES", 100)

        answer = await send(room, "/v1/people/imports", GOOD)

        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")

    async def test_without_a_file_are_refused(self, room: Room) -> None:
        async with room.api() as api:
            answer = await api.post("/v1/people/imports", data={"mapping": "{}"})

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")


class TestConcurrentImports:
    async def test_lose_no_update(self, room: Room) -> None:
        files = [table([a_person(1, name=f"Ana {turn}"), a_person(10 + turn)]) for turn in range(8)]

        answers = await asyncio.gather(*(send(room, "/v1/people/imports", f) for f in files))

        assert [answer.status_code for answer in answers] == [200] * 8
        [held] = await room.rows("SELECT person_id, name FROM person WHERE employee_number = 'E1'")
        contacts = [row for row in await room.outbox() if row["subject"] == str(held["person_id"])]
        assert [row["sequence"] for row in contacts] == list(range(1, 9))
        newest = await told(room, "person-contact")
        names = [c["name"] for c in newest if c["person_id"] == str(held["person_id"])]
        assert names[-1] == held["name"]
        assert len(await room.rows("SELECT FROM person")) == 9

    async def test_with_registrations_leave_the_newest_profile_told(self, room: Room) -> None:
        await import_people(room, *(a_person(number) for number in range(20)))
        programme_id = await an_open_programme(room)
        items = [{"employee_number": f"E{n}", "role": "mentee"} for n in range(20)]

        await asyncio.gather(
            register(room, programme_id, *items),
            import_people(room, *(a_person(number, department="Law") for number in range(20))),
        )

        newest = {e["participant_id"]: e for e in await told(room, "participant-registered")}
        assert {event["profile"]["department"] for event in newest.values()} == {"Law"}
        assert len(newest) == 20


class TestTables:
    async def test_are_read_in_chunks(self, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(uploads, "_CHUNK_BYTES", 7)

        answer = await send(room, "/v1/people/imports", table([a_person(1, name="Zoë Weiß")]))

        assert answer.status_code == 200

    def test_have_the_documented_columns(self) -> None:
        assert PEOPLE_HEADER == [
            "employee_number", "name", "email", "department", "seniority", "education_level",
            "education_field", "time_zone", "locale", "working_days", "title", "manager_number",
        ]  # fmt: skip
