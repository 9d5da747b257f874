"""A questionnaire as one reader sees it: its texts in one language, its lists filled in."""

from typing import Any

from pydantic import BaseModel, Field

from services.intake.domain.questionnaires import (
    TEXTS,
    MultipleChoice,
    Number,
    Option,
    Optioned,
    Question,
    Questionnaire,
    Ranking,
    Scale,
    Section,
    words,
)


class OptionView(BaseModel):
    """One of the answers that can be chosen."""

    code: str
    label: str


class ConditionView(BaseModel):
    """The question is asked only if another answer is, or contains, `value`.

    `other` and `words` say the same for a reader.
    """

    question: str
    contains: bool
    value: str | int
    other: str
    words: str


class QuestionView(BaseModel):
    """One question; members that its kind does not have are null."""

    code: str
    kind: str
    label: str
    hint: str | None
    asked: str
    required: bool
    feeds: str | None
    show_if: ConditionView | None
    options: list[OptionView] | None = None
    at_most: int | None = None
    lowest: int | None = None
    highest: int | None = None
    lowest_label: str | None = None
    highest_label: str | None = None
    longest: int | None = None


class SectionView(BaseModel):
    """Questions that belong together."""

    code: str
    title: str
    hint: str | None
    questions: list[QuestionView]


class ConsentView(BaseModel):
    """What is agreed to by signing up."""

    version: str
    text: str


class FormView(BaseModel):
    """A questionnaire in one language."""

    questionnaire: str = Field(description="The questionnaire's code.")
    version: int
    language: str
    name: str
    sections: list[SectionView]
    consent: ConsentView


class Reading:
    """Reads a questionnaire out in one language, or its first where a text is missing."""

    def __init__(self, form: Questionnaire, language: str) -> None:
        self._form = form
        self._language = language
        self._questions = {question.code: question for question in form.questions()}

    def view(self, code: str, version: int) -> FormView:
        """The whole form."""
        form = self._form
        consent = ConsentView(version=form.consent.version, text=self._words(form.consent.text))
        return FormView(
            questionnaire=code,
            version=version,
            language=self._language,
            name=self._words(form.name),
            sections=[self._section(section) for section in form.sections],
            consent=consent,
        )

    def _words(self, texts: dict[str, str]) -> str:
        return words(texts, self._language, self._form.languages[0])

    def _hint(self, piece: Section | Question) -> str | None:
        return self._words(piece.hint) if piece.hint else None

    def _section(self, section: Section) -> SectionView:
        return SectionView(
            code=section.code,
            title=self._words(section.title),
            hint=self._hint(section),
            questions=[self._question(question) for question in section.questions],
        )

    def _question(self, question: Question) -> QuestionView:
        return QuestionView(
            code=question.code,
            kind=question.kind,
            label=self._words(question.label),
            hint=self._hint(question),
            asked=question.asked,
            required=question.required,
            feeds=question.feeds,
            show_if=self._condition(question),
            **self._of_kind(question),
        )

    def _of_kind(self, question: Question) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if isinstance(question, Optioned):
            values["options"] = [self._option(option) for option in question.options]
        if isinstance(question, (MultipleChoice, Ranking)):
            values["at_most"] = question.at_most
        if isinstance(question, (Scale, Number)):
            values |= {"lowest": question.lowest, "highest": question.highest}
        if isinstance(question, Scale):
            values["lowest_label"] = self._words(question.lowest_label)
            values["highest_label"] = self._words(question.highest_label)
        if isinstance(question, TEXTS):
            values["longest"] = question.longest
        return values

    def _option(self, option: Option) -> OptionView:
        return OptionView(code=option.code, label=self._words(option.label))

    def _condition(self, question: Question) -> ConditionView | None:
        condition = question.show_if
        if condition is None or condition.value is None:
            return None
        other = self._questions.get(condition.question)
        if other is None:
            return None
        options = other.options if isinstance(other, Optioned) else ()
        named = [self._words(each.label) for each in options if each.code == condition.value]
        return ConditionView(
            question=condition.question,
            contains=condition.contains is not None,
            value=condition.value,
            other=self._words(other.label),
            words=named[0] if named else str(condition.value),
        )
