"""What intake refuses, as problem details."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from services.intake.domain.answers import AnswersRefused
from services.intake.domain.answers import Fault as WrongAnswer
from services.intake.domain.decoding import FileRefused
from services.intake.domain.errors import IntakeError
from services.intake.domain.faults import Fault, RowsRefused
from services.intake.domain.imports import TooManyLeaving
from services.intake.domain.invitees import AlreadyRegistered
from services.intake.domain.mapping import Mapped, column_of
from services.intake.domain.person import (
    AddressTaken,
    NoSuchPerson,
    NumberTaken,
    StaleVersion,
)
from services.intake.domain.programmes import (
    EnrolmentOver,
    FarDate,
    Fixed,
    HasEnded,
    IllegalMove,
    NoSuchProgramme,
    NotOpen,
    WrongDates,
)
from services.intake.domain.questionnaire_rules import CONSENT
from services.intake.domain.questionnaires import QuestionnaireRefused
from services.intake.domain.registrations import AlreadyWithdrawn, NoSuchParticipant
from services.intake.domain.scim.tokens import NoSuchToken, TooManyTokens
from services.intake.domain.sign_ups import NothingSent, NotTakingPart
from services.intake.store.accounts import NotACoordinator
from services.intake.store.questionnaires import IsBuiltIn, NoSuchQuestionnaire, NotPublished
from shared.problems import Problem

_PROBLEMS: dict[type[IntakeError], tuple[int, str, str]] = {
    NoSuchProgramme: (404, "No such programme", "no-such-programme"),
    NoSuchPerson: (404, "No such person", "no-such-person"),
    NoSuchParticipant: (404, "No such participant", "no-such-participant"),
    NumberTaken: (409, "Employee number taken", "number-taken"),
    AddressTaken: (409, "E-mail address taken", "address-taken"),
    StaleVersion: (412, "Changed meanwhile", "stale-version"),
    IllegalMove: (409, "Not possible in this state", "illegal-move"),
    EnrolmentOver: (409, "Enrolment has ended", "enrolment-over"),
    NotOpen: (409, "Programme not open", "programme-not-open"),
    HasEnded: (409, "Programme has ended", "programme-ended"),
    Fixed: (409, "Settled by the opening", "fixed-once-opened"),
    AlreadyRegistered: (409, "Takes part", "already-registered"),
    NotACoordinator: (422, "Nobody who coordinates", "not-a-coordinator"),
    AlreadyWithdrawn: (409, "Withdrawn already", "already-withdrawn"),
    FarDate: (422, "Date out of reach", "far-date"),
    NoSuchQuestionnaire: (404, "No such questionnaire", "no-such-questionnaire"),
    NothingSent: (404, "No answers", "nothing-sent"),
    IsBuiltIn: (409, "Built in", "built-in"),
    NotPublished: (409, "Not published", "not-published"),
    NotTakingPart: (409, "Not taking part", "not-taking-part"),
    NoSuchToken: (404, "No such token", "no-such-token"),
    TooManyTokens: (409, "Too many tokens", "too-many-tokens"),
    WrongDates: (422, "Contradicting dates", "wrong-dates"),
}


@contextmanager
def refusals() -> Iterator[None]:
    """Answer what the block refuses with problem details.

    Raises:
        Problem: Something was refused.
    """
    try:
        yield
    except FileRefused as error:
        raise Problem(422, "File refused", str(error), error.code, **error.facts) from None
    except TooManyLeaving as error:
        numbers = {"leaving": error.leaving, "active": error.active}
        title, code = "Too many would leave", "too-many-leaving"
        raise Problem(409, title, str(error), code, **numbers) from None
    except QuestionnaireRefused as error:
        errors = [{"pointer": f"/body{f.pointer}", "reason": f.reason} for f in error.flaws]
        title, code = "Questionnaire refused", "bad-questionnaire"
        raise Problem(422, title, str(error), code, errors=errors) from None
    except AnswersRefused as error:
        errors = [_wrong_answer(fault) for fault in error.faults]
        raise Problem(422, "Answers refused", str(error), "bad-answers", errors=errors) from None
    except IntakeError as error:
        if type(error) not in _PROBLEMS:
            raise
        status, title, code = _PROBLEMS[type(error)]
        raise Problem(status, title, str(error), code) from None


@contextmanager
def refusals_of_table(mapped: Mapped) -> Iterator[None]:
    """The same for a table: its faults are told by row and column.

    Raises:
        Problem: Something was refused.
    """
    try:
        with refusals():
            yield
    except RowsRefused as error:
        raise _rows_problem(
            error, [_in_table(fault, mapped) for fault in error.faults.listed]
        ) from None


@contextmanager
def refusals_of_list() -> Iterator[None]:
    """The same for a JSON list: its faults are told by index and field.

    Raises:
        Problem: Something was refused.
    """
    try:
        with refusals():
            yield
    except RowsRefused as error:
        raise _rows_problem(error, [_in_list(fault) for fault in error.faults.listed]) from None


def _wrong_answer(fault: WrongAnswer) -> dict[str, Any]:
    pointer = (
        f"/body/{fault.question}"
        if fault.question == CONSENT
        else (f"/body/answers/{fault.question}")
    )
    return {"pointer": pointer, **asdict(fault)}


def _rows_problem(error: RowsRefused, errors: list[dict[str, Any]]) -> Problem:
    faults = error.faults
    return Problem(
        422,
        "Rows refused",
        str(error),
        "bad-rows",
        bad_rows=faults.rows,
        total_errors=faults.total,
        errors=errors,
    )


def _in_table(fault: Fault, mapped: Mapped) -> dict[str, Any]:
    column = column_of(fault.field, mapped) if fault.field else None
    return {"row": fault.place, "column": column, "reason": fault.reason}


def _in_list(fault: Fault) -> dict[str, Any]:
    pointer = f"/body/{fault.place}" + (f"/{fault.field}" if fault.field else "")
    return {
        "index": fault.place,
        "field": fault.field,
        "pointer": pointer,
        "reason": fault.reason,
    }
