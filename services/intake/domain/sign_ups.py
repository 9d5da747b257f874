"""Signing up for a programme: who may, who waits, and what answers become of a registration."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from services.intake.domain.answers import (
    Answer,
    Answers,
    AnswersRefused,
    Fault,
    Known,
    checked,
    coded,
)
from services.intake.domain.errors import IntakeError
from services.intake.domain.programmes import NotOpen, Programme, State
from services.intake.domain.questionnaire_rules import CONSENT
from services.intake.domain.questionnaires import Optioned, Question, Questionnaire
from services.intake.domain.registrations import MENTEE

LONGEST_REASON = 1000
DEFAULT = "default"
"""The code of the questionnaire that is built in."""


class Standing(StrEnum):
    """How somebody stands to a programme."""

    NONE = "none"
    DRAFT = "draft"
    WAITING = "waiting"
    REGISTERED = "registered"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"


_TAKING_PART = frozenset({Standing.REGISTERED, Standing.PAUSED})


class Way(StrEnum):
    """Where signing up leads."""

    REGISTER = "register"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """How a programme takes people in.

    Attributes:
        questionnaire: The code of its questionnaire.
        version: The version of the questionnaire that it uses.
        places: How many can take part; None sets no limit.
        waits_after_close: Whether who comes after enrolment has closed goes on the waiting list.
    """

    questionnaire: str
    version: int
    places: int | None = None
    waits_after_close: bool = False

    def free(self, taken: int) -> int | None:
        """How many places are free; None if there is no limit."""
        return None if self.places is None else max(self.places - taken, 0)


class SignUp(NamedTuple):
    """What a person has written down for a programme, and where it has led.

    Attributes:
        draft: Answers that have been saved for later, right or wrong.
        answers: Answers that have been sent, under `questionnaire` and `version`.
        entered_by: The coordinator who entered them after a talk; None if it was the person.
        waiting_since: Since when the person has waited for a place.
        paused_at: Since when the person is not available for new pairs.
    """

    draft: Mapping[str, Any] | None = None
    draft_saved_at: datetime | None = None
    questionnaire: str | None = None
    version: int | None = None
    answers: Mapping[str, Any] | None = None
    sent_at: datetime | None = None
    consent_version: str | None = None
    consented_at: datetime | None = None
    entered_by: str | None = None
    waiting_since: datetime | None = None
    participant_id: UUID | None = None
    withdrawn_at: datetime | None = None
    paused_at: datetime | None = None

    @property
    def standing(self) -> Standing:
        """How the person stands to the programme."""
        if self.participant_id is not None and self.withdrawn_at is None:
            return Standing.PAUSED if self.paused_at else Standing.REGISTERED
        if self.waiting_since is not None:
            return Standing.WAITING
        if self.draft is not None:
            return Standing.DRAFT
        return Standing.NONE if self.participant_id is None else Standing.WITHDRAWN


class Registered(NamedTuple):
    """A registration by answers, as it is kept; None keeps what HR knows.

    Attributes:
        codes: Coded answers that have no place of their own in a registration, by question.
        numbers: The same for scales and numbers.
    """

    role: str
    capacity: int
    wanted_departments: tuple[str, ...]
    interests: tuple[str, ...]
    time_zone: str | None
    locale: str | None
    working_days: tuple[int, ...] | None
    education_level: int | None
    education_field: str | None
    codes: dict[str, tuple[str, ...]]
    numbers: dict[str, int]


class NothingSent(IntakeError):
    """This person has not sent any answers."""

    def __init__(self) -> None:
        super().__init__("This person has not sent any answers.")


class NotTakingPart(IntakeError):
    """Only who takes part, or waits, can leave, pause or come back."""

    def __init__(self) -> None:
        super().__init__("This person does not take part in the programme.")


def can_come_in(
    state: State,
    closes_at: datetime,
    standing: Standing,
    now: datetime,
    *,
    waits_after_close: bool,
) -> bool:
    """Whether somebody can sign up now, or wait, or change what they sent.

    Args:
        state: The programme's.
        closes_at: When its enrolment closes.
        standing: How the person stands to it.
        now: The present instant.
        waits_after_close: Whether it keeps a waiting list after that.
    """
    if _is_open(state, closes_at, now):
        return True
    is_late = state in {State.OPEN, State.CLOSED, State.RUNNING}
    return is_late and waits_after_close and standing not in _TAKING_PART


def way_in(
    programme: Programme, enrolment: Enrolment, taken: int, standing: Standing, now: datetime
) -> Way:
    """Where signing up, or sending other answers, leads now.

    Who takes part stays so while enrolment is open. A place that becomes free is given to the first
    of the queue at once, so nobody who comes later finds it.

    Raises:
        NotOpen: Nobody can sign up now, or change what they sent.
    """
    state, closes_at = programme.state, programme.enrolment_closes_at
    late = enrolment.waits_after_close
    if not can_come_in(state, closes_at, standing, now, waits_after_close=late):
        raise NotOpen(programme.programme_id, state)
    has_place = standing in _TAKING_PART or enrolment.free(taken) != 0
    return Way.REGISTER if _is_open(state, closes_at, now) and has_place else Way.WAIT


def _is_open(state: State, closes_at: datetime, now: datetime) -> bool:
    return state is State.OPEN and now < closes_at


def checked_sign_up(
    form: Questionnaire, raw: Mapping[str, Any], consent: str | None
) -> dict[str, Answer]:
    """The answers of somebody who signs up, if all is right and the consent is given.

    Args:
        form: As it is asked.
        raw: What was sent.
        consent: The version of the text to which the person has agreed.

    Raises:
        AnswersRefused: An answer is missing or wrong, or the consent is not to the present text.
    """
    faults: list[Fault] = []
    answers: dict[str, Answer] = {}
    try:
        answers = checked(form, raw)
    except AnswersRefused as refused:
        faults = refused.faults
    if consent != form.consent.version:
        code = "missing" if consent is None else "consent-changed"
        faults.append(Fault(CONSENT, code, f"version {form.consent.version} must be agreed to"))
    if faults:
        raise AnswersRefused(faults)
    return answers


def registration_of(
    questionnaire: Questionnaire, answers: Answers, known: Known, of_a_mentor: int
) -> Registered:
    """What answers become.

    Args:
        questionnaire: The version that was answered.
        answers: Whole and right.
        known: What HR knows; an answer that says the same keeps HR's, also when that changes.
        of_a_mentor: How many mentees a mentor takes who does not say it.
    """
    fed: dict[str, list[Answer]] = {}
    codes: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, int] = {}
    for question, answer in coded(questionnaire, answers):
        if question.feeds is not None:
            fed.setdefault(question.feeds, []).append(answer)
        elif isinstance(answer, int):
            numbers[question.code] = answer
        else:
            codes[question.code] = (answer,) if isinstance(answer, str) else answer
    role = str(_first(fed, "role"))
    capacity = _first(fed, "capacity") or of_a_mentor
    days = tuple(sorted(map(int, _codes(fed, "working_days"))))
    level = _first(fed, "education_level")
    return Registered(
        role=role,
        capacity=0 if role == MENTEE else int(str(capacity)),
        wanted_departments=_codes(fed, "wanted_departments"),
        interests=_codes(fed, "interests"),
        time_zone=_other_than(known.time_zone, _first(fed, "time_zone")),
        locale=_other_language(known.locale, _first(fed, "locale")),
        working_days=None if not days or days == tuple(known.working_days) else days,
        education_level=None if level is None else int(str(level)),
        education_field=_other_than(None, _first(fed, "education_field")),
        codes=codes,
        numbers=numbers,
    )


def prefilled(
    form: Questionnaire, held: SignUp, registered: Mapping[str, Any], known: Known
) -> dict[str, Any]:
    """The answers that a form begins with.

    A draft is shown as it was left. Otherwise it is what was sent, or else what is registered, or
    else what HR knows, as far as there is such an option.

    Args:
        form: As it is asked.
        held: What was saved or sent before.
        registered: What is registered, by what feeds it.
        known: What HR knows.
    """
    codes = {question.code for question in form.questions()}
    if held.draft is not None:
        return {code: value for code, value in held.draft.items() if code in codes}
    fed = _of_hr(known) | dict(registered)
    sent = held.answers or {}
    filled = {
        question.code: sent.get(question.code, _offered(question, fed.get(question.feeds or "")))
        for question in form.questions()
    }
    return {code: value for code, value in filled.items() if value not in (None, "", [], ())}


def _of_hr(known: Known) -> dict[str, Any]:
    return {
        "time_zone": known.time_zone,
        "locale": known.locale,
        "working_days": known.working_days,
    }


def _offered(question: Question, value: Any) -> Any:
    """A value as an answer, if the question offers it."""
    if not isinstance(question, Optioned) or value is None:
        return value or None
    codes = {option.code for option in question.options}
    if isinstance(value, (list, tuple)):
        return [str(each) for each in value if str(each) in codes]
    alike = [text for text in (str(value), str(value).partition("-")[0]) if text in codes]
    return alike[0] if alike else None


def _first(fed: Mapping[str, list[Answer]], name: str) -> Answer | None:
    return next(iter(fed.get(name, ())), None)


def _codes(fed: Mapping[str, list[Answer]], name: str) -> tuple[str, ...]:
    """Who is both mentor and mentee may have answered two such questions."""
    answers = [answer for answer in fed.get(name, ()) if isinstance(answer, tuple)]
    return tuple(dict.fromkeys(code for answer in answers for code in answer))


def _other_than(known: str | None, answer: Answer | None) -> str | None:
    return None if answer is None or answer == known else str(answer)


def _other_language(known: str, answer: Answer | None) -> str | None:
    same = answer is not None and known.partition("-")[0] == str(answer)
    return None if same else _other_than(known, answer)
