"""What the coordinator sees of the mails: how many went, which did not, and trying them again."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.notifications import handlers
from services.notifications.domain.letter import Kind
from services.notifications.store import overview
from services.notifications.store.ledger import State
from services.notifications.store.overview import DeliveryUnknown, NotFailed
from shared.api import UnitsOf, require
from shared.auth import Principal, Role
from shared.problems import Problem

router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"])

sign_ins = APIRouter(prefix="/v1/sign-in-mails", tags=["sign-in"])

Portal = Annotated[Principal, require(Role.PORTAL)]
Reader = Annotated[Principal, require(Role.COORDINATOR, Role.OPERATOR)]


class Delivery(BaseModel):
    """One person told, or to be told, one thing.

    `subject_id` is the pair or the match run that it tells of. `attempts` counts how often a mail
    server was asked. `failure` is a code, given when it has failed.
    """

    id: UUID
    kind: Kind
    subject_id: UUID
    programme_id: UUID | None
    participant_id: UUID | None
    state: State
    attempts: int
    failure: str | None
    finished_at: datetime | None


class SignInMail(BaseModel):
    """Who signs in, under which id the portal remembers it, and until when the link is of use."""

    model_config = ConfigDict(extra="forbid")

    sign_in_id: UUID
    person_id: UUID
    void_after: AwareDatetime


class DeliveryPage(BaseModel):
    """Some deliveries in the order in which they were queued; ask again with `after=next`."""

    items: list[Delivery]
    next: UUID | None


class Count(BaseModel):
    """How many deliveries there are of a kind in a state."""

    kind: Kind
    state: State
    deliveries: int


class Summary(BaseModel):
    """All deliveries of a programme, counted by kind and state."""

    programme_id: UUID
    counts: list[Count]


@sign_ins.post("", status_code=202, summary="Mail somebody a link to sign in with")
async def mail_sign_in_link(units: UnitsOf, caller: Portal, body: SignInMail) -> None:
    """Queued before everything else. Asking again for the same sign-in changes nothing."""
    async with units.begin(caller.cause) as work:
        await handlers.send_sign_in_link(body.sign_in_id, body.person_id, body.void_after, work)


@router.get("", summary="List a programme's deliveries")
async def list_deliveries(
    units: UnitsOf,
    _caller: Reader,
    programme_id: UUID,
    state: State | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> DeliveryPage:
    """Who was told what, a page at a time; ids and codes only."""
    async with units.reading() as work:
        rows = await overview.deliveries(
            work, programme_id, state=state, after=after, limit=limit + 1
        )
    items = [Delivery.model_validate(dict(row)) for row in rows[:limit]]
    return DeliveryPage(items=items, next=items[-1].id if len(rows) > limit else None)


@router.get("/summary", summary="Count a programme's deliveries")
async def summarise_deliveries(units: UnitsOf, _caller: Reader, programme_id: UUID) -> Summary:
    """How many deliveries there are of each kind in each state."""
    async with units.reading() as work:
        rows = await overview.counts(work, programme_id)
    return Summary(
        programme_id=programme_id, counts=[Count.model_validate(dict(row)) for row in rows]
    )


@router.post("/{delivery_id}/retry", status_code=202, summary="Try a failed delivery again")
async def retry_delivery(units: UnitsOf, caller: Reader, delivery_id: UUID) -> None:
    """Put a delivery that has failed back into the queue, with all its patience."""
    try:
        async with units.begin(caller.cause) as work:
            await overview.retry(work, delivery_id)
    except DeliveryUnknown as error:
        raise Problem(404, "No such delivery", str(error), "delivery-unknown") from None
    except NotFailed as error:
        raise Problem(409, "Not failed", str(error), "delivery-not-failed") from None
