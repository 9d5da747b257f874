"""A questionnaire: questions as data, with texts in several languages, read and checked whole."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
)

from services.intake.domain.errors import IntakeError
from shared.text import text

MOST_QUESTIONS = 100
MOST_OPTIONS = 200
MOST_CHOSEN = 20
LONGEST_TEXT = 5000

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
"""The code of a question or a section; it stays the same from version to version."""

OptionCode = text(80)
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]

Feeds = Literal[
    "role", "capacity", "interests", "wanted_departments", "time_zone", "locale", "working_days",
    "education_level", "education_field",
]  # fmt: skip
"""What of a registration an answer becomes; other coded answers are told under their own code."""

Audience = Literal["everybody", "mentors", "mentees"]
CompanyList = Literal["departments", "education-fields", "time-zones"]
"""Options that are not written down: those that HR's list of people has."""


_Shorter = text(300)
_Longer = text(600)
_Longest = text(LONGEST_TEXT)
_IN_LANGUAGES = Field(min_length=1, max_length=30)

Label: TypeAlias = Annotated[dict[Language, _Shorter], _IN_LANGUAGES]  # type: ignore[valid-type]
Hint: TypeAlias = Annotated[dict[Language, _Longer], _IN_LANGUAGES]  # type: ignore[valid-type]
Statement: TypeAlias = Annotated[dict[Language, _Longest], _IN_LANGUAGES]  # type: ignore[valid-type]


class Piece(BaseModel):
    """A piece of a questionnaire; members that nobody knows are refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(Piece):
    """When a question is shown: another answer is, or contains, a value."""

    question: Slug
    is_: StrictStr | StrictInt | None = Field(default=None, alias="is")
    contains: str | None = None

    @property
    def value(self) -> str | int | None:
        """What the other answer must be, or contain."""
        return self.contains if self.is_ is None else self.is_


class Option(Piece):
    """One of the answers that can be chosen."""

    code: OptionCode  # type: ignore[valid-type]
    label: Label


class Plain(Piece):
    """What all questions have.

    Attributes:
        asked: Who is asked; who is both mentor and mentee is asked what either is.
        show_if: It is asked only if this holds.
    """

    code: Slug
    label: Label
    hint: Hint | None = None
    asked: Audience = "everybody"
    required: Annotated[bool, Field(strict=True)] = False
    show_if: Condition | None = None
    feeds: Feeds | None = None


class Optioned(Plain):
    """A question whose answers are options: its own, then those of a list of the company."""

    options: Annotated[tuple[Option, ...], Field(max_length=MOST_OPTIONS)] = ()
    options_from: CompanyList | None = None


class Choice(Optioned):
    """One of several options."""

    kind: Literal["choice"]


class MultipleChoice(Optioned):
    """Several options, in no order."""

    kind: Literal["multiple-choice"]
    at_most: Annotated[int, Field(strict=True, ge=1, le=MOST_CHOSEN)] = MOST_CHOSEN


class Ranking(Optioned):
    """Several options, the best first."""

    kind: Literal["ranking"]
    at_most: Annotated[int, Field(strict=True, ge=1, le=MOST_CHOSEN)] = 5


class Scale(Plain):
    """A step between two ends that have names."""

    kind: Literal["scale"]
    lowest: Annotated[int, Field(strict=True, ge=0, le=1)] = 1
    highest: Annotated[int, Field(strict=True, ge=2, le=10)] = 5
    lowest_label: Label
    highest_label: Label


class Number(Plain):
    """A whole number."""

    kind: Literal["number"]
    lowest: Count = 0
    highest: Count = 1_000_000


class ShortText(Plain):
    """A line."""

    kind: Literal["short-text"]
    longest: Annotated[int, Field(strict=True, ge=1, le=500)] = 200


class LongText(Plain):
    """A few lines."""

    kind: Literal["long-text"]
    longest: Annotated[int, Field(strict=True, ge=1, le=LONGEST_TEXT)] = 2000


Question: TypeAlias = Choice | MultipleChoice | Ranking | Scale | Number | ShortText | LongText
TEXTS = (ShortText, LongText)


class Section(Piece):
    """Questions that belong together."""

    code: Slug
    title: Label
    hint: Hint | None = None
    questions: Annotated[
        tuple[Annotated[Question, Field(discriminator="kind")], ...],
        Field(min_length=1, max_length=MOST_QUESTIONS),
    ]


class Consent(Piece):
    """What somebody agrees to who signs up; another text is another version."""

    version: Slug | Annotated[str, StringConstraints(pattern=r"^[0-9][0-9.-]{0,19}$")]
    text: Statement


def _each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        message = "a language is named twice"
        raise ValueError(message)
    return values


class Questionnaire(Piece):
    """A questionnaire, whole.

    Attributes:
        languages: Those it has texts in; the first one has every text, and stands in for others.
    """

    name: Label
    languages: Annotated[
        tuple[Language, ...], Field(min_length=1, max_length=30), AfterValidator(_each_once)
    ]
    sections: Annotated[tuple[Section, ...], Field(min_length=1, max_length=20)]
    consent: Consent

    def questions(self) -> Iterator[Question]:
        """All questions, in their order."""
        return (question for section in self.sections for question in section.questions)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a questionnaire: where (RFC 6901), and what."""

    pointer: str
    reason: str


class QuestionnaireRefused(IntakeError):
    """What was sent is no questionnaire; `flaws` says where and why."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        self.flaws = list(flaws)
        super().__init__("The questionnaire has mistakes; `errors` says where and what.")


def shaped(raw: Mapping[str, Any]) -> Questionnaire:
    """Read a questionnaire's form; what it says may still contradict itself.

    Raises:
        QuestionnaireRefused: It has another form.
    """
    try:
        return Questionnaire.model_validate(raw)
    except ValidationError as error:
        errors = error.errors(include_input=False, include_url=False)
        flaws = [Flaw(_pointer(raw, item["loc"]), str(item["msg"])) for item in errors]
        raise QuestionnaireRefused(_innermost(flaws)) from None


def _innermost(flaws: Sequence[Flaw]) -> list[Flaw]:
    """What is wrong with a list because of what is wrong in it is not worth telling."""
    return [
        flaw
        for flaw in flaws
        if not any(other.pointer.startswith(f"{flaw.pointer}/") for other in flaws)
    ]


def words(texts: Mapping[str, str], language: str, fallback: str) -> str:
    """A text in the reader's language, or else in the questionnaire's first."""
    return texts.get(language) or texts[fallback]


def language_for(questionnaire: Questionnaire, locale: str) -> str:
    """The language of a questionnaire for a reader with this locale, such as `de-AT`."""
    wanted = locale.partition("-")[0].lower()
    return wanted if wanted in questionnaire.languages else questionnaire.languages[0]


def _pointer(raw: object, location: Iterable[int | str]) -> str:
    """Where in the document it is; pydantic also names the kind that it has tried."""
    parts: list[str] = []
    here: Any = raw
    for step in location:
        if isinstance(here, dict) and step not in here and step == here.get("kind"):
            continue
        parts.append(str(step).replace("~", "~0").replace("/", "~1"))
        here = _inside(here, step)
    return "".join(f"/{part}" for part in parts)


def _inside(here: Any, step: int | str) -> Any:
    if isinstance(here, dict):
        return here.get(step)
    if isinstance(here, list) and isinstance(step, int) and step < len(here):
        return here[step]
    return None
