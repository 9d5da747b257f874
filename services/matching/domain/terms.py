"""The scored terms: what two people have in common, in points and codes.

`reasons_for` is the truth about a pair's score and the explanation of it. The table of all pairs
(`scores.score_matrix`) is only a faster way to the same sums.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from services.matching.domain.errors import MatchingError

MOST_POINTS_PER_TERM = 1000
"""With it a proposal's sums stay whole numbers that a float64 holds exactly."""

BEST_SENIORITY_GAPS = range(1, 3)
"""A mentor one or two levels ahead still remembers the step that the mentee has before them."""

ENOUGH_INTERESTS = 3
"""So many shared interests earn all points, however long a mentee's list is."""


class WeightOutOfBounds(MatchingError):
    """A programme's policy weighs a term with less than nothing or beyond all measure."""

    def __init__(self, term: str, points: int) -> None:
        self.term = term
        self.points = points
        super().__init__(
            f"The programme weighs {term} with {points} points; "
            f"a weight is between 0 and {MOST_POINTS_PER_TERM}."
        )


@dataclass(frozen=True, slots=True)
class Weights:
    """The most points that each term can give.

    Raises:
        WeightOutOfBounds: A weight is below 0 or above `MOST_POINTS_PER_TERM`.
    """

    department: int = 15
    wanted_department: int = 30
    seniority: int = 20
    interests: int = 25
    education: int = 10

    def __post_init__(self) -> None:
        for field in fields(self):
            points = getattr(self, field.name)
            if not 0 <= points <= MOST_POINTS_PER_TERM:
                raise WeightOutOfBounds(_term_of(field.name), points)

    @property
    def total(self) -> int:
        """The most points that a pair can have."""
        return sum(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a participant is compared.

    Attributes:
        department: Where the participant works.
        wanted_departments: Departments that the participant, as a mentee, wants to see.
        seniority: A level counted from 1, higher is more senior.
        interests: Career interests.
        education_field: What the participant studied, if that is known.
    """

    department: str
    wanted_departments: frozenset[str]
    seniority: int
    interests: frozenset[str]
    education_field: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One term of a pair's score.

    Attributes:
        term: Which comparison gave the points.
        points: How many, from 1.
        codes: What was found in common, in alphabetical order.
    """

    term: str
    points: int
    codes: tuple[str, ...] = ()


def weights_of(policy: Mapping[str, int]) -> Weights:
    """The weights of a programme: its policy's, the defaults where it is silent.

    Terms that are not known here are passed over.

    Raises:
        WeightOutOfBounds: The policy gives a term less than 0 or more than the most points.
    """
    known = {_term_of(field.name): field.name for field in fields(Weights)}
    return Weights(**{known[term]: points for term, points in policy.items() if term in known})


def reasons_for(mentee: Traits, mentor: Traits, weights: Weights) -> tuple[Reason, ...]:
    """Say why the two would make a pair: the terms that give points, in their usual order."""
    return tuple(reason for reason in _all_terms(mentee, mentor, weights) if reason.points > 0)


def may_guide(mentee: Traits, mentor: Traits) -> bool:
    """Whether the mentor's level allows it at all: at least the mentee's own.

    A mentee comes to learn from somebody who has gone at least as far. A peer of the same level
    can be of use in another field and is allowed, without seniority points; somebody below the
    mentee would be a pair the coordinator has to excuse, so being left waiting is the truer answer.
    """
    return mentor.seniority >= mentee.seniority


def _all_terms(mentee: Traits, mentor: Traits, weights: Weights) -> Iterator[Reason]:
    same_department = mentee.department == mentor.department
    yield Reason("department", weights.department * same_department, (mentor.department,))
    wanted = mentor.department in mentee.wanted_departments
    yield Reason("wanted-department", weights.wanted_department * wanted, (mentor.department,))
    yield Reason("seniority", seniority_points(mentor.seniority - mentee.seniority, weights))
    shared = mentee.interests & mentor.interests
    yield Reason("interests", _interest_points(mentee, len(shared), weights), tuple(sorted(shared)))
    if mentee.education_field is not None and mentee.education_field == mentor.education_field:
        yield Reason("education", weights.education, (mentee.education_field,))


def seniority_points(gap: int, weights: Weights) -> int:
    """Points for a mentor who is `gap` levels above: all for one or two, half for more."""
    if gap in BEST_SENIORITY_GAPS:
        return weights.seniority
    return weights.seniority // 2 if gap >= BEST_SENIORITY_GAPS.stop else 0


def _interest_points(mentee: Traits, shared: int, weights: Weights) -> int:
    enough = min(len(mentee.interests), ENOUGH_INTERESTS)
    return weights.interests * min(shared, enough) // enough if enough else 0


def _term_of(field_name: str) -> str:
    return field_name.replace("_", "-")
