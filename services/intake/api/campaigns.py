"""How a programme invites people, over HTTP."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from services.intake import campaign_handlers
from services.intake.api.accounts import Oneself
from services.intake.api.models import Coordinator
from services.intake.api.refusals import refusals
from services.intake.campaign_handlers import Campaign
from services.intake.domain.campaign import Step, rank_of
from shared.api import UnitsOf, person_of

router = APIRouter(prefix="/v1", tags=["programmes"])


class StepView(BaseModel):
    """One step of a campaign.

    `people` is to how many it goes at most, `told` how many have heard it. `first_at` is when it
    comes where the day begins first, `last_at` where it begins last; null if it is planned no more.
    """

    step: Step
    number: int
    people: int
    told: int
    first_at: AwareDatetime | None
    last_at: AwareDatetime | None


class CampaignView(BaseModel):
    """A campaign: its steps in order, and how many people have answered so far."""

    steps: list[StepView]
    registered: int
    declined: int


@router.get("/programmes/{programme_id}/campaign", summary="Preview who is told what, and when")
async def show_campaign(programme_id: UUID, units: UnitsOf, _caller: Coordinator) -> CampaignView:
    """The steps as they come to those who have not answered; newcomers hear in their own time."""
    with refusals():
        async with units.reading() as work:
            return _view(await campaign_handlers.campaign_of(programme_id, work))


@router.post(
    "/me/programmes/{programme_id}/decline", status_code=204, summary="Say that I do not take part"
)
async def decline_programme(programme_id: UUID, units: UnitsOf, caller: Oneself) -> None:
    """No further step reaches the caller. They can sign up all the same while it is open."""
    with refusals():
        async with units.begin(caller.cause) as work:
            await campaign_handlers.decline(programme_id, person_of(caller), work)


def _view(campaign: Campaign) -> CampaignView:
    told = dict(campaign.told)
    steps = [
        StepView(
            step=each.step,
            number=each.number,
            people=each.people,
            told=told.pop((each.step, each.number), 0),
            first_at=each.first_at,
            last_at=each.last_at,
        )
        for each in campaign.steps
    ]
    steps += [
        StepView(step=step, number=number, people=0, told=people, first_at=None, last_at=None)
        for (step, number), people in told.items()
    ]
    steps.sort(key=lambda step: rank_of(step.step, step.number))
    return CampaignView(steps=steps, registered=campaign.registered, declined=campaign.declined)
