"""Dead letters in an operator's hands, through the API that every service has."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from shared.auth import Role
from shared.ids import new_id
from shared.problems import MEDIA_TYPE
from shared.service import keep_house
from tests.conftest import OpenRoom
from tests.support.probe import BUG, a_registration
from tests.support.room import Room, raw_record, record_of

TOPIC = "participant-registered"


@pytest.fixture
async def room(open_room: OpenRoom) -> Room:
    return await open_room("probe")


@pytest.fixture
async def operator(room: Room) -> httpx.AsyncClient:
    return room.api(Role.OPERATOR, subject="an-operator")


async def listed(operator: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await operator.get("/v1/dead-letters", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def act(operator: httpx.AsyncClient, letter_id: UUID | str, what: str) -> httpx.Response:
    return await operator.post(f"/v1/dead-letters/{letter_id}/{what}")


async def audited(operator: httpx.AsyncClient, about: object = None) -> list[tuple[str, str]]:
    query = {} if about is None else {"about": str(about)}
    answer = await operator.get("/v1/audit", params=query)
    return [(entry["who"], entry["action"]) for entry in answer.json()["items"]]


async def effects(room: Room) -> list[asyncpg.Record]:
    return await room.rows("SELECT subject, sequence, capacity, times FROM effect")


class TestTheList:
    async def test_says_where_each_was_and_what_is_wrong_without_its_record(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        await room.take(raw_record(TOPIC, [], b"private text", offset=7))

        (item,) = await listed(operator)

        assert (item["topic"], item["partition"], item["offset"]) == (TOPIC, 0, 7)
        assert (item["state"], item["times"], item["settled_at"]) == ("waiting", 1, None)
        assert item["problem"]
        assert "private text" not in str(item)

    async def test_comes_page_by_page(self, room: Room, operator: httpx.AsyncClient) -> None:
        await room.take(*(raw_record(TOPIC, [], b"no event") for _ in range(5)))

        first = (await operator.get("/v1/dead-letters?limit=3")).json()
        second = (await operator.get(f"/v1/dead-letters?limit=3&after={first['next']}")).json()

        assert [len(first["items"]), len(second["items"])] == [3, 2]
        assert second["next"] is None

    async def test_can_be_narrowed_by_state_and_topic(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        await room.take(raw_record(TOPIC, [], b""), raw_record("pair-formed", [], b""))
        one, other = await listed(operator)
        await act(operator, one["id"], "discard")

        assert await listed(operator, state="waiting") == [other]
        assert await listed(operator, topic="pair-formed") == [other]
        assert await listed(operator, topic="pair-formed", state="discarded") == []


class TestOneDeadLetter:
    async def test_is_shown_raw_whatever_it_holds(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        headers = [("n\udcffme", b"\xff\xfe"), ("null", None), ("plain", "ä\x00".encode())]
        await room.take(raw_record(TOPIC, headers, b'{"half": ', key=b"\x80"))
        (item,) = await listed(operator)

        shown = (await operator.get(f"/v1/dead-letters/{item['id']}")).json()

        assert shown["key"] == {"utf8": None, "base64": "gA=="}
        assert shown["value"] == {"utf8": '{"half": ', "base64": None}
        assert shown["headers"] == [
            {"name": "n\\xffme", "value": {"utf8": None, "base64": "//4="}},
            {"name": "null", "value": None},
            {"name": "plain", "value": {"utf8": "ä\x00", "base64": None}},
        ]

    async def test_tells_the_audit_log_who_has_read_its_record(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        letter = await room.put_aside(record_of(a_registration()))

        await operator.get("/v1/dead-letters")
        assert await audited(operator) == []
        await operator.get(f"/v1/dead-letters/{letter}")

        assert await audited(operator, letter) == [("an-operator", "dead-letter.read")]

    async def test_that_does_not_exist_is_a_problem(self, operator: httpx.AsyncClient) -> None:
        shown = await operator.get(f"/v1/dead-letters/{new_id()}")
        replayed = await act(operator, new_id(), "replay")
        discarded = await act(operator, new_id(), "discard")

        for answer in (shown, replayed, discarded):
            assert answer.status_code == 404
            assert answer.headers["content-type"] == MEDIA_TYPE
            assert answer.json()["code"] == "dead-letter-unknown"

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
    async def test_is_an_operators_business_alone(self, room: Room, role: Role) -> None:
        letter = await room.put_aside(record_of(a_registration()))
        async with room.api(role) as somebody:
            paths = ["/v1/dead-letters", f"/v1/dead-letters/{letter}", "/v1/audit"]
            statuses = {(await somebody.get(path)).status_code for path in paths}
            statuses |= {
                (await act(somebody, letter, w)).status_code for w in ("replay", "discard")
            }

        assert statuses == {403}
        assert await effects(room) == []


class TestReplaying:
    async def test_lets_the_event_take_effect_and_is_audited(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        event = a_registration(capacity=3)
        letter = await room.put_aside(record_of(event, 4))

        answer = await act(operator, letter, "replay")

        assert answer.status_code == 200
        assert (answer.json()["state"], answer.json()["settled_by"]) == ("replayed", "an-operator")
        assert [tuple(row) for row in await effects(room)] == [(event.subject, 4, 3, 1)]
        assert await audited(operator, letter) == [("an-operator", "dead-letter.replayed")]

    async def test_twice_has_no_second_effect(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        letter = await room.put_aside(record_of(a_registration()))

        answers = await asyncio.gather(*(act(operator, letter, "replay") for _ in range(4)))

        assert {answer.status_code for answer in answers} == {200}
        assert [row["times"] for row in await effects(room)] == [1]
        assert len(await audited(operator, letter)) == 1

    async def test_an_event_that_came_again_meanwhile_has_no_second_effect(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        event, event_id = a_registration(), new_id()
        letter = await room.put_aside(record_of(event, event_id=event_id))
        await room.take(record_of(event, event_id=event_id))

        answer = await act(operator, letter, "replay")

        assert answer.json()["state"] == "replayed"
        assert [row["times"] for row in await effects(room)] == [1]

    async def test_an_older_version_late_does_not_overwrite_a_newer_one(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        somebody = new_id()
        letter = await room.put_aside(record_of(a_registration(somebody, capacity=1), 1))
        await room.take(record_of(a_registration(somebody, capacity=5), 2))

        await act(operator, letter, "replay")

        (row,) = await effects(room)
        assert (row["sequence"], row["capacity"]) == (2, 5)

    async def test_what_still_fails_stays_counts_and_keeps_the_reason(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        letter = await room.put_aside(record_of(a_registration(department=BUG)))

        answers = [await act(operator, letter, "replay") for _ in range(2)]

        (item,) = await listed(operator)
        assert [answer.status_code for answer in answers] == [409, 409]
        assert answers[0].json()["code"] == "replay-failed"
        assert "ProbeBug" in answers[0].json()["detail"]
        assert (item["state"], item["times"]) == ("waiting", 3)
        assert item["problem"] == "Its handler fails: ProbeBug."
        assert await audited(operator) == [("an-operator", "dead-letter.replay-failed")] * 2
        assert await effects(room) == []

    async def test_an_unreadable_record_fails_with_its_reason(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        await room.take(raw_record(TOPIC, [], b"no event"))
        (item,) = await listed(operator)

        answer = await act(operator, item["id"], "replay")

        assert answer.status_code == 409
        assert item["problem"] in answer.json()["detail"]

    async def test_that_fails_beside_one_that_succeeds_leaves_that_ones_outcome(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        await room.take(raw_record(TOPIC, [], b"no event"))
        (before,) = await listed(operator)
        await room.pool.execute(  # as a process of a newer release did, which can read it
            "UPDATE bus.dead_letter SET state = 'replayed', settled_at = now(), settled_by = 'x'"
        )

        answer = await act(operator, before["id"], "replay")

        (after,) = await listed(operator)
        assert (answer.status_code, answer.json()["state"]) == (200, "replayed")
        assert (after["state"], after["times"], after["settled_by"]) == ("replayed", 1, "x")
        assert await audited(operator) == []

    async def test_leaves_no_trace_when_the_trace_cannot_be_written(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        letter = await room.put_aside(record_of(a_registration()))
        await room.pool.execute("ALTER TABLE bus.audit RENAME TO audit_elsewhere")

        answer = await act(operator, letter, "replay")

        assert answer.status_code == 500
        assert await effects(room) == []


class TestDiscarding:
    async def test_is_audited_and_changes_nothing_else(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        letter = await room.put_aside(record_of(a_registration()))

        answers = [await act(operator, letter, "discard") for _ in range(2)]

        assert [answer.json()["state"] for answer in answers] == ["discarded"] * 2
        assert await audited(operator, letter) == [("an-operator", "dead-letter.discarded")]
        assert await effects(room) == []

    async def test_can_be_undone_by_replaying(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        letter = await room.put_aside(record_of(a_registration()))
        await act(operator, letter, "discard")

        answer = await act(operator, letter, "replay")

        assert answer.json()["state"] == "replayed"
        assert len(await effects(room)) == 1

    async def test_is_refused_once_it_has_taken_effect(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        letter = await room.put_aside(record_of(a_registration()))
        await act(operator, letter, "replay")

        answer = await act(operator, letter, "discard")

        assert answer.status_code == 409
        assert answer.json()["code"] == "dead-letter-replayed"


class TestASettledDeadLetter:
    async def test_is_forgotten_with_its_record_after_thirty_days(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        ids = [await room.put_aside(record_of(a_registration())) for _ in range(3)]
        await act(operator, ids[0], "discard")
        await act(operator, ids[1], "replay")
        await room.pool.execute(
            "UPDATE bus.dead_letter SET settled_at = settled_at - interval '31 days' WHERE id = $1",
            ids[0],
        )

        async with room.units.begin() as work:
            await keep_house(work)

        assert [item["id"] for item in await listed(operator)] == [str(ids[1]), str(ids[2])]
        assert len(await audited(operator, ids[0])) == 1


class TestTheReleaseBefore:
    async def test_still_buries_on_the_new_tables(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        for _ in range(2):
            await room.pool.execute(
                """
                INSERT INTO bus.dead_letter (id, consumer_group, topic, partition, record_offset,
                    record_key, header_names, header_values, record_value, problem, died_at)
                VALUES ($1, 'group', 'topic', 0, 7, NULL, '{}', '{}', NULL, 'It is bad.', now())
                ON CONFLICT (consumer_group, topic, partition, record_offset)
                DO UPDATE SET times = bus.dead_letter.times + 1, problem = excluded.problem
                """,
                new_id(),
            )

        (item,) = await listed(operator)
        assert (item["state"], item["times"]) == ("waiting", 2)


class TestARecordOnTheWrongTopic:
    async def test_is_put_aside_though_its_type_is_known(
        self, room: Room, operator: httpx.AsyncClient
    ) -> None:
        record = record_of(a_registration())
        stray = raw_record("pair-formed", record.headers, record.value, record.key)

        await room.take(stray)

        (item,) = await listed(operator)
        assert item["problem"] == "Its type belongs to another topic."
        assert await effects(room) == []
