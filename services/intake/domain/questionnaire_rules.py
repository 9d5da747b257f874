"""What a questionnaire must keep besides its form, so that it can be asked and answered."""

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeAlias

from services.intake.domain.questionnaires import (
    Choice,
    Consent,
    Flaw,
    MultipleChoice,
    Number,
    Optioned,
    Plain,
    Question,
    Questionnaire,
    QuestionnaireRefused,
    Ranking,
    Scale,
    shaped,
)
from services.intake.domain.registrations import HIGHEST_CAPACITY, ROLES

Placed: TypeAlias = dict[str, tuple[str, Question]]
"""Every question with its pointer, by its code."""

CONSENT = "consent"

_KINDS_THAT_FEED: Mapping[str, tuple[type[Plain], ...]] = {
    "role": (Choice,),
    "capacity": (Number,),
    "interests": (MultipleChoice, Ranking),
    "wanted_departments": (MultipleChoice, Ranking),
    "time_zone": (Choice,),
    "locale": (Choice,),
    "working_days": (MultipleChoice,),
    "education_level": (Choice,),
    "education_field": (Choice,),
}
_CODES_THAT_FEED: Mapping[str, frozenset[str]] = {
    "role": frozenset(ROLES),
    "working_days": frozenset("1234567"),
    "education_level": frozenset(map(str, range(1, 11))),
}


def read_questionnaire(raw: Mapping[str, Any]) -> Questionnaire:
    """Read a questionnaire and check it whole.

    Raises:
        QuestionnaireRefused: It has another form, or contradicts itself.
    """
    questionnaire = shaped(raw)
    placed, flaws = _placed(questionnaire)
    flaws += _missing_texts(questionnaire)
    for pointer, question in placed.values():
        flaws += _flaws_of(pointer, question, placed)
    flaws += _flaws_of_feeding(placed)
    flaws += _circles(placed)
    if flaws:
        raise QuestionnaireRefused(flaws)
    return questionnaire


def check_consent(consent: Consent, before: Iterable[Mapping[str, Any]]) -> None:
    """Do nothing if a consent's version always had this text.

    Args:
        consent: Of the questionnaire that is to be published.
        before: The consents of the same version that have been published already.

    Raises:
        QuestionnaireRefused: It had another text: who agreed to that, did not agree to this.
    """
    for other in before:
        if other["text"] != consent.text:
            reason = f"version {consent.version} was published with another text: name a new one"
            raise QuestionnaireRefused([Flaw("/consent/version", reason)])


def _placed(questionnaire: Questionnaire) -> tuple[Placed, list[Flaw]]:
    placed: Placed = {}
    flaws = []
    for s, section in enumerate(questionnaire.sections):
        for q, question in enumerate(section.questions):
            pointer = f"/sections/{s}/questions/{q}"
            if question.code == CONSENT:
                flaws.append(Flaw(f"{pointer}/code", "this code is kept for the consent"))
            if question.code in placed:
                flaws.append(Flaw(f"{pointer}/code", f"another question is {question.code} too"))
            placed.setdefault(question.code, (pointer, question))
    return placed, flaws


def _missing_texts(questionnaire: Questionnaire) -> Iterator[Flaw]:
    """Every text is there in the first language; a text in an unnamed one is a slip."""
    first = questionnaire.languages[0]
    for pointer, texts in _texts(questionnaire.model_dump(by_alias=True)):
        if first not in texts:
            yield Flaw(pointer, f"the text in {first}, the first of the languages, is missing")
        for language in sorted(texts.keys() - set(questionnaire.languages)):
            yield Flaw(f"{pointer}/{language}", "this language is not among the languages")


def _texts(piece: Any, pointer: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    if isinstance(piece, dict):
        for name, value in piece.items():
            place = f"{pointer}/{name}"
            if isinstance(value, dict) and name not in {"show_if", "consent"}:
                yield place, value
            else:
                yield from _texts(value, place)
    elif isinstance(piece, (list, tuple)):
        for index, value in enumerate(piece):
            yield from _texts(value, f"{pointer}/{index}")


def _flaws_of(pointer: str, question: Question, placed: Placed) -> Iterator[Flaw]:
    if isinstance(question, Optioned):
        codes = [option.code for option in question.options]
        if not codes and question.options_from is None:
            yield Flaw(f"{pointer}/options", "there is nothing to choose from")
        for index, code in enumerate(codes):
            if code in codes[:index]:
                yield Flaw(f"{pointer}/options/{index}/code", f"another option is {code} too")
    if isinstance(question, Number) and question.highest < question.lowest:
        yield Flaw(f"{pointer}/highest", "is below the lowest")
    if question.show_if is not None:
        yield from _flaws_of_condition(f"{pointer}/show_if", question, placed)


def _flaws_of_condition(pointer: str, question: Question, placed: Placed) -> Iterator[Flaw]:
    condition = question.show_if
    assert condition is not None  # noqa: S101 - the caller has looked
    if (condition.is_ is None) == (condition.contains is None):
        yield Flaw(pointer, "says either what the other answer is, or what it contains")
        return
    if condition.question not in placed:
        yield Flaw(f"{pointer}/question", f"there is no question {condition.question}")
        return
    other = placed[condition.question][1]
    name = "contains" if condition.is_ is None else "is"
    kinds = (MultipleChoice, Ranking) if name == "contains" else (Choice, Scale, Number)
    if not isinstance(other, kinds):
        yield Flaw(f"{pointer}/{name}", f"can't be asked of a question of the kind {other.kind}")
    elif not _can_be_answered(other, condition.value):
        yield Flaw(f"{pointer}/{name}", f"{condition.value} is no answer to {other.code}")


def _can_be_answered(question: Question, value: object) -> bool:
    if isinstance(question, Optioned):
        listed = question.options_from is not None and isinstance(value, str)
        return listed or value in [option.code for option in question.options]
    if isinstance(question, (Scale, Number)):
        return isinstance(value, int) and question.lowest <= value <= question.highest
    return False


def _flaws_of_feeding(placed: Placed) -> Iterator[Flaw]:
    fed: dict[tuple[str, str], str] = {}
    for pointer, question in placed.values():
        if question.feeds is None:
            continue
        place = f"{pointer}/feeds"
        if not isinstance(question, _KINDS_THAT_FEED[question.feeds]):
            yield Flaw(place, f"a question of the kind {question.kind} can't be {question.feeds}")
        else:
            yield from _flaws_of_fed_values(pointer, question)
        for audience in _audiences(question):
            if (question.feeds, audience) in fed:
                other = fed[question.feeds, audience]
                yield Flaw(place, f"{other} is {question.feeds} for {audience} already")
            fed[question.feeds, audience] = question.code
    if not any(question.feeds == "role" for _, question in placed.values()):
        yield Flaw("/sections", "no question feeds the role: nobody could sign up")


def _flaws_of_fed_values(pointer: str, question: Question) -> Iterator[Flaw]:
    if isinstance(question, Number) and not (1 <= question.lowest <= question.highest <= 50):  # noqa: PLR2004 - said in the sentence
        yield Flaw(f"{pointer}/lowest", f"a capacity is from 1 to {HIGHEST_CAPACITY}")
    allowed = _CODES_THAT_FEED.get(str(question.feeds))
    if isinstance(question, Optioned) and allowed is not None:
        for index, option in enumerate(question.options):
            if option.code not in allowed:
                known = ", ".join(sorted(allowed))
                yield Flaw(f"{pointer}/options/{index}/code", f"is none of {known}")
    if question.feeds == "role":
        free = question.asked == "everybody" and question.show_if is None and question.required
        if not free:
            yield Flaw(pointer, "the role is asked of everybody, always, and must be answered")


def _audiences(question: Question) -> tuple[str, ...]:
    return ("mentors", "mentees") if question.asked == "everybody" else (question.asked,)


def _circles(placed: Placed) -> Iterator[Flaw]:
    leans_on = {
        code: {question.show_if.question}
        for code, (_, question) in placed.items()
        if question.show_if is not None
    }
    try:
        TopologicalSorter(leans_on).prepare()
    except CycleError as error:
        circle = error.args[1]
        pointer = placed[circle[-1]][0] if circle[-1] in placed else "/sections"
        yield Flaw(f"{pointer}/show_if", f"goes round in a circle: {' → '.join(circle)}")
