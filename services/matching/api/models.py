"""What matching's API answers with."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

RunState = Literal["queued", "running", "proposed", "published", "failed"]


class Answer(BaseModel):
    """Read from the attributes of a store's value."""

    model_config = ConfigDict(from_attributes=True)


class QueuedRun(Answer):
    """A run that a worker will take up."""

    run_id: UUID
    state: Literal["queued"] = "queued"


class RunAnswer(Answer):
    """A match run; what its state has not reached yet is null.

    Of the proposal: the mentees, mentors and free places it had, how many it placed, with how many
    points in all, and whether that is proven to be the most. Of the publication: how many pairs
    were formed, how many proposed ones were left out because somebody had left, and how many
    mentees were told that they have no partner.
    """

    run_id: UUID
    programme_id: UUID
    state: RunState
    requested_at: datetime
    mentees: int | None
    mentors: int | None
    places: int | None
    placed: int | None
    unplaced: int | None
    total_points: int | None
    optimal: bool | None
    proposed_at: datetime | None
    published_at: datetime | None
    formed: int | None
    left_out: int | None
    told_unplaced: int | None
    failure: str | None


class ReasonAnswer(Answer):
    """One term of a pair's score."""

    term: str
    points: int
    codes: tuple[str, ...]


class ProposalAnswer(Answer):
    """A proposed pair; `pair_id` once it has become one."""

    mentee_id: UUID
    mentor_id: UUID
    points: int
    reasons: tuple[ReasonAnswer, ...]
    pair_id: UUID | None


class UnplacedAnswer(Answer):
    """A mentee without a proposed partner: `no-place-left` or `no-suitable-partner`."""

    mentee_id: UUID
    reason: str


class PairAnswer(Answer):
    """A pair."""

    pair_id: UUID
    programme_id: UUID
    run_id: UUID
    mentor_id: UUID
    mentee_id: UUID
    points: int
    reasons: tuple[ReasonAnswer, ...]
    formed_at: datetime
    ended_at: datetime | None
    end_reason: str | None


class PoolAnswer(Answer):
    """How large a programme's pool is.

    A participant who is both counts as mentor and as mentee. Waiting are mentees without a mentor.
    What intake tells arrives a moment later: until then the programme's state is null, the pool
    empty or not whole, and a match run can't start.
    """

    programme_state: str | None
    participants: int
    mentors: int
    places: int
    free_places: int
    mentees: int
    waiting: int
