"""Intake tells its states again when an operator asks, and notes who it was."""

from typing import Any

import pytest

from services.intake.store.states import STATES
from shared.auth import Role
from tandem_events import TOPICS, Kind
from tests.integration.intake.company import (
    a_person,
    an_open_programme,
    call,
    import_people,
    participants,
    register,
)
from tests.support.room import Room


@pytest.fixture
async def company(room: Room) -> Room:
    """Five people in a programme, of whom one has withdrawn and one has changed."""
    await import_people(room, *(a_person(number) for number in range(5)))
    programme_id = await an_open_programme(room)
    for capacity in (1, 2):
        items = [
            {"employee_number": f"E{n}", "role": "mentor", "capacity": capacity if n == 1 else 1}
            for n in range(5)
        ]
        assert (await register(room, programme_id, *items)).status_code == 200
    known = await participants(room, programme_id)
    gone = known["Ana Lima 3"]["participant_id"]
    path = f"/v1/registrations/{gone}/withdraw"
    withdrawn = await call(room, "POST", path, {"reason": "own-wish"})
    assert withdrawn.is_success, withdrawn.text
    return room


async def ask(room: Room, topic: str, **more: Any) -> Any:
    answer = await call(room, "POST", "/v1/republish", {"topic": topic, **more}, Role.OPERATOR)
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestRepublishing:
    @pytest.mark.parametrize(
        ("topic", "subjects"),
        [("programme-changed", 1), ("person-contact", 5), ("participant-registered", 4)],
    )
    async def test_tells_each_current_state_as_it_was_told_last(
        self, company: Room, topic: str, subjects: int
    ) -> None:
        before = [row for row in await company.outbox() if row["aggregatetype"] == topic]
        newest = {row["subject"]: (row["sequence"], row["payload"]) for row in before}

        answer = await ask(company, topic)

        told = [row for row in await company.outbox() if row["aggregatetype"] == topic]
        again = {row["subject"]: (row["sequence"], row["payload"]) for row in told[len(before) :]}
        current = {subject: state for subject, state in newest.items() if state[1] is not None}
        assert again == current
        assert answer == {"republished": subjects, "next": None, "done": True}

    async def test_goes_on_where_the_batch_before_ended(self, company: Room) -> None:
        before = len(await company.outbox())

        first = await ask(company, "person-contact", limit=3)
        second = await ask(company, "person-contact", limit=3, after=first["next"])

        told = (await company.outbox())[before:]
        assert (first["republished"], first["done"]) == (3, False)
        assert (second["republished"], second["done"]) == (2, True)
        assert len({row["subject"] for row in told}) == 5

    async def test_is_for_operators_alone(self, company: Room) -> None:
        body = {"topic": "person-contact"}

        answer = await call(company, "POST", "/v1/republish", body, Role.COORDINATOR)

        assert answer.status_code == 403

    async def test_of_a_topic_that_intake_does_not_own_or_that_holds_facts_is_refused(
        self, company: Room
    ) -> None:
        for topic in ("participant-withdrawn", "pair-formed", "nonsense"):
            answer = await call(company, "POST", "/v1/republish", {"topic": topic}, Role.OPERATOR)

            assert answer.status_code == 422

    async def test_is_in_the_audit_log(self, company: Room) -> None:
        await ask(company, "person-contact", limit=3)

        answer = await call(company, "GET", "/v1/audit", None, Role.OPERATOR)

        (line,) = answer.json()["items"]
        assert (line["who"], line["action"]) == ("tester", "states.republished")
        assert (line["object"], line["details"]) == ("person-contact", {"subjects": 3})

    def test_knows_every_state_topic_of_intake(self) -> None:
        owned = {t.name for t in TOPICS if t.owner == "intake" and t.kind is Kind.STATE}

        assert STATES.keys() == owned
