"""Whom the collector expects to be asked, reckoned from the calendar."""

from datetime import UTC, datetime

from tests.faults.collector import expected, first_wednesdays
from tests.faults.history import History, Published

NOW = datetime(2026, 4, 30, tzinfo=UTC)


def fact(topic: str, event_id: str, **data: str) -> Published:
    return Published(topic, 0, 0, event_id, "source", event_id, 1, dict(data))


def a_history() -> History:
    return History(
        published=[
            fact("participant-registered", "r1", participant_id="ann", time_zone="Europe/Vienna"),
            fact("participant-registered", "r2", participant_id="ben", time_zone="Asia/Kathmandu"),
            fact("pair-formed", "f", pair_id="pair", mentor_id="ann", mentee_id="ben",
                 formed_at="2026-01-21T09:00:00+00:00"),
        ]
    )  # fmt: skip


class TestWhoIsExpectedToBeAsked:
    def test_are_both_partners_of_a_pair_that_lasts(self) -> None:
        due = expected(a_history(), NOW)

        ann = [asked.due_at for asked in due if asked.participant_id == "ann"]
        assert ann == [datetime(2026, 2, 4, 9, tzinfo=UTC), datetime(2026, 3, 4, 9, tzinfo=UTC),
                       datetime(2026, 4, 1, 8, tzinfo=UTC)]  # fmt: skip
        assert len(due) == 5  # two weeks after its start, February has begun for one of them only

    def test_are_not_those_whose_pair_has_ended(self) -> None:
        history = a_history()

        history.published.append(fact("pair-ended", "e", pair_id="pair"))

        assert expected(history, NOW) == []

    def test_are_asked_on_wednesdays(self) -> None:
        assert {instant.weekday() for instant in first_wednesdays("Europe/Vienna")} == {2}
