"""What matching tells: pairs that begin and end, and who got none."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from tandem_events.codes import Coded, EndReason, Term, UnplacedReason
from tandem_events.event import Event, Part
from tandem_events.topics import Kind, Topic


class Reason(Part):
    """Why two people were matched: a term, its points, and what they share in it.

    Attributes:
        term: Which comparison gave the points.
        points: How many, from 1.
        codes: What was found in common: departments, interests, a field of study.
    """

    term: Term
    points: int
    codes: tuple[Coded, ...] = ()


class PairFormed(Event):
    """A mentor and a mentee are a pair from now on."""

    topic: ClassVar[Topic] = Topic("pair-formed", Kind.FACT, "pair_id", "matching")
    subject_field: ClassVar[str] = "pair_id"

    pair_id: UUID
    programme_id: UUID
    run_id: UUID
    mentor_id: UUID
    mentee_id: UUID
    reasons: tuple[Reason, ...]
    formed_at: AwareDatetime


class PairEnded(Event):
    """A pair's mentorship is over."""

    topic: ClassVar[Topic] = Topic("pair-ended", Kind.FACT, "pair_id", "matching")
    subject_field: ClassVar[str] = "pair_id"

    pair_id: UUID
    programme_id: UUID
    mentor_id: UUID
    mentee_id: UUID
    reason: EndReason
    ended_at: AwareDatetime


class ParticipantUnplaced(Event):
    """A published match run found no partner for a mentee."""

    topic: ClassVar[Topic] = Topic("participant-unplaced", Kind.FACT, "participant_id", "matching")
    subject_field: ClassVar[str] = "participant_id"

    participant_id: UUID
    programme_id: UUID
    run_id: UUID
    reason: UnplacedReason
    published_at: AwareDatetime
