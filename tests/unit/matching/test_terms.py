"""The scored terms, one by one."""

import pytest

from services.matching.domain.terms import (
    Reason,
    Traits,
    WeightOutOfBounds,
    Weights,
    may_guide,
    reasons_for,
    weights_of,
)


def somebody(
    department: str = "Sales",
    *,
    wants: tuple[str, ...] = (),
    level: int = 1,
    interests: tuple[str, ...] = (),
    studied: str | None = None,
) -> Traits:
    return Traits(department, frozenset(wants), level, frozenset(interests), studied)


def the(term: str, mentee: Traits, mentor: Traits) -> Reason | None:
    reasons = reasons_for(mentee, mentor, Weights())
    return next((reason for reason in reasons if reason.term == term), None)


class TestDepartment:
    def test_the_same_department_gives_points_and_names_it(self) -> None:
        assert the("department", somebody("HR"), somebody("HR")) == Reason(
            "department", 15, ("HR",)
        )

    def test_another_department_gives_none(self) -> None:
        assert the("department", somebody("HR"), somebody("Sales")) is None

    def test_a_mentor_from_a_wanted_department_gives_points_and_names_it(self) -> None:
        mentee = somebody("HR", wants=("Research", "Sales"))

        assert the("wanted-department", mentee, somebody("Sales")) == Reason(
            "wanted-department", 30, ("Sales",)
        )

    def test_what_the_mentor_wants_does_not_count(self) -> None:
        mentor = somebody("Sales", wants=("HR",))

        assert the("wanted-department", somebody("HR"), mentor) is None


class TestSeniority:
    @pytest.mark.parametrize(("gap", "points"), [(1, 20), (2, 20), (3, 10), (4, 10)])
    def test_a_mentor_above_gives_most_when_one_or_two_levels_ahead(
        self, gap: int, points: int
    ) -> None:
        assert the("seniority", somebody(level=1), somebody(level=1 + gap)) == Reason(
            "seniority", points
        )

    def test_a_peer_may_guide_but_earns_no_points_for_it(self) -> None:
        mentee, peer = somebody(level=2), somebody(level=2)

        assert may_guide(mentee, peer)
        assert the("seniority", mentee, peer) is None

    def test_nobody_is_guided_by_somebody_below_them(self) -> None:
        assert not may_guide(somebody(level=3), somebody(level=2))


class TestInterests:
    def test_points_go_by_the_share_of_the_mentees_interests(self) -> None:
        mentee = somebody(interests=("data", "law"))

        assert the("interests", mentee, somebody(interests=("data",))) == Reason(
            "interests", 12, ("data",)
        )

    def test_three_shared_interests_are_enough_however_many_there_are(self) -> None:
        mentee = somebody(interests=("a", "b", "c", "d", "e", "f"))

        assert the("interests", mentee, somebody(interests=("c", "a", "b"))) == Reason(
            "interests", 25, ("a", "b", "c")
        )

    def test_no_interests_of_the_mentees_give_no_points(self) -> None:
        assert the("interests", somebody(), somebody(interests=("a",))) is None


class TestEducation:
    def test_the_same_field_gives_points_and_names_it(self) -> None:
        assert the("education", somebody(studied="law"), somebody(studied="law")) == Reason(
            "education", 10, ("law",)
        )

    def test_two_unknown_fields_are_not_the_same_one(self) -> None:
        assert the("education", somebody(), somebody()) is None


class TestWeights:
    def test_the_defaults_make_a_hundred(self) -> None:
        assert Weights().total == 100

    def test_a_policy_changes_what_it_names_and_leaves_the_rest(self) -> None:
        assert weights_of({"wanted-department": 50, "other": 7}) == Weights(wanted_department=50)

    def test_a_term_of_no_weight_is_no_reason(self) -> None:
        reasons = reasons_for(somebody("HR"), somebody("HR"), Weights(department=0))

        assert reasons == ()

    @pytest.mark.parametrize("points", [-1, 1001])
    def test_a_weight_out_of_bounds_is_refused_by_name(self, points: int) -> None:
        with pytest.raises(WeightOutOfBounds, match="wanted-department"):
            weights_of({"wanted-department": points})
