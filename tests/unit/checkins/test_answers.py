"""What counts as an answer to a check-in."""

from dataclasses import replace

import pytest

from services.checkins.domain.answers import LONGEST_TEXT, Answers, AnswersRefused, check

GOOD = Answers("Ask earlier.", "Give a talk.", had_goal=True, goal_rating=4)


def faults_of(answers: Answers) -> dict[str, str]:
    with pytest.raises(AnswersRefused) as refused:
        check(answers)
    return {fault.field: fault.code for fault in refused.value.faults}


class TestAnswers:
    @pytest.mark.parametrize(
        "answers",
        [
            GOOD,
            replace(GOOD, had_goal=False, goal_rating=None),
            replace(GOOD, met=False),
            replace(GOOD, met=True, session_rating=5),
            replace(GOOD, lesson="x" * LONGEST_TEXT),
        ],
    )
    def test_that_are_complete_can_be_kept(self, answers: Answers) -> None:
        check(answers)

    def test_that_are_missing_are_each_named(self) -> None:
        nothing = Answers("", " \n", had_goal=None, goal_rating=None)

        assert faults_of(nothing) == {
            "lesson": "missing", "goal": "missing", "goal_rating": "missing",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("answers", "field", "code"),
        [
            (replace(GOOD, goal_rating=0), "goal_rating", "out-of-bounds"),
            (replace(GOOD, goal_rating=6), "goal_rating", "out-of-bounds"),
            (replace(GOOD, goal_rating=None), "goal_rating", "contradicting"),
            (replace(GOOD, had_goal=False), "goal_rating", "contradicting"),
            (replace(GOOD, met=True), "session_rating", "contradicting"),
            (replace(GOOD, met=False, session_rating=3), "session_rating", "contradicting"),
            (replace(GOOD, session_rating=3), "session_rating", "contradicting"),
            (replace(GOOD, met=True, session_rating=9), "session_rating", "out-of-bounds"),
            (replace(GOOD, goal="x" * (LONGEST_TEXT + 1)), "goal", "too-long"),
        ],
    )
    def test_that_make_no_sense_are_told_by_field(
        self, answers: Answers, field: str, code: str
    ) -> None:
        assert faults_of(answers) == {field: code}

    def test_that_are_too_long_say_by_how_much(self) -> None:
        with pytest.raises(AnswersRefused) as refused:
            check(replace(GOOD, lesson="x" * 2001))

        assert "2,001 characters" in refused.value.faults[0].reason
