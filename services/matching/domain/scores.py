"""All pairs at once: the rules of `terms` as arithmetic on arrays, mentees down, mentors across."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.problem import LEAST_POINTS, Problem
from services.matching.domain.terms import (
    ENOUGH_INTERESTS,
    Traits,
    Weights,
    seniority_points,
)

_Name = TypeVar("_Name", bound=Hashable)

Points = NDArray[np.int32]
Allowed = NDArray[np.bool_]


def score_matrix(mentees: Sequence[Traits], mentors: Sequence[Traits], weights: Weights) -> Points:
    """Every pair's points: the sum that `reasons_for` explains.

    Returns:
        An array of shape (mentees, mentors).
    """
    gaps = _gaps(mentees, mentors)
    return (
        weights.department * _same_department(mentees, mentors)
        + weights.wanted_department * _wanted_department(mentees, mentors)
        + _seniority_points(gaps, weights)
        + _interest_points(mentees, mentors, weights)
        + weights.education * _same_education(mentees, mentors)
    ).astype(np.int32)


def allowed_matrix(problem: Problem, points: Points) -> Allowed:
    """Which pairs may be proposed at all.

    Not: with a mentor of a lower level, with nothing in common, with oneself (a person can be
    enrolled as both), and the pairs that the problem forbids.
    """
    gaps = _gaps([m.traits for m in problem.mentees], [m.traits for m in problem.mentors])
    allowed = (points >= LEAST_POINTS) & (gaps >= 0) & ~_same_person(problem)
    rows = {mentee.participant_id: row for row, mentee in enumerate(problem.mentees)}
    columns = {mentor.participant_id: column for column, mentor in enumerate(problem.mentors)}
    for mentee_id, mentor_id in problem.forbidden:
        if mentee_id in rows and mentor_id in columns:
            allowed[rows[mentee_id], columns[mentor_id]] = False
    return np.asarray(allowed, dtype=np.bool_)


def _same_person(problem: Problem) -> Allowed:
    mentees = [mentee.person_id for mentee in problem.mentees]
    mentors = [mentor.person_id for mentor in problem.mentors]
    return _equal(mentees, mentors)


def _gaps(mentees: Sequence[Traits], mentors: Sequence[Traits]) -> NDArray[np.int32]:
    below = np.array([mentee.seniority for mentee in mentees], dtype=np.int32)
    above = np.array([mentor.seniority for mentor in mentors], dtype=np.int32)
    return above[None, :] - below[:, None]


def _seniority_points(gaps: NDArray[np.int32], weights: Weights) -> Points:
    if gaps.size == 0:
        return gaps
    lowest = int(gaps.min())
    table = [seniority_points(gap, weights) for gap in range(lowest, int(gaps.max()) + 1)]
    return np.asarray(np.array(table, dtype=np.int32)[gaps - lowest], dtype=np.int32)


def _same_department(mentees: Sequence[Traits], mentors: Sequence[Traits]) -> Allowed:
    return _equal([m.department for m in mentees], [m.department for m in mentors])


def _wanted_department(mentees: Sequence[Traits], mentors: Sequence[Traits]) -> Points:
    wanted = [mentee.wanted_departments for mentee in mentees]
    theirs = [frozenset({mentor.department}) for mentor in mentors]
    return _in_common(wanted, theirs)


def _interest_points(
    mentees: Sequence[Traits], mentors: Sequence[Traits], weights: Weights
) -> Points:
    shared = _in_common([m.interests for m in mentees], [m.interests for m in mentors])
    lengths = np.array([len(mentee.interests) for mentee in mentees], dtype=np.int32)[:, None]
    enough = np.minimum(lengths, ENOUGH_INTERESTS)
    points = weights.interests * np.minimum(shared, enough) // np.maximum(enough, 1)
    return points.astype(np.int32)


def _same_education(mentees: Sequence[Traits], mentors: Sequence[Traits]) -> Points:
    return _in_common([_studied(m) for m in mentees], [_studied(m) for m in mentors])


def _studied(someone: Traits) -> frozenset[str]:
    return frozenset() if someone.education_field is None else frozenset({someone.education_field})


def _equal(rows: Sequence[_Name], columns: Sequence[_Name]) -> Allowed:
    numbers = _numbered((*rows, *columns))
    down = np.array([numbers[name] for name in rows], dtype=np.int32)
    across = np.array([numbers[name] for name in columns], dtype=np.int32)
    return np.equal(down[:, None], across[None, :])


def _in_common(rows: Sequence[frozenset[str]], columns: Sequence[frozenset[str]]) -> Points:
    """How many codes each row shares with each column."""
    numbers = _numbered(code for codes in (*rows, *columns) for code in sorted(codes))
    shared = _incidence(rows, numbers) @ _incidence(columns, numbers).T
    return shared.astype(np.int32)


def _incidence(sets: Sequence[frozenset[str]], numbers: dict[str, int]) -> NDArray[np.float32]:
    table = np.zeros((len(sets), len(numbers)), dtype=np.float32)
    for row, codes in enumerate(sets):
        table[row, [numbers[code] for code in codes]] = 1
    return table


def _numbered(names: Iterable[_Name]) -> dict[_Name, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}
