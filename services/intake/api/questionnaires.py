"""Questionnaires over HTTP: drafted, published, looked at; and which one a programme uses."""

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel, Field

from services.intake import signing_up
from services.intake.api.forms import FormView, Reading
from services.intake.api.models import Asked, Coordinator, Found, Steward
from services.intake.api.refusals import refusals
from services.intake.domain.answers import form_for
from services.intake.domain.questionnaire_rules import check_consent, read_questionnaire
from services.intake.domain.questionnaires import Slug, language_for
from services.intake.domain.sign_ups import Enrolment
from services.intake.store import programmes
from services.intake.store import questionnaires as store
from shared.api import UnitsOf

router = APIRouter(prefix="/v1", tags=["questionnaires"])

Code = Annotated[Slug, Path(description="A short word of yours, such as `engineering-2027`.")]
Version = Annotated[int, Path(ge=1, le=1_000_000)]
Language = Annotated[str, Query(max_length=35, description="A locale, such as `de-AT`.")]


class VersionView(BaseModel):
    """One version of a questionnaire; a draft has no `published_at`, what is built in no dates."""

    code: str
    version: int
    name: str
    built_in: bool
    changed_at: datetime | None
    published_at: datetime | None


class WholeVersion(BaseModel):
    """A version as it was sent in."""

    code: str
    version: int
    published: bool
    questionnaire: dict[str, Any]


class DraftKept(BaseModel):
    """The version that a draft will be, once it is published."""

    code: str
    version: int


class EnrolmentAsked(Asked):
    """How a programme takes people in."""

    questionnaire: Slug
    version: int = Field(ge=1, le=1_000_000, strict=True)
    places: int | None = Field(
        default=None, ge=1, le=1_000_000, strict=True,
        description="How many can take part; whoever comes then waits. Null sets no limit.",
    )  # fmt: skip
    waits_after_close: bool = Field(
        default=False, strict=True,
        description="Whether who comes after enrolment has closed goes on the waiting list.",
    )  # fmt: skip


class EnrolmentView(EnrolmentAsked):
    """How a programme takes people in, as it is settled."""


@router.get("/questionnaires", summary="List questionnaires")
async def list_questionnaires(units: UnitsOf, _caller: Coordinator) -> Found[VersionView]:
    """Every version of every questionnaire, drafts and what is built in among them."""
    async with units.reading() as work:
        found = await store.versions(work)
    return Found(items=[VersionView.model_validate(v, from_attributes=True) for v in found])


@router.get("/questionnaires/{code}/versions/{version}", summary="Show a questionnaire")
async def show_questionnaire(
    code: Code, version: Version, units: UnitsOf, _caller: Coordinator
) -> WholeVersion:
    """A version whole, as it was sent in, in all its languages."""
    with refusals():
        async with units.reading() as work:
            body, published = await store.body_of(work, code, version)
    return WholeVersion(
        code=code, version=version, published=published, questionnaire=json.loads(body)
    )


@router.put("/questionnaires/{code}/draft", summary="Draft the next version of a questionnaire")
async def draft_questionnaire(
    code: Code,
    body: Annotated[dict[str, Any], Body(description="A questionnaire, whole.")],
    units: UnitsOf,
    caller: Coordinator,
) -> DraftKept:
    """A draft takes the place of the one before; programmes can't use it until it is published.

    What is wrong is listed in the problem's `errors`, each with `pointer` and `reason`.
    """
    with refusals():
        read_questionnaire(body)
        async with units.begin(caller.cause) as work:
            version = await store.put_draft(work, code, body)
    return DraftKept(code=code, version=version)


@router.post("/questionnaires/{code}/publish", summary="Publish the draft of a questionnaire")
async def publish_questionnaire(code: Code, units: UnitsOf, caller: Coordinator) -> DraftKept:
    """From now on nobody can change this version; programmes can use it."""
    with refusals():
        async with units.begin(caller.cause) as work:
            version, body = await store.draft(work, code)
            questionnaire = read_questionnaire(body)
            consent = questionnaire.consent
            before = await store.consents_published(work, code, consent.version)
            check_consent(consent, before)
            await store.publish(work, code, version)
    return DraftKept(code=code, version=version)


@router.get("/programmes/{programme_id}/enrolment", summary="Show how a programme takes people in")
async def show_enrolment(programme_id: UUID, units: UnitsOf, _caller: Steward) -> EnrolmentView:
    """Its questionnaire, its places and its waiting list."""
    with refusals():
        async with units.reading() as work:
            await programmes.get(work, programme_id)
            enrolment = await signing_up.enrolment_of(programme_id, work)
    return EnrolmentView.model_validate(enrolment, from_attributes=True)


@router.put("/programmes/{programme_id}/enrolment", summary="Settle how a programme takes people")
async def put_enrolment(
    programme_id: UUID, body: EnrolmentAsked, units: UnitsOf, caller: Coordinator
) -> EnrolmentView:
    """Answers that were given stay as they are; who waits gets places that are new."""
    asked = Enrolment(**body.model_dump())
    with refusals():
        async with units.begin(caller.cause) as work:
            enrolment = await signing_up.put_enrolment(programme_id, asked, work)
    return EnrolmentView.model_validate(enrolment, from_attributes=True)


@router.get("/programmes/{programme_id}/questionnaire", summary="Show a programme's questionnaire")
async def show_form(
    programme_id: UUID, units: UnitsOf, _caller: Steward, language: Language = "en"
) -> FormView:
    """The questionnaire that a programme uses, in one language, with the company's lists."""
    with refusals():
        async with units.reading() as work:
            await programmes.get(work, programme_id)
            enrolment = await signing_up.enrolment_of(programme_id, work)
            code, version = enrolment.questionnaire, enrolment.version
            questionnaire = await store.published(work, code, version)
            form = form_for(questionnaire, await store.company_lists(work, questionnaire))
    return Reading(form, language_for(form, language)).view(code, version)
