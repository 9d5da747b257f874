"""Where visitors may be sent on, and which addresses are worth looking for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.domain.visits import is_over, looks_like_an_address, our_page
from tests.support.room import NOON


class TestOurPage:
    @pytest.mark.parametrize("path", ["/", "/home", "/my/checkins/0190?x=1"])
    def test_is_a_page_here(self, path: str) -> None:
        assert our_page(path) == path

    @pytest.mark.parametrize(
        "path", ["", "//evil.example", "/\\evil.example", "https://evil.example", "home", "/a\r\nb"]
    )
    def test_is_the_first_one_for_whatever_leads_elsewhere(self, path: str) -> None:
        assert our_page(path) == "/"

    @given(st.text(max_size=40))
    def test_never_names_another_host(self, path: str) -> None:
        page = our_page(path)

        assert page.startswith("/")
        assert not page.startswith(("//", "/\\"))
        assert page.isascii()


class TestLooksLikeAnAddress:
    @pytest.mark.parametrize("text", ["ana@example.com", "o'hara@x", "a@b@c"[:3]])
    def test_with_one_at_it_does(self, text: str) -> None:
        assert looks_like_an_address(text)

    @pytest.mark.parametrize("text", ["", "ana", "@", "a@", "@b", "a b@c", "a@b\x00", "a" * 300])
    def test_otherwise_it_does_not(self, text: str) -> None:
        assert not looks_like_an_address(text)


class TestALink:
    def test_is_good_for_ten_minutes(self) -> None:
        assert not is_over(NOON, NOON + timedelta(minutes=10))
        assert is_over(NOON, NOON + timedelta(minutes=10, seconds=1))
