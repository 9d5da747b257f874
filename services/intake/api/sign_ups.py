"""Signing up over HTTP: by oneself, and by a coordinator after a talk."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StrictInt

from services.intake import signing_up
from services.intake.api.forms import FormView, Reading
from services.intake.api.models import After, Asked, Coordinator, Limit, Page
from services.intake.api.refusals import refusals
from services.intake.domain.answers import form_for
from services.intake.domain.programmes import NotOpen, Programme, State
from services.intake.domain.questionnaires import language_for
from services.intake.domain.sign_ups import (
    LONGEST_REASON,
    NothingSent,
    SignUp,
    Standing,
    Way,
    can_come_in,
    prefilled,
    way_in,
)
from services.intake.signing_up import Sheet, Submission
from services.intake.store import programmes, questionnaires, sign_ups
from shared.api import UnitsOf, person_of, require
from shared.auth import Principal, Role
from shared.bus.work import Work
from shared.text import text

router = APIRouter(prefix="/v1", tags=["signing up"])

Oneself = Annotated[Principal, require(Role.PARTICIPANT)]
Language = Annotated[
    str | None, Query(max_length=35, description="A locale; the person's own otherwise.")
]
Answer = (
    Annotated[StrictInt, Field(ge=-1_000_000_000, le=1_000_000_000)]
    | Annotated[str, Field(max_length=20_000)]
    | Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=200)]
)
Answers = Annotated[
    dict[Annotated[str, Field(max_length=60)], Answer],
    Field(max_length=100, description="By the questions' codes: a code, codes, a number or text."),
]


class Offer(BaseModel):
    """A programme that is going on, and how the caller stands to it."""

    programme_id: UUID
    name: str
    state: State
    enrolment_closes_at: datetime
    starts_on: date
    ends_on: date
    standing: Standing
    can_sign_up: bool


class Offers(BaseModel):
    """Programmes that are going on."""

    items: list[Offer]


class KnownView(BaseModel):
    """What HR knows, and nobody is asked."""

    department: str
    seniority: int
    education_level: int | None
    education_field: str | None
    time_zone: str
    locale: str
    working_days: list[int]


class SheetView(BaseModel):
    """The form as its reader is to see it, and how the person stands to the programme.

    Attributes:
        leads_to: What sending the form now would do; null if it can't be sent.
        answers: What the form begins with: drafted, sent, registered, or known by HR.
        ahead: How many wait in front.
    """

    programme_id: UUID
    programme: str
    state: State
    enrolment_closes_at: datetime
    starts_on: date
    ends_on: date
    standing: Standing
    leads_to: Way | None
    has_draft: bool
    draft_saved_at: datetime | None
    sent_at: datetime | None
    consent_version: str | None
    consented_at: datetime | None
    entered: bool = Field(description="Whether a coordinator has entered the answers.")
    ahead: int | None
    form: FormView
    known: KnownView
    answers: dict[str, Any]


class DraftAsked(Asked):
    """Answers to be kept for later, right or wrong."""

    answers: Answers


class SignUpAsked(DraftAsked):
    """Answers to be sent, and the version of the consent that was given."""

    consent: str | None = Field(default=None, max_length=20)


class LeaveAsked(Asked):
    """Why somebody leaves, in their own words; no other service is told."""

    reason: text(LONGEST_REASON) | None = None  # type: ignore[valid-type]


class Outcome(BaseModel):
    """Where signing up has led."""

    standing: Standing


class Listed(BaseModel):
    """Somebody, and how they stand to a programme."""

    person_id: UUID
    name: str
    department: str
    role: str | None
    standing: Standing
    draft_saved_at: datetime | None
    sent_at: datetime | None
    entered_by: str | None
    waiting_since: datetime | None


class Sent(BaseModel):
    """What somebody has sent, with the questionnaire under which they did."""

    person_id: UUID
    standing: Standing
    answers: dict[str, Any]
    sent_at: datetime
    consent_version: str
    consented_at: datetime
    entered_by: str | None
    form: FormView


@router.get("/me/programmes", summary="Programmes that I can see, and how I stand to each")
async def list_offers(units: UnitsOf, caller: Oneself) -> Offers:
    """Programmes that are going on, the one that closes first at the top."""
    person_id = person_of(caller)
    async with units.reading() as work:
        records = await sign_ups.offered_to(work, person_id)
    return Offers(items=[_offer(dict(record), work) for record in records])


@router.get("/me/programmes/{programme_id}/sign-up", summary="My form for a programme")
async def show_my_sign_up(
    programme_id: UUID, units: UnitsOf, caller: Oneself, language: Language = None
) -> SheetView:
    """The questions as the caller is asked them, filled in as far as can be."""
    return await _shown(programme_id, person_of(caller), language, units)


@router.put(
    "/me/programmes/{programme_id}/sign-up/draft", status_code=204, summary="Save my answers"
)
async def save_my_draft(
    programme_id: UUID, body: DraftAsked, units: UnitsOf, caller: Oneself
) -> None:
    """Kept for later, right or wrong; nobody is told."""
    with refusals():
        async with units.begin(caller.cause) as work:
            await signing_up.save_draft(programme_id, person_of(caller), body.answers, work)


@router.put("/me/programmes/{programme_id}/sign-up", summary="Sign up, or change my answers")
async def sign_up_myself(
    programme_id: UUID, body: SignUpAsked, units: UnitsOf, caller: Oneself
) -> Outcome:
    """Whoever finds no place waits; what is wrong is listed in the problem's `errors`."""
    submission = Submission(body.answers, body.consent)
    with refusals():
        async with units.begin(caller.cause) as work:
            standing = await signing_up.sign_up(programme_id, person_of(caller), submission, work)
    return Outcome(standing=standing)


@router.post("/me/programmes/{programme_id}/withdraw", status_code=204, summary="Leave")
async def leave(programme_id: UUID, body: LeaveAsked, units: UnitsOf, caller: Oneself) -> None:
    """Ends what was told of the caller; who waits first gets the place. The reason stays here."""
    with refusals():
        async with units.begin(caller.cause) as work:
            await signing_up.leave(programme_id, person_of(caller), body.reason, work)


@router.post("/me/programmes/{programme_id}/pause", status_code=204, summary="Get no new pair")
async def pause(programme_id: UUID, units: UnitsOf, caller: Oneself) -> None:
    """Not available for now: no new pair is made; those that there are go on."""
    with refusals():
        async with units.begin(caller.cause) as work:
            await signing_up.pause(programme_id, person_of(caller), work, paused=True)


@router.post("/me/programmes/{programme_id}/resume", status_code=204, summary="Be available again")
async def resume(programme_id: UUID, units: UnitsOf, caller: Oneself) -> None:
    """Available for a pair again."""
    with refusals():
        async with units.begin(caller.cause) as work:
            await signing_up.pause(programme_id, person_of(caller), work, paused=False)


@router.get("/programmes/{programme_id}/sign-ups", summary="Who has signed up, and who has not")
async def list_sign_ups(
    programme_id: UUID,
    units: UnitsOf,
    _caller: Coordinator,
    after: After = None,
    limit: Limit = 100,
    everybody: Annotated[bool, Query(description="Also who has not begun.")] = False,  # noqa: FBT002 - a query parameter
) -> Page[Listed]:
    """People in the order in which they were first imported, page by page; never their answers."""
    with refusals():
        async with units.reading() as work:
            await programmes.get(work, programme_id)
            records = await sign_ups.page(work, programme_id, after, limit, answered=not everybody)
    found = [_listed(dict(record)) for record in records]
    return Page(items=found, next=found[-1].person_id if len(found) == limit else None)


@router.get("/programmes/{programme_id}/sign-ups/{person_id}", summary="What somebody answered")
async def show_sign_up(
    programme_id: UUID,
    person_id: UUID,
    units: UnitsOf,
    _caller: Coordinator,
    language: Language = "en",
) -> Sent:
    """With the version of the questionnaire under which it was answered, whatever came since."""
    with refusals():
        async with units.reading() as work:
            await programmes.get(work, programme_id)
            held = await sign_ups.sign_up_of(work, programme_id, person_id)
            return await _sent(person_id, held, language or "en", work)


@router.get(
    "/programmes/{programme_id}/sign-ups/{person_id}/form", summary="Somebody's form, filled in"
)
async def show_form_of(
    programme_id: UUID,
    person_id: UUID,
    units: UnitsOf,
    _caller: Coordinator,
    language: Language = None,
) -> SheetView:
    """For a coordinator who enters the answers after a talk."""
    return await _shown(programme_id, person_id, language, units)


@router.put("/programmes/{programme_id}/sign-ups/{person_id}", summary="Sign somebody up")
async def sign_somebody_up(
    programme_id: UUID, person_id: UUID, body: SignUpAsked, units: UnitsOf, caller: Coordinator
) -> Outcome:
    """As the person told you; who has entered it is kept, and written in the audit log."""
    submission = Submission(body.answers, body.consent, entered_by=caller.subject)
    with refusals():
        async with units.begin(caller.cause) as work:
            standing = await signing_up.sign_up(programme_id, person_id, submission, work)
    return Outcome(standing=standing)


async def _shown(
    programme_id: UUID, person_id: UUID, language: str | None, units: UnitsOf
) -> SheetView:
    with refusals():
        async with units.reading() as work:
            sheet = await signing_up.sheet_of(programme_id, person_id, work)
            fed = await sign_ups.registered_values(work, programme_id, person_id)
            ahead = await sign_ups.ahead_of(work, programme_id, person_id, sheet.held)
    return _view(sheet, fed, ahead, language or sheet.known.locale, work)


def _view(
    sheet: Sheet, fed: dict[str, Any], ahead: int | None, locale: str, work: Work
) -> SheetView:
    programme, held, known = sheet.programme, sheet.held, sheet.known
    form, enrolment = sheet.form, sheet.enrolment
    reading = Reading(form, language_for(form, locale))
    return SheetView(
        **_about(programme),
        programme=programme.name,
        standing=held.standing,
        leads_to=_leads_to(sheet, work),
        has_draft=held.draft is not None,
        draft_saved_at=held.draft_saved_at,
        sent_at=held.sent_at,
        consent_version=held.consent_version,
        consented_at=held.consented_at,
        entered=held.entered_by is not None,
        ahead=ahead,
        form=reading.view(enrolment.questionnaire, enrolment.version),
        known=KnownView.model_validate(known, from_attributes=True),
        answers=prefilled(form, held, fed, known),
    )


def _about(programme: Programme) -> dict[str, Any]:
    names = ("programme_id", "state", "enrolment_closes_at", "starts_on", "ends_on")
    return {name: getattr(programme, name) for name in names}


def _leads_to(sheet: Sheet, work: Work) -> Way | None:
    try:
        return way_in(sheet.programme, sheet.enrolment, sheet.taken, sheet.held.standing, work.now)
    except NotOpen:
        return None


def _offer(record: dict[str, Any], work: Work) -> Offer:
    standing = _held(record).standing
    state = State(record["state"])
    can_sign_up = can_come_in(
        state, record["enrolment_closes_at"], standing, work.now,
        waits_after_close=record["waits_after_close"],
    )  # fmt: skip
    return Offer(**{**record, "state": state}, standing=standing, can_sign_up=can_sign_up)


def _listed(record: dict[str, Any]) -> Listed:
    return Listed(**record, standing=_held(record).standing)


def _held(record: dict[str, Any]) -> SignUp:
    return SignUp(
        draft={} if record["drafted"] else None,
        waiting_since=record["waiting_since"],
        participant_id=record["participant_id"],
        withdrawn_at=record["withdrawn_at"],
        paused_at=record["paused_at"],
    )


async def _sent(person_id: UUID, held: SignUp, language: str, work: Work) -> Sent:
    if held.answers is None or held.questionnaire is None or held.version is None:
        raise NothingSent
    body = await questionnaires.published(work, held.questionnaire, held.version)
    lists = await questionnaires.company_lists(work, body)
    reading = Reading(form_for(body, lists), language_for(body, language))
    return Sent(
        person_id=person_id,
        form=reading.view(held.questionnaire, held.version),
        **{name: getattr(held, name) for name in Sent.model_fields if hasattr(held, name)},
    )
