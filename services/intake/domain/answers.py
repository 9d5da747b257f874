"""Answers to a questionnaire: which questions are asked of whom, and what is wrong with answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from services.intake.domain.errors import IntakeError
from services.intake.domain.questionnaires import (
    TEXTS,
    Choice,
    CompanyList,
    Condition,
    LongText,
    MultipleChoice,
    Number,
    Option,
    Optioned,
    Question,
    Questionnaire,
    Ranking,
    Scale,
    ShortText,
)
from shared.text import UnstorableText, storable

Answer: TypeAlias = str | int | tuple[str, ...]
Answers: TypeAlias = Mapping[str, Answer]
"""What was answered, by the questions' codes: codes, numbers and texts."""

Lists: TypeAlias = Mapping[CompanyList, Sequence[str]]
"""The options that HR's list of people has."""

_LONGEST_DRAFT = 10_000
_MOST_DRAFTED = 200


@dataclass(frozen=True, slots=True)
class Known:
    """What HR knows of a person."""

    department: str
    seniority: int
    education_level: int | None
    education_field: str | None
    time_zone: str
    locale: str
    working_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one answer.

    Attributes:
        question: The question's code.
        code: A stable word for programs.
        reason: The same in a sentence, in English.
        limit: The number that the reason speaks of, if it does.
    """

    question: str
    code: str
    reason: str
    limit: int | None = None


class AnswersRefused(IntakeError):
    """Some answers are missing or wrong; `faults` says which and why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("Some answers are missing or wrong; `errors` says which and why.")


def form_for(
    questionnaire: Questionnaire, lists: Lists, known: Known | None = None
) -> Questionnaire:
    """The questionnaire as one person is asked it.

    Lists of the company become options, except a person's own department among other ones; what HR
    knows for certain is not asked, nor is a question that there is no answer to.

    Args:
        questionnaire: As it was published.
        lists: The company's lists.
        known: What HR knows of the person; None for a preview.
    """
    sections = []
    for section in questionnaire.sections:
        asked = (_with_lists(each, questionnaire, lists, known) for each in section.questions)
        kept = tuple(question for question in asked if _is_open(question, known))
        if kept:
            sections.append(section.model_copy(update={"questions": kept}))
    return questionnaire.model_copy(update={"sections": tuple(sections)})


def shown(form: Questionnaire, answers: Mapping[str, Any]) -> list[Question]:
    """The questions that are asked of somebody with these answers."""
    by_code = {question.code: question for question in form.questions()}
    role = next((answers.get(q.code) for q in by_code.values() if q.feeds == "role"), None)

    def is_shown(question: Question) -> bool:
        if not _is_asked_of(question, role):
            return False
        condition = question.show_if
        if condition is None:
            return True
        other = by_code.get(condition.question)
        return other is not None and is_shown(other) and holds(condition, answers)

    return [question for question in by_code.values() if is_shown(question)]


def holds(condition: Condition, answers: Mapping[str, Any]) -> bool:
    """Whether the other answer is, or contains, what the condition wants."""
    given = answers.get(condition.question)
    if condition.contains is not None:
        return isinstance(given, (list, tuple)) and condition.contains in given
    return given is not None and given == condition.is_


def checked(form: Questionnaire, raw: Mapping[str, Any]) -> dict[str, Answer]:
    """The answers that count: whole, in the order of the questions, without what is not asked.

    Raises:
        AnswersRefused: Some are missing or wrong.
    """
    known = {question.code for question in form.questions()}
    faults = [
        Fault(code, "unknown-question", "there is no such question") for code in raw.keys() - known
    ]
    answers: dict[str, Answer] = {}
    for question in shown(form, raw):
        try:
            answer = _read(question, raw.get(question.code))
        except _Wrong as wrong:
            faults.append(replace(wrong.fault, question=question.code))
            continue
        if answer is not None:
            answers[question.code] = answer
        elif question.required:
            faults.append(Fault(question.code, "missing", "this question must be answered"))
    if faults:
        raise AnswersRefused(faults)
    return answers


def drafted(form: Questionnaire, raw: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a draft: answers as they are, right or wrong, to questions that there are.

    Raises:
        AnswersRefused: Something can't be kept at all.
    """
    kept, faults = {}, []
    for question in form.questions():
        value = raw.get(question.code)
        if value is None:
            continue
        texts = list(value) if isinstance(value, (list, tuple)) else [str(value)]
        fault = _unkeepable(texts)
        if fault is not None:
            faults.append(replace(fault, question=question.code))
        kept[question.code] = value
    if faults:
        raise AnswersRefused(faults)
    return kept


class _Wrong(Exception):
    def __init__(self, code: str, reason: str, limit: int | None = None) -> None:
        self.fault = Fault("", code, reason, limit)
        super().__init__(reason)


def _unkeepable(texts: Sequence[object]) -> Fault | None:
    if len(texts) > _MOST_DRAFTED:
        return Fault("", "too-many", f"at most {_MOST_DRAFTED} can be kept", _MOST_DRAFTED)
    for each in texts:
        if not isinstance(each, (str, int)) or len(str(each)) > _LONGEST_DRAFT:
            reason = f"at most {_LONGEST_DRAFT} characters can be kept"
            return Fault("", "too-long", reason, _LONGEST_DRAFT)
        try:
            storable(str(each))
        except UnstorableText as error:
            return Fault("", "unstorable", str(error))
    return None


def _with_lists(
    question: Question, questionnaire: Questionnaire, lists: Lists, known: Known | None
) -> Question:
    if not isinstance(question, Optioned) or question.options_from is None:
        return question
    there = {option.code for option in question.options}
    own = known.department if known and question.options_from == "departments" else None
    first = questionnaire.languages[0]
    more = tuple(
        Option(code=code, label={first: code})
        for code in lists.get(question.options_from, ())
        if code not in there and code != own
    )
    return question.model_copy(update={"options": question.options + more})


def _is_open(question: Question, known: Known | None) -> bool:
    if isinstance(question, Optioned) and not question.options:
        return False
    if known is not None and question.feeds == "education_level":
        return known.education_level is None
    if known is not None and question.feeds == "education_field":
        return known.education_field is None
    return True


def _is_asked_of(question: Question, role: object) -> bool:
    asked = {
        "everybody": True,
        "mentors": role in {"mentor", "both"},
        "mentees": role in {"mentee", "both"},
    }
    return asked[question.asked]


def _read(question: Question, value: Any) -> Answer | None:
    if value is None or value in ("", [], ()):
        return None
    reader: Callable[[Any, Any], Answer | None] = next(
        read for kind, read in _READERS.items() if isinstance(question, kind)
    )
    return reader(question, value)


def _one(question: Optioned, value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("wrong-kind", "is not one of the options")
    if value not in {option.code for option in question.options}:
        raise _Wrong("unknown-option", "is not one of the options")
    return value


def _several(question: MultipleChoice | Ranking, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise _Wrong("wrong-kind", "is not a list of options")
    chosen = tuple(_one(question, each) for each in value)
    if len(set(chosen)) < len(chosen):
        raise _Wrong("repeated", "names an option more than once")
    if len(chosen) > question.at_most:
        raise _Wrong("too-many", f"at most {question.at_most} can be chosen", question.at_most)
    return chosen


def _number(question: Scale | Number, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Wrong("not-a-number", "is not a whole number")
    if value < question.lowest:
        raise _Wrong("too-low", f"must be at least {question.lowest}", question.lowest)
    if value > question.highest:
        raise _Wrong("too-high", f"must be at most {question.highest}", question.highest)
    return value


def _text(question: ShortText | LongText, value: Any) -> str | None:
    if not isinstance(value, str):
        raise _Wrong("wrong-kind", "is not a text")
    text = value.strip()
    if len(text) > question.longest:
        reason = f"has {len(text)} characters; at most {question.longest} can be kept"
        raise _Wrong("too-long", reason, question.longest)
    try:
        storable(text)
    except UnstorableText as error:
        raise _Wrong("unstorable", str(error)) from None
    return text or None


_READERS: Mapping[Any, Callable[[Any, Any], Answer | None]] = {
    Choice: _one,
    (MultipleChoice, Ranking): _several,
    (Scale, Number): _number,
    TEXTS: _text,
}


def coded(questionnaire: Questionnaire, answers: Answers) -> Iterator[tuple[Question, Answer]]:
    """The answers that hold no text of anybody's."""
    for question in questionnaire.questions():
        if question.code in answers and not isinstance(question, TEXTS):
            yield question, answers[question.code]
