"""Dates, shares and reasons as pages say them."""

from datetime import UTC, date, datetime

import pytest

from services.portal.domain.words import day, listed, moment, readable, reason_in_words, share


class TestDates:
    def test_are_written_out(self) -> None:
        assert day(date(2027, 3, 3)) == day("2027-03-03") == "3 March 2027"

    def test_name_the_place_whose_clocks_are_meant(self) -> None:
        instant = datetime(2027, 3, 3, 9, tzinfo=UTC)

        assert moment(instant, "Europe/Vienna") == "Wednesday, 3 March 2027, 10:00 (Vienna time)"
        assert moment(instant, "America/New_York").endswith("04:00 (New York time)")


class TestReasons:
    @pytest.mark.parametrize(
        ("term", "to_mentee", "words"),
        [
            ("department", True, "You both work in Sales."),
            ("wanted-department", True, "Ana works in Sales, which you want to get to know."),
            ("wanted-department", False, "You work in Sales, which Ana wants to get to know."),
            ("seniority", False, "You work at a more senior level than Ana."),
        ],
    )
    def test_are_told_from_where_one_stands(
        self,
        term: str,
        to_mentee: bool,  # noqa: FBT001
        words: str,
    ) -> None:
        reason = {"term": term, "codes": ["Sales"]}

        assert reason_in_words(reason, "Ana", to_mentee=to_mentee) == words

    def test_that_are_newer_are_left_out(self) -> None:
        assert reason_in_words({"term": "stars", "codes": []}, "Ana", to_mentee=True) is None


def test_lists_and_shares_read_well() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["", "a", "a, b and c"]
    assert [share(1, 3), share(0, 0)] == ["33 %", ""]
    assert [readable("public-speaking"), readable("R&D-team")] == ["public speaking", "R&D-team"]
