"""What intake tells: programmes, people's addresses, registrations."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from tandem_events.codes import (
    CampaignStep,
    Coded,
    ProgrammeKind,
    ProgrammeState,
    Role,
    Term,
    Text,
    WithdrawalReason,
)
from tandem_events.event import Event, Part
from tandem_events.topics import Kind, Topic


class MatchingPolicy(Part):
    """How a programme weighs its matching terms.

    Attributes:
        weights: The most points a term can give; a term that is missing keeps its default.
    """

    weights: dict[Term, int] = Field(default_factory=dict)


class CheckinPolicy(Part):
    """When a programme asks its pairs how it goes: on the first such weekday of the month.

    Attributes:
        every_months: At intervals of so many months, counted from the programme's start.
        weekday: 1 is Monday, 7 is Sunday.
        hour: The full hour, 0 to 23, in each participant's own time zone.
    """

    every_months: int = Field(default=1, ge=1, le=12)
    weekday: int = Field(default=3, ge=1, le=7)
    hour: int = Field(default=10, ge=0, le=23)


class Policies(Part):
    """The rules of a programme, told to everyone up front.

    Attributes:
        mentor_capacity: How many mentees a mentor takes when a registration does not say.
        matching: How pairs are scored.
        checkins: When pairs are asked how it goes.
        may_end_sooner: Whether a pair may end before the programme's last day.
        may_continue: Whether a pair may go on after it.
    """

    mentor_capacity: int = Field(default=1, ge=1, le=50)
    matching: MatchingPolicy = MatchingPolicy()
    checkins: CheckinPolicy = CheckinPolicy()
    may_end_sooner: bool = True
    may_continue: bool = False


class ProgrammeChanged(Event):
    """A programme, whole: its state, dates and policies.

    Attributes:
        kind: Whether enrolment goes on for new people (`yearly`), ends (`campaign`), or goes on for
            everybody (`always-open`) while it is running.
        time_zone: Where its first and its last day begin and end, an IANA name.
        incentives: What people get for taking part; the words stay with intake.
        test_for: If set, it is a test: nobody but this person is mailed.
    """

    topic: ClassVar[Topic] = Topic("programme-changed", Kind.STATE, "programme_id", "intake")
    subject_field: ClassVar[str] = "programme_id"

    programme_id: UUID
    name: Text
    state: ProgrammeState
    enrolment_opens_at: AwareDatetime
    enrolment_closes_at: AwareDatetime
    starts_on: date
    ends_on: date
    policies: Policies
    kind: ProgrammeKind = "campaign"
    time_zone: Text = "UTC"
    incentives: tuple[Coded, ...] = ()
    test_for: UUID | None = None


class InvitationDue(Event):
    """Somebody who has not answered yet is to hear of a programme that they can join.

    Attributes:
        step: Which step of the programme's campaign it is.
        number: Which reminder it is; 1 for all other steps.
        closes_at: The first instant at which they can't sign up any more.
        due_at: The moment for which it was planned, at the campaign's hour where they are.
        time_zone: Where they are, an IANA name.
        locale: In which language they read.
    """

    topic: ClassVar[Topic] = Topic("invitation-due", Kind.FACT, "person_id", "intake")
    subject_field: ClassVar[str] = "invitation_id"

    invitation_id: UUID
    person_id: UUID
    programme_id: UUID
    step: CampaignStep
    number: int = Field(default=1, ge=1)
    closes_at: AwareDatetime
    due_at: AwareDatetime
    time_zone: Text
    locale: Text


class PersonContact(Event):
    """How a person can be reached. Personal data: only notifications may read it."""

    topic: ClassVar[Topic] = Topic(
        "person-contact", Kind.STATE, "person_id", "intake", readers=frozenset({"notifications"})
    )
    subject_field: ClassVar[str] = "person_id"

    person_id: UUID
    name: Text
    email: Text


class Profile(Part):
    """The coded answers that matching compares.

    Attributes:
        department: The participant's own department.
        wanted_departments: Departments a mentee wants to see, or a mentor knows besides her own.
        seniority: A level counted from 1, higher is more senior.
        interests: Career interests.
        education_level: A level counted from 1.
        education_field: What the participant studied.
    """

    department: Coded
    wanted_departments: tuple[Coded, ...] = ()
    seniority: int = Field(ge=1, le=20)
    interests: tuple[Coded, ...] = ()
    education_level: int | None = Field(default=None, ge=1, le=10)
    education_field: Coded | None = None


class CodedAnswers(Part):
    """What a participant answered besides, by the codes of the questionnaire's questions.

    Attributes:
        codes: The options that were chosen; of a ranking, the best first.
        numbers: Steps of scales, and numbers.
    """

    codes: dict[str, tuple[Coded, ...]] = Field(default_factory=dict)
    numbers: dict[str, int] = Field(default_factory=dict)


class ParticipantRegistered(Event):
    """A registration, whole, and again whole whenever it changes.

    Attributes:
        available: False while somebody does not want new pairs; pairs that there are go on.
        answers: What was answered besides; never texts.
    """

    topic: ClassVar[Topic] = Topic("participant-registered", Kind.STATE, "participant_id", "intake")
    subject_field: ClassVar[str] = "participant_id"

    participant_id: UUID
    person_id: UUID
    programme_id: UUID
    role: Role
    capacity: int = Field(ge=0, le=50)
    time_zone: Text
    locale: Text
    working_days: tuple[int, ...]
    profile: Profile
    available: bool = True
    answers: CodedAnswers = CodedAnswers()


class ParticipantWithdrawn(Event):
    """Someone left a programme."""

    topic: ClassVar[Topic] = Topic("participant-withdrawn", Kind.FACT, "participant_id", "intake")
    subject_field: ClassVar[str] = "participant_id"

    participant_id: UUID
    person_id: UUID
    programme_id: UUID
    reason: WithdrawalReason
    withdrawn_at: AwareDatetime
