"""Check-ins over HTTP, for those who are asked: look at one, answer it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from services.checkins import handlers
from services.checkins.domain.answers import HIGHEST, LOWEST, Answers, AnswersRefused
from services.checkins.store import checkins
from services.checkins.store.checkins import AlreadyAnswered, Checkin, CheckinUnknown
from shared.api import Caller, UnitsOf, person_of, require
from shared.auth import FormKind, Principal, Role
from shared.bus.work import Work
from shared.problems import Problem
from shared.text import text

router = APIRouter(prefix="/v1", tags=["check-ins"])

Participant = Annotated[Principal, require(Role.PARTICIPANT)]

_LARGEST_TEXT = 20_000
"""Longer than an answer may be, so that the answer to a long one says how long it is."""


class Session(BaseModel):
    """Whether the two have met, and how it was, from 1 to 5."""

    model_config = ConfigDict(extra="forbid")

    met: StrictBool
    rating: StrictInt | None = None


class AnswersGiven(BaseModel):
    """The answers to the three questions; `session` is there for those who like.

    `goal_rating` is from 1 to 5, or null for who had no goal; `had_goal` says which.
    """

    model_config = ConfigDict(extra="forbid")

    lesson: text(_LARGEST_TEXT, min_length=0) = ""  # type: ignore[valid-type]
    goal: text(_LARGEST_TEXT, min_length=0) = ""  # type: ignore[valid-type]
    had_goal: StrictBool | None = None
    goal_rating: StrictInt | None = None
    session: Session | None = None

    def answers(self) -> Answers:
        """The answers as the domain takes them."""
        session = self.session or Session(met=False)
        return Answers(
            lesson=self.lesson,
            goal=self.goal,
            had_goal=self.had_goal,
            goal_rating=self.goal_rating,
            met=session.met if self.session else None,
            session_rating=session.rating,
        )


class Next(BaseModel):
    """When somebody is asked next, and in which time zone they are."""

    due_at: datetime
    time_zone: str


class CheckinView(BaseModel):
    """A check-in as the one who is asked sees it.

    `last_goal` is what they named as their goal the last time. Answers are null until given.
    `next` is when they are asked next about this pair. `is_over` says that nobody is asked about it
    again, because the pair or the programme has ended; `is_newest`, that nothing has been asked
    since. Either way it can be answered as long as it has not been.
    """

    checkin_id: UUID
    pair_id: UUID
    programme_id: UUID
    participant_id: UUID
    partner_id: UUID
    round: int
    due_at: datetime
    answered_at: datetime | None
    last_goal: str | None
    lesson: str | None
    goal: str | None
    goal_rating: int | None = Field(ge=LOWEST, le=HIGHEST)
    met: bool | None
    session_rating: int | None = Field(ge=LOWEST, le=HIGHEST)
    is_newest: bool
    is_over: bool
    next: Next | None = None

    @classmethod
    def of(cls, checkin: Checkin, now: datetime) -> Self:
        """The view of a check-in at this instant."""
        following = None
        if checkin.next_due_at is not None and checkin.time_zone is not None:
            following = Next(due_at=checkin.next_due_at, time_zone=checkin.time_zone)
        facts = asdict(checkin) | {"is_over": checkin.is_over_at(now), "next": following}
        return cls.model_validate(facts)

    def without_answers(self) -> Self:
        """The same for the holder of a link, which may have been forwarded."""
        unsaid = ("lesson", "goal", "goal_rating", "met", "session_rating")
        return self.model_copy(update=dict.fromkeys(unsaid))


class CheckinsView(BaseModel):
    """Somebody's newest check-ins, the newest first; `next` is when they are asked next."""

    items: list[CheckinView]
    next: Next | None


@router.get("/me/checkins", summary="My check-ins")
async def list_my_checkins(
    units: UnitsOf, caller: Participant, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> CheckinsView:
    """The caller's newest check-ins in all programmes, the newest first."""
    async with units.reading() as work:
        found = await checkins.of_person(work, person_of(caller), limit)
        following = await checkins.next_of_person(work, person_of(caller))
    return CheckinsView(
        items=[CheckinView.of(checkin, work.now) for checkin in found],
        next=following and Next.model_validate(dict(following)),
    )


@router.get("/checkins/{checkin_id}", summary="A check-in")
async def show_checkin(checkin_id: UUID, units: UnitsOf, caller: Caller) -> CheckinView:
    """One's own check-in: signed in; or by a link to it, which shows no answers once given."""
    with _refusals():
        async with units.reading() as work:
            view = CheckinView.of(await _own(work, checkin_id, caller), work.now)
    return view if caller.form is None else view.without_answers()


@router.post("/checkins/{checkin_id}/answers", summary="Answer a check-in")
async def answer_checkin(
    checkin_id: UUID, body: AnswersGiven, units: UnitsOf, caller: Caller
) -> CheckinView:
    """Answer one's own check-in, once. Late answers are welcome."""
    with _refusals():
        async with units.begin(caller.cause) as work:
            await _own(work, checkin_id, caller)
            answered = await handlers.answer(checkin_id, body.answers(), work)
            return CheckinView.of(answered, work.now)


async def _own(work: Work, checkin_id: UUID, caller: Principal) -> Checkin:
    """The check-in, if it is the caller's; somebody else's is not told from none.

    Raises:
        CheckinUnknown: There is none, or it is somebody else's.
    """
    checkin = await checkins.get(work, checkin_id)
    if not _belongs(checkin, caller):
        raise CheckinUnknown(checkin_id)
    return checkin


def _belongs(checkin: Checkin, caller: Principal) -> bool:
    form = caller.form
    if form is not None:
        opened = (form.kind, form.object_id, form.subject)
        return opened == (FormKind.CHECKIN, checkin.checkin_id, checkin.participant_id)
    if Role.PARTICIPANT not in caller.roles:
        return False
    return checkin.person_id is not None and str(checkin.person_id) == caller.subject


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except CheckinUnknown as error:
        raise Problem(404, "No such check-in", str(error), "checkin-unknown") from None
    except AlreadyAnswered as error:
        at = error.answered_at.isoformat()
        raise Problem(
            409, "Answered already", str(error), "already-answered", answered_at=at
        ) from None
    except AnswersRefused as error:
        errors = [
            {"field": fault.field, "code": fault.code, "reason": fault.reason}
            for fault in error.faults
        ]
        raise Problem(
            422, "Answers refused", str(error), "answers-refused", errors=errors
        ) from None
