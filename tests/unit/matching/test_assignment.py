"""The engine against the rules, and against trying everything."""

from collections import Counter
from dataclasses import replace
from itertools import product
from uuid import UUID

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.domain.assignment import solve
from services.matching.domain.problem import (
    LEAST_POINTS,
    NO_PLACE_LEFT,
    NO_SUITABLE_PARTNER,
    Mentee,
    Mentor,
    Problem,
    Solution,
)
from services.matching.domain.scores import score_matrix
from services.matching.domain.terms import Traits, Weights, may_guide, reasons_for

codes = st.sampled_from(["Sales", "HR", "Research", "law", "data"])
traits = st.builds(
    Traits,
    department=codes,
    wanted_departments=st.frozensets(codes, max_size=3),
    seniority=st.integers(1, 5),
    interests=st.frozensets(codes | st.sampled_from("abcd")),
    education_field=st.none() | codes,
)
points_of_a_term = st.integers(0, 40)
some_weights = st.builds(
    Weights, points_of_a_term, points_of_a_term, points_of_a_term, points_of_a_term
)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Small problems in which one person may be on both sides, and some pairs are forbidden."""
    ids = st.integers(1, 9).map(lambda number: UUID(int=number))
    mentee_ids = draw(st.lists(ids, max_size=4, unique=True))
    mentor_ids = draw(st.lists(ids, max_size=3, unique=True))
    mentees = tuple(Mentee(i, i, draw(traits)) for i in mentee_ids)
    mentors = tuple(Mentor(i, i, draw(st.integers(0, 2)), draw(traits)) for i in mentor_ids)
    forbidden = draw(st.frozensets(st.tuples(ids, ids), max_size=5))
    return Problem(mentees, mentors, draw(some_weights), forbidden)


def points(problem: Problem, mentee: Mentee, mentor: Mentor) -> int:
    reasons = reasons_for(mentee.traits, mentor.traits, problem.weights)
    return sum(reason.points for reason in reasons)


def allowed(problem: Problem, mentee: Mentee, mentor: Mentor) -> bool:
    return (
        points(problem, mentee, mentor) >= LEAST_POINTS
        and may_guide(mentee.traits, mentor.traits)
        and mentee.person_id != mentor.person_id
        and (mentee.participant_id, mentor.participant_id) not in problem.forbidden
    )


def best_by_trying_everything(problem: Problem) -> tuple[int, int]:
    """The most people that can be placed, and the most points with so many."""
    choices = [
        [None, *(mentor for mentor in problem.mentors if allowed(problem, mentee, mentor))]
        for mentee in problem.mentees
    ]
    return max(
        (
            sum(mentor is not None for mentor in choice),
            sum(
                points(problem, mentee, mentor)
                for mentee, mentor in zip(problem.mentees, choice, strict=True)
                if mentor is not None
            ),
        )
        for choice in product(*choices)
        if within_places(choice)
    )


def within_places(choice: tuple[Mentor | None, ...]) -> bool:
    taken = Counter(mentor for mentor in choice if mentor is not None)
    return all(count <= mentor.places for mentor, count in taken.items())


class TestScoreMatrix:
    @settings(deadline=None)
    @given(st.lists(traits, max_size=6), st.lists(traits, max_size=6), some_weights)
    def test_it_holds_the_sums_that_the_reasons_explain(
        self, mentees: list[Traits], mentors: list[Traits], weights: Weights
    ) -> None:
        explained = [
            [sum(r.points for r in reasons_for(mentee, mentor, weights)) for mentor in mentors]
            for mentee in mentees
        ]

        matrix = score_matrix(mentees, mentors, weights)

        assert matrix.shape == (len(mentees), len(mentors))
        assert np.array_equal(matrix, np.array(explained).reshape(matrix.shape))


class TestSolve:
    @settings(deadline=None)
    @given(problems())
    def test_nothing_that_one_could_try_places_more_or_fits_better(self, problem: Problem) -> None:
        solution = solve(problem)

        assert (len(solution.pairs), solution.total_points) == best_by_trying_everything(problem)

    @settings(deadline=None)
    @given(problems())
    def test_no_mentor_gets_more_mentees_than_places(self, problem: Problem) -> None:
        taken = Counter(pair.mentor_id for pair in solve(problem).pairs)

        assert all(taken[mentor.participant_id] <= mentor.places for mentor in problem.mentors)

    @settings(deadline=None)
    @given(problems())
    def test_only_allowed_pairs_are_proposed_each_with_its_own_reasons(
        self, problem: Problem
    ) -> None:
        mentees = {mentee.participant_id: mentee for mentee in problem.mentees}
        mentors = {mentor.participant_id: mentor for mentor in problem.mentors}

        for pair in solve(problem).pairs:
            mentee, mentor = mentees[pair.mentee_id], mentors[pair.mentor_id]
            assert allowed(problem, mentee, mentor)
            assert pair.reasons == reasons_for(mentee.traits, mentor.traits, problem.weights)
            assert pair.points == sum(reason.points for reason in pair.reasons)

    @settings(deadline=None)
    @given(problems())
    def test_everybody_is_placed_or_told_why_not(self, problem: Problem) -> None:
        solution = solve(problem)

        named = [p.mentee_id for p in solution.pairs] + [u.mentee_id for u in solution.unplaced]
        assert sorted(named) == sorted(mentee.participant_id for mentee in problem.mentees)
        for unplaced in solution.unplaced:
            suited = any(
                allowed(problem, mentee, mentor)
                for mentee in problem.mentees
                for mentor in problem.mentors
                if mentee.participant_id == unplaced.mentee_id
            )
            assert unplaced.reason == (NO_PLACE_LEFT if suited else NO_SUITABLE_PARTNER)

    @settings(deadline=None)
    @given(problems(), st.data())
    def test_the_order_in_which_people_are_given_does_not_matter(
        self, problem: Problem, data: st.DataObject
    ) -> None:
        mentees = data.draw(st.permutations(problem.mentees))
        mentors = data.draw(st.permutations(problem.mentors))
        shuffled = replace(problem, mentees=tuple(mentees), mentors=tuple(mentors))

        assert solve(shuffled) == solve(problem)

    def test_one_more_person_placed_outweighs_any_better_fit(self) -> None:
        anybody = Traits("Sales", frozenset(), 2, frozenset(), None)
        picky = Traits("HR", frozenset({"Sales"}), 2, frozenset(), None)
        hr_mentor = Traits("HR", frozenset(), 2, frozenset(), None)
        sales_mentor = Traits("Sales", frozenset(), 2, frozenset(), None)
        both_fit = Mentee(UUID(int=1), UUID(int=1), picky)
        only_sales_fits = Mentee(UUID(int=2), UUID(int=2), anybody)
        sales = Mentor(UUID(int=3), UUID(int=3), 1, sales_mentor)
        hr = Mentor(UUID(int=4), UUID(int=4), 1, hr_mentor)

        solution = solve(Problem((both_fit, only_sales_fits), (sales, hr), Weights()))

        assert {(pair.mentee_id.int, pair.mentor_id.int) for pair in solution.pairs} == {
            (1, 4),
            (2, 3),
        }
        assert solution.optimal

    def test_nobody_at_all_is_a_proposal_too(self) -> None:
        assert solve(Problem((), (), Weights())) == Solution((), (), 0, optimal=True)
