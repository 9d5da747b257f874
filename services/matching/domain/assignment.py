"""The engine of today: an optimal assignment over all pairs, by scipy.

Dense: memory grows with mentees times places (8 bytes each, some copies), which is right for some
thousands of either. A larger engine takes this one's place behind the same `solve`.
"""

from dataclasses import replace
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from services.matching.domain.problem import (
    NO_PLACE_LEFT,
    NO_SUITABLE_PARTNER,
    Mentee,
    Mentor,
    Problem,
    ProposedPair,
    Solution,
    Unplaced,
)
from services.matching.domain.scores import Allowed, Points, allowed_matrix, score_matrix
from services.matching.domain.terms import Weights, reasons_for


def solve(problem: Problem) -> Solution:
    """Place as many mentees as can be placed, and among all such proposals take the most points.

    The answer does not depend on the order in which people are given: everybody is put in order of
    participant id first. Of several equally good proposals it is the one that shortest augmenting
    paths (`scipy.optimize.linear_sum_assignment`) find in that order.
    """
    ordered = _in_order_of_id(problem)
    points = score_matrix(
        [mentee.traits for mentee in ordered.mentees],
        [mentor.traits for mentor in ordered.mentors],
        ordered.weights,
    )
    allowed = allowed_matrix(ordered, points)
    mentor_of = _assigned(points, allowed, _columns_of_places(ordered))
    return _explained(ordered, mentor_of, allowed)


def _in_order_of_id(problem: Problem) -> Problem:
    def by_id(someone: Mentee | Mentor) -> UUID:
        return someone.participant_id

    return replace(
        problem,
        mentees=tuple(sorted(problem.mentees, key=by_id)),
        mentors=tuple(sorted(problem.mentors, key=by_id)),
    )


def _columns_of_places(problem: Problem) -> NDArray[np.intp]:
    """For each place, the column of its mentor; nobody needs more places than there are mentees."""
    most = len(problem.mentees)
    places = [min(mentor.places, most) for mentor in problem.mentors]
    return np.repeat(np.arange(len(places), dtype=np.intp), places)


def _assigned(points: Points, allowed: Allowed, places: NDArray[np.intp]) -> dict[int, int]:
    """The best assignment, as mentee's row to mentor's column.

    A pair is worth its points and a bonus above all points that a whole proposal can gain, so that
    one more mentee placed outweighs any better fit; a pair that is not allowed is worth nothing
    and is left out of the answer.
    """
    most_pairs = min(len(points), len(places))
    if most_pairs == 0:
        return {}
    bonus = most_pairs * int(points.max()) + 1
    worth = np.where(allowed, points + float(bonus), 0.0)[:, places]
    rows, chosen = linear_sum_assignment(worth, maximize=True)
    columns = places[chosen]
    taken = allowed[rows, columns]
    return dict(zip(rows[taken].tolist(), columns[taken].tolist(), strict=True))


def _explained(problem: Problem, mentor_of: dict[int, int], allowed: Allowed) -> Solution:
    suited: list[bool] = np.asarray(allowed.any(axis=1)).tolist()
    pairs: list[ProposedPair] = []
    unplaced: list[Unplaced] = []
    for row, mentee in enumerate(problem.mentees):
        if row in mentor_of:
            mentor = problem.mentors[mentor_of[row]]
            pairs.append(_proposed(mentee, mentor, problem.weights))
        else:
            reason = NO_PLACE_LEFT if suited[row] else NO_SUITABLE_PARTNER
            unplaced.append(Unplaced(mentee.participant_id, reason))
    total = sum(pair.points for pair in pairs)
    return Solution(tuple(pairs), tuple(unplaced), total, optimal=True)


def _proposed(mentee: Mentee, mentor: Mentor, weights: Weights) -> ProposedPair:
    reasons = reasons_for(mentee.traits, mentor.traits, weights)
    points = sum(reason.points for reason in reasons)
    return ProposedPair(mentee.participant_id, mentor.participant_id, points, reasons)
