"""The three default questions, and what counts as an answer.

1. One lesson, breakthrough or idea that has stuck with you since your last session.
2. One goal you would like to make before your next session.
3. From 1 to 5, how well you did on your last goal.

And, for those who like: did you meet, and how was it, from 1 to 5?
"""

from collections.abc import Iterator
from dataclasses import dataclass

from services.checkins.domain.errors import CheckinsError

LONGEST_TEXT = 2000
LOWEST, HIGHEST = 1, 5


@dataclass(frozen=True, slots=True)
class Answers:
    """What one partner answers.

    Attributes:
        lesson: Question 1.
        goal: Question 2.
        had_goal: Whether there was a last goal to speak of.
        goal_rating: Question 3, if there was.
        met: Whether the two have met since the last check-in; None says nothing of it.
        session_rating: How it was, if they have.
    """

    lesson: str
    goal: str
    had_goal: bool | None
    goal_rating: int | None
    met: bool | None = None
    session_rating: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an answer; `code` is a short word, the reason a sentence."""

    field: str
    code: str
    reason: str


class AnswersRefused(CheckinsError):
    """Some answers are missing or wrong; `faults` says which and why."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("Some answers are missing or wrong; nothing was kept yet.")


def check(answers: Answers) -> None:
    """Do nothing if the answers can be kept.

    Raises:
        AnswersRefused: They can't.
    """
    faults = [
        *_of_text("lesson", answers.lesson),
        *_of_text("goal", answers.goal),
        *_of_last_goal(answers),
        *_of_session(answers),
    ]
    if faults:
        raise AnswersRefused(faults)


def _of_text(field: str, text: str) -> Iterator[Fault]:
    if not text.strip():
        yield Fault(field, "missing", "Write a few words.")
    elif len(text) > LONGEST_TEXT:
        reason = f"This has {len(text):,} characters; at most {LONGEST_TEXT:,} can be kept."
        yield Fault(field, "too-long", reason)


def _of_last_goal(answers: Answers) -> Iterator[Fault]:
    if answers.had_goal is None:
        yield Fault("goal_rating", "missing", "Choose a number, or say that you had no goal.")
    elif answers.had_goal != (answers.goal_rating is not None):
        yield Fault("goal_rating", "contradicting", "A rating needs a goal, and a goal a rating.")
    elif not _is_rating(answers.goal_rating):
        yield Fault("goal_rating", "out-of-bounds", "Choose a number from 1 to 5.")


def _of_session(answers: Answers) -> Iterator[Fault]:
    if bool(answers.met) != (answers.session_rating is not None):
        reason = "A session that took place has a rating, and only such a one."
        yield Fault("session_rating", "contradicting", reason)
    elif not _is_rating(answers.session_rating):
        yield Fault("session_rating", "out-of-bounds", "Choose a number from 1 to 5.")


def _is_rating(rating: int | None) -> bool:
    return rating is None or LOWEST <= rating <= HIGHEST
