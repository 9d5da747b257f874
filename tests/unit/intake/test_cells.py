"""Rules of single cells."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain import cells
from services.intake.domain.cells import WrongCell


class TestText:
    def test_is_trimmed_and_composed(self) -> None:
        assert cells.name("  Zoe\u0308 \u00a0") == "Zoë"

    @pytest.mark.parametrize("wrong", ["a\x00b", "a\nb", "a\ud800b", "a\u2028b", "a\x1bb"])
    def test_that_cannot_be_written_in_one_line_is_refused(self, wrong: str) -> None:
        with pytest.raises(WrongCell):
            cells.name(wrong)

    def test_that_is_too_long_is_refused_with_both_lengths(self) -> None:
        with pytest.raises(WrongCell) as refused:
            cells.name("x" * 201)

        assert refused.value.reason == "has 201 characters; at most 200 can be kept"

    @given(st.text())
    def test_once_read_reads_the_same_again(self, anything: str) -> None:
        try:
            read = cells.plain(anything)
        except WrongCell:
            return

        assert cells.plain(read) == read
        assert unicodedata.is_normalized("NFC", read)


class TestEmail:
    @pytest.mark.parametrize(
        "right", ["ana@example.com", "o'neil+hr@a.b.example", "A.B@xn--mller-kva.de"]
    )
    def test_that_is_one_address_is_taken(self, right: str) -> None:
        assert cells.email(f" {right} ") == right

    @pytest.mark.parametrize(
        "wrong",
        [
            "ana", "ana@", "@example.com", "ana@localhost", "a b@example.com", "a@b@example.com",
            "ana@example.com,ben@example.com", "Ana <ana@example.com>", "ana@-x.example",
            "ana@example..com", ".ana@example.com", "ana@example.com\nbcc:x", "zoë@example.com",
            "x" * 65 + "@example.com", "a@" + "b" * 60 + "." + ("c" * 60 + ".") * 4 + "com",
        ],
    )  # fmt: skip
    def test_that_is_none_is_refused(self, wrong: str) -> None:
        with pytest.raises(WrongCell):
            cells.email(wrong)


class TestOtherCells:
    @pytest.mark.parametrize("wrong", ["", "0", "21", "-1", "1.5", "٣", "1e1", "9" * 5000])
    def test_a_number_out_of_form_or_bounds_is_refused(self, wrong: str) -> None:
        with pytest.raises(WrongCell):
            cells.whole_number(1, 20)(wrong)

    @pytest.mark.parametrize("wrong", ["Europe/Atlantis", "../etc/passwd", "europe/berlin", "CEST"])
    def test_an_unknown_time_zone_is_refused(self, wrong: str) -> None:
        with pytest.raises(WrongCell):
            cells.time_zone(wrong)

    def test_a_locale_may_be_written_with_an_underscore(self) -> None:
        assert cells.locale("pt_BR") == "pt-BR"

    def test_codes_come_once_each_in_their_order(self) -> None:
        assert cells.codes("Sales; R&D ;;Sales;Law") == ("Sales", "R&D", "Law")

    def test_working_days_come_sorted(self) -> None:
        assert cells.working_days("5; 1;3;1") == (1, 3, 5)

    @pytest.mark.parametrize("wrong", ["0", "8", "Mon", "12", ";", "1,2"])
    def test_anything_but_days_is_refused(self, wrong: str) -> None:
        with pytest.raises(WrongCell):
            cells.working_days(wrong)
