"""The seam between matching and the engine that solves it: plain values in, plain values out.

Nothing here needs numpy, so that the service starts without it; an engine lives in its own module
(today `assignment.solve`) and runs in the worker process.
"""

from dataclasses import dataclass
from uuid import UUID

from services.matching.domain.terms import Reason, Traits, Weights

LEAST_POINTS = 1
"""A pair that shares nothing cannot be explained to the two people, so it is not proposed."""

NO_PLACE_LEFT = "no-place-left"
NO_SUITABLE_PARTNER = "no-suitable-partner"


@dataclass(frozen=True, slots=True)
class Mentee:
    """A participant who waits for a mentor."""

    participant_id: UUID
    person_id: UUID
    traits: Traits


@dataclass(frozen=True, slots=True)
class Mentor:
    """A participant who offers places.

    Attributes:
        places: How many more mentees the mentor takes, from 0. A mentor without a free place is
            part of the problem all the same: a mentee whose only suitable mentors are full is
            told so, and not that nobody suits.
    """

    participant_id: UUID
    person_id: UUID
    places: int
    traits: Traits


@dataclass(frozen=True, slots=True)
class Problem:
    """Whom to place with whom.

    Attributes:
        mentees: Everybody who waits, each once, in any order.
        mentors: Everybody who mentors, each once, in any order.
        weights: How the terms are weighed.
        forbidden: Pairs (mentee, mentor) of participant ids that must not be proposed.
    """

    mentees: tuple[Mentee, ...]
    mentors: tuple[Mentor, ...]
    weights: Weights
    forbidden: frozenset[tuple[UUID, UUID]] = frozenset()


@dataclass(frozen=True, slots=True)
class ProposedPair:
    """A mentee placed with a mentor, and why."""

    mentee_id: UUID
    mentor_id: UUID
    points: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A mentee without a place.

    Attributes:
        reason: `no-suitable-partner` if no mentor may be proposed to them at all, free or not;
            otherwise `no-place-left`.
    """

    mentee_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Solution:
    """Who is placed with whom, in order of the mentees' ids.

    Attributes:
        total_points: The sum of all pairs' points.
        optimal: Whether it is proven that nobody more can be placed, and that no other proposal
            that places as many has more points.
    """

    pairs: tuple[ProposedPair, ...]
    unplaced: tuple[Unplaced, ...]
    total_points: int
    optimal: bool
