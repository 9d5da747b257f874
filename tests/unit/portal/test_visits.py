"""Where visitors may be sent on, and which addresses are worth looking for."""

from datetime import timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.domain.visits import host_of, is_over, looks_like_an_address, our_page
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


PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]


class TestHostOf:
    @pytest.mark.parametrize("told", ["", "203.0.113.9", "203.0.113.9, 10.0.0.2"])
    def test_is_the_one_that_connects_if_no_proxy_is_trusted(self, told: str) -> None:
        assert host_of("10.0.0.1", told, []) == "10.0.0.1"

    def test_of_a_stranger_is_not_what_the_stranger_says(self) -> None:
        assert host_of("192.0.2.7", "203.0.113.9", PROXIES) == "192.0.2.7"

    @pytest.mark.parametrize(
        ("peer", "told", "host"),
        [
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.1, 203.0.113.9,10.0.0.2 ", "203.0.113.9"),
            ("::ffff:10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
            ("2001:db8::1", "[2001:470::5]:4711", "2001:470::5"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.2"),
            ("", "203.0.113.9", ""),
        ],
    )
    def test_behind_trusted_proxies_is_found_from_the_right(
        self, peer: str, told: str, host: str
    ) -> None:
        assert host_of(peer, told, PROXIES) == host

    @given(st.text(max_size=60))
    def test_of_whatever_is_said_is_some_host(self, told: str) -> None:
        assert host_of("10.0.0.1", told, PROXIES)
