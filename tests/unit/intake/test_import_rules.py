"""What a file of people would change, and the guard against many leavers."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.imports import (
    Change,
    TooManyLeaving,
    changes,
    check_leaving,
    many_leave,
)
from services.intake.domain.person import Details

ANA = Details(
    "E1", "Ana Lima", "ana@example.com", "Sales", 2, None, None, "Europe/Berlin", "de", (1, 2)
)


class TestTheGuard:
    @pytest.mark.parametrize(("leaving", "active"), [(0, 0), (0, 5), (1, 10), (10_000, 100_000)])
    def test_lets_up_to_a_tenth_leave(self, leaving: int, active: int) -> None:
        check_leaving(leaving, active, None)

    @pytest.mark.parametrize(("leaving", "active"), [(1, 1), (1, 9), (11, 109), (10_001, 100_000)])
    def test_refuses_more_and_says_how_many(self, leaving: int, active: int) -> None:
        with pytest.raises(TooManyLeaving, match=f"{leaving} of {active} people") as refused:
            check_leaving(leaving, active, None)

        assert (refused.value.leaving, refused.value.active) == (leaving, active)

    @given(st.integers(1, 10**6), st.data())
    def test_takes_no_other_number_than_the_one_confirmed(
        self, active: int, data: st.DataObject
    ) -> None:
        leaving = data.draw(st.integers(0, active))
        confirmed = data.draw(st.none() | st.integers(0, active))

        let_go = False
        with contextlib.suppress(TooManyLeaving):
            check_leaving(leaving, active, confirmed)
            let_go = True

        assert let_go == (leaving / active <= 0.1 or confirmed == leaving)
        check_leaving(leaving, active, leaving)

    @given(st.integers(0, 10**6), st.integers(1, 10**6))
    def test_never_grows_stricter_with_more_people(self, leaving: int, active: int) -> None:
        if not many_leave(leaving, active):
            assert not many_leave(leaving, active + 1)


class TestChanges:
    def test_name_what_differs_from_what_to_what_in_order(self) -> None:
        after = ANA._replace(title="Counsel", department="Law")

        assert list(changes(ANA, after).items()) == [
            ("department", Change("Sales", "Law")),
            ("title", Change(None, "Counsel")),
        ]

    def test_of_the_same_are_none(self) -> None:
        assert changes(ANA, ANA) == {}

    def test_of_somebody_new_are_all_that_is_said(self) -> None:
        new = changes(None, ANA)

        assert new["name"] == Change(None, "Ana Lima")
        assert not new.keys() & {"education_level", "education_field", "title"}
