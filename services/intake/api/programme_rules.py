"""What is asked of a programme, and how one is shown."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.intake.api.models import Asked, Trimmed, read_by
from services.intake.domain import cells
from services.intake.domain.campaign import CampaignPolicy
from services.intake.domain.programmes import Incentive, Kind, Programme, State
from shared.text import text
from tandem_events import CheckinPolicy, MatchingPolicy, Policies

Weighed = Literal["department", "wanted-department", "seniority", "interests", "education"]


Name = Annotated[str, Trimmed, read_by(cells.name)]


class MatchingAsked(Asked):
    """The most points a matching term can give; a term that is missing keeps its default."""

    weights: dict[Weighed, Annotated[int, Field(ge=0, le=1000, strict=True)]] = Field(
        default_factory=dict
    )


class CheckinsAsked(Asked):
    """When pairs are asked how it goes: on the first such weekday (1 is Monday) of the month."""

    every_months: int = Field(default=1, ge=1, le=12, strict=True)
    weekday: int = Field(default=3, ge=1, le=7, strict=True)
    hour: int = Field(default=10, ge=0, le=23, strict=True)


class PoliciesAsked(Asked):
    """The rules of a programme."""

    mentor_capacity: int = Field(default=1, ge=1, le=50, strict=True)
    matching: MatchingAsked = MatchingAsked()
    checkins: CheckinsAsked = CheckinsAsked()
    may_end_sooner: bool = True
    may_continue: bool = False

    def settled(self) -> Policies:
        """The rules as they are told."""
        weights = {str(term): points for term, points in self.matching.weights.items()}
        matching = MatchingPolicy(weights=weights)
        return Policies(
            mentor_capacity=self.mentor_capacity,
            matching=matching,
            checkins=CheckinPolicy(**self.checkins.model_dump()),
            may_end_sooner=self.may_end_sooner,
            may_continue=self.may_continue,
        )


class CampaignAsked(Asked):
    """How people are invited, at an hour of their own wall clock on one of their working days.

    `null` for `announce_days_before` or `last_call_days_before` leaves that step out.
    """

    hour: int = Field(default=9, ge=0, le=23, strict=True)
    announce_days_before: int | None = Field(default=7, ge=1, le=90, strict=True)
    reminder_every_days: int = Field(default=7, ge=2, le=90, strict=True)
    most_reminders: int = Field(default=3, ge=0, le=10, strict=True)
    last_call_days_before: int | None = Field(default=2, ge=1, le=90, strict=True)

    def settled(self) -> CampaignPolicy:
        """The policy as the rules take it."""
        return CampaignPolicy(**self.model_dump())


class IncentiveAsked(Asked):
    """What people get for taking part: a code, which events carry, and the words they read."""

    code: text(80)  # type: ignore[valid-type]
    text: text(500)  # type: ignore[valid-type]


Code = Annotated[str, Trimmed, read_by(cells.text_up_to(cells.LONGEST_CODE))]
Zone = Annotated[str, Trimmed, read_by(cells.time_zone)]


class Rules(Asked):
    """What a draft, a clone and an amendment have in common; what is left out keeps its value."""

    kind: Kind | None = None
    time_zone: Zone | None = None
    opens_by_date: bool | None = Field(
        default=None, description="Whether a draft opens by itself at `enrolment_opens_at`."
    )
    audience: list[Code] | None = Field(
        default=None, max_length=200, description="The departments that are invited; [] is all."
    )
    incentives: list[IncentiveAsked] | None = Field(default=None, max_length=20)
    campaign: CampaignAsked | None = Field(
        default=None, description="How people are invited; without it nobody is."
    )
    invites: bool | None = Field(
        default=None,
        description="`false` stops inviting; `true` invites by the usual `campaign`.",
    )
    test_for: UUID | None = Field(
        default=None,
        description="Makes it a test: this coordinator alone is invited and mailed. "
        "It stays one, once it is opened.",
    )
    policies: PoliciesAsked | None = None

    def changes(self) -> dict[str, Any]:
        """The new values by the fields' names."""
        named = {field: getattr(self, field) for field in type(self).model_fields}
        values = {field: value for field, value in named.items() if value is not None}
        if self.policies is not None:
            values["policies"] = self.policies.settled()
        if self.audience is not None:
            values["audience"] = tuple(dict.fromkeys(self.audience))
        if (incentives := self.incentives) is not None:
            values["incentives"] = tuple(Incentive(each.code, each.text) for each in incentives)
        if self.campaign is not None:
            values["campaign"] = self.campaign.settled()
        if (invites := values.pop("invites", None)) is not None:
            values["campaign"] = values.get("campaign", CampaignPolicy()) if invites else None
        return values


class NewProgramme(Rules):
    """A programme to be drafted."""

    name: Name
    enrolment_opens_at: AwareDatetime
    enrolment_closes_at: AwareDatetime
    starts_on: date
    ends_on: date


class Clone(Rules):
    """What is new in a clone: its dates, and what else is to differ."""

    name: Name
    enrolment_opens_at: AwareDatetime
    enrolment_closes_at: AwareDatetime
    starts_on: date
    ends_on: date


class Amendment(Rules):
    """What is to change in a programme; what is not named, or null, stays."""

    name: Name | None = None
    enrolment_opens_at: AwareDatetime | None = None
    enrolment_closes_at: AwareDatetime | None = None
    starts_on: date | None = None
    ends_on: date | None = None


class ProgrammeView(BaseModel):
    """A programme, whole."""

    programme_id: UUID
    name: str
    state: State
    enrolment_opens_at: AwareDatetime
    enrolment_closes_at: AwareDatetime
    starts_on: date
    ends_on: date
    policies: Policies
    kind: Kind
    time_zone: str
    opens_by_date: bool
    audience: tuple[str, ...]
    incentives: tuple[Incentive, ...]
    campaign: CampaignPolicy | None
    test_for: UUID | None


def view(programme: Programme) -> ProgrammeView:
    """A programme as it is shown."""
    return ProgrammeView.model_validate(programme, from_attributes=True)
