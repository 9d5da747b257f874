"""The check-in's form: from what a browser sends to what checkins asks for, and back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

RATINGS = ("1", "2", "3", "4", "5")
NO_GOAL = "none"
NOT_MET = "not-met"

FIELDS = ("lesson", "goal", "goal_rating", "session")

_WORDS: Mapping[tuple[str, str], str] = {
    ("lesson", "missing"): "Write a few words about a lesson, a breakthrough or an idea.",
    ("goal", "missing"): "Write one goal, however small.",
    ("goal_rating", "missing"): "Choose how well you did, or that you had no goal.",
}
_FAR_TOO_LONG = "This is far too long: at most 2,000 characters can be kept."
_UNSTORABLE = "This holds characters that can't be kept. Delete what looks odd, and write it anew."


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as somebody has filled it in, to be shown again if need be.

    Attributes:
        errors: What is wrong, by field.
    """

    lesson: str = ""
    goal: str = ""
    goal_rating: str = ""
    session: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


def filled_in(sent: Mapping[str, Any]) -> Filled:
    """Read what a browser sent; line ends are brought to one form, as HTML counts them."""
    lesson, goal, goal_rating, session = (
        str(sent.get(name, "")).replace("\r\n", "\n") for name in FIELDS
    )
    return Filled(lesson, goal, goal_rating, session)


def request_of(form: Filled) -> dict[str, Any]:
    """What checkins is asked to keep; it says itself what is missing or wrong."""
    body: dict[str, Any] = {
        "lesson": form.lesson,
        "goal": form.goal,
        "had_goal": None,
        "goal_rating": None,
        "session": None,
    }
    if form.goal_rating == NO_GOAL:
        body["had_goal"] = False
    elif form.goal_rating in RATINGS:
        body |= {"had_goal": True, "goal_rating": int(form.goal_rating)}
    if form.session == NOT_MET:
        body["session"] = {"met": False}
    elif form.session in RATINGS:
        body["session"] = {"met": True, "rating": int(form.session)}
    return body


def errors_of(problem: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong, by the form's fields, of a refusal by checkins."""
    errors: dict[str, str] = {}
    for item in _dicts(problem.get("errors", [])):
        if "field" in item:
            name = "session" if item["field"] == "session_rating" else str(item["field"])
            words = _WORDS.get((name, str(item.get("code"))), str(item.get("reason", "")))
            errors.setdefault(name, words)
        else:
            pointed = str(item.get("pointer", "")).rpartition("/")[2]
            words = _FAR_TOO_LONG if "at most" in str(item.get("reason")) else _UNSTORABLE
            errors.setdefault(pointed if pointed in FIELDS else "lesson", words)
    return {name: errors[name] for name in FIELDS if name in errors}


def _dicts(items: object) -> Iterable[Mapping[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
