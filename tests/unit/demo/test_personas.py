"""The people of the demo: the same each time, and of every kind."""

from collections import Counter
from datetime import timedelta

from deploy.demo.personas import reply_of

PEOPLE = [f"person{number}@example.com" for number in range(300)]


class TestReplies:
    def test_are_the_same_each_time(self) -> None:
        assert [reply_of(p, 1) for p in PEOPLE] == [reply_of(p, 1) for p in PEOPLE]

    def test_come_from_many_and_not_from_all(self) -> None:
        answered = sum(reply_of(person, 0) is not None for person in PEOPLE)

        assert 0.5 * len(PEOPLE) < answered < len(PEOPLE)

    def test_rate_a_last_goal_only_when_there_was_one(self) -> None:
        first, second = reply_of(PEOPLE[0], 0), reply_of(PEOPLE[0], 1)

        assert first is None or first.fields["goal_rating"] == "none"
        assert second is None or second.fields["goal_rating"] in "12345"

    def test_tell_of_sessions_and_of_none(self) -> None:
        kinds = Counter(reply.rating is None for p in PEOPLE if (reply := reply_of(p, 2)))

        assert kinds[True] > 0
        assert kinds[False] > kinds[True]

    def test_come_within_three_days(self) -> None:
        replies = [reply for person in PEOPLE if (reply := reply_of(person, 0))]

        assert all(timedelta(0) <= reply.after <= timedelta(hours=72) for reply in replies)
