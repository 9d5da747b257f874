"""What checkins tells: agreements, check-ins that are due and answered, sessions as rated."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from tandem_events.codes import AgreementOrigin, Cadence, ChannelKind, Side
from tandem_events.event import Event
from tandem_events.topics import Kind, Topic


class AgreementMade(Event):
    """What a pair holds to from now on.

    Attributes:
        cadence: How often the two meet.
        channels: By what they meet, the first one first; the others are its back-up, in order.
        expected_end: The day on which the mentorship is expected to end.
        may_outlive_programme: Whether it may go on after its programme.
        origin: Whether the partners agreed on it or it is the programme's default.
    """

    topic: ClassVar[Topic] = Topic("agreement-made", Kind.FACT, "pair_id", "checkins")
    subject_field: ClassVar[str] = "agreement_id"

    agreement_id: UUID
    pair_id: UUID
    programme_id: UUID
    cadence: Cadence
    channels: tuple[ChannelKind, ...]
    expected_end: date
    may_outlive_programme: bool
    origin: AgreementOrigin
    made_at: AwareDatetime


class CheckinDue(Event):
    """One partner of a pair is to be asked how it goes.

    Attributes:
        participant_id: Who is asked.
        side: What the participant is in the pair.
        partner_id: The other one of the pair.
        round: For which month: 12 times its year, and the months before it in that year.
        due_at: The moment for which it was planned, on the programme's weekday and hour in the
            participant's own time zone.
    """

    topic: ClassVar[Topic] = Topic("checkin-due", Kind.FACT, "pair_id", "checkins")
    subject_field: ClassVar[str] = "checkin_id"

    checkin_id: UUID
    pair_id: UUID
    programme_id: UUID
    participant_id: UUID
    side: Side
    partner_id: UUID
    round: int = Field(ge=0)
    due_at: AwareDatetime


class CheckinAnswered(Event):
    """One partner has answered; the words stay with checkins.

    Attributes:
        goal_rating: How well the participant did on their last goal, 1 to 5; None if there was
            none.
    """

    topic: ClassVar[Topic] = Topic("checkin-answered", Kind.FACT, "pair_id", "checkins")
    subject_field: ClassVar[str] = "checkin_id"

    checkin_id: UUID
    pair_id: UUID
    programme_id: UUID
    participant_id: UUID
    round: int = Field(ge=0)
    goal_rating: int | None = Field(default=None, ge=1, le=5)
    answered_at: AwareDatetime


class SessionRated(Event):
    """One partner says that the two have met, and how it was.

    Attributes:
        rating: From 1 to 5, the best.
    """

    topic: ClassVar[Topic] = Topic("session-rated", Kind.FACT, "pair_id", "checkins")
    subject_field: ClassVar[str] = "session_id"

    session_id: UUID
    pair_id: UUID
    programme_id: UUID
    participant_id: UUID
    rating: int = Field(ge=1, le=5)
    rated_at: AwareDatetime
