"""One person: what a change makes of them."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.person import (
    Details,
    Person,
    StaleVersion,
    amended,
    changed_fields,
    check_version,
)
from tests.support.room import NOON

ANA = Details(
    "E1", "Ana Lima", "ana@example.com", "Sales", 2, None, None, "Europe/Berlin", "de", (1, 2)
)
HELD = Person(UUID(int=1), ANA, None, version=4)

people = st.builds(
    Details,
    st.just("E1"), st.sampled_from(["Ana", "Zoë"]), st.just("a@example.com"), st.just("Law"),
    st.integers(1, 3), st.none(), st.none(), st.just("UTC"), st.just("en"), st.just((1,)),
)  # fmt: skip


class TestAmended:
    def test_counts_a_change_of_details(self) -> None:
        law = ANA._replace(department="Law")

        assert amended(HELD, law, active=True, now=NOON) == replace(HELD, details=law, version=5)

    def test_counts_leaving_and_coming_back(self) -> None:
        left = amended(HELD, ANA, active=False, now=NOON)

        assert (left.left_at, left.version) == (NOON, 5)
        assert amended(left, ANA, active=True, now=NOON) == replace(HELD, version=6)

    @given(details=people, active=st.booleans())
    def test_a_second_time_changes_nothing(self, *, details: Details, active: bool) -> None:
        once = amended(HELD, details, active=active, now=NOON)

        assert amended(once, details, active=active, now=NOON.replace(year=2030)) is once


class TestCheckVersion:
    @pytest.mark.parametrize("expected", [None, 4])
    def test_lets_pass_who_knows_the_person_or_does_not_mind(self, expected: int | None) -> None:
        check_version(HELD, expected)

    def test_refuses_who_knows_an_older_one(self) -> None:
        with pytest.raises(StaleVersion, match="at version 4, no longer at 3") as refused:
            check_version(HELD, 3)

        assert (refused.value.expected, refused.value.held) == (3, 4)


def test_changed_fields_are_named() -> None:
    assert changed_fields(ANA, ANA._replace(title="Counsel", seniority=3)) == {"title", "seniority"}
