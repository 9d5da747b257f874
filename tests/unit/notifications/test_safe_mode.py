import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.safe_mode import MailOnlyTo, WrongMailOnlyTo


class TestMailOnlyTo:
    def test_an_empty_list_permits_everyone(self) -> None:
        assert MailOnlyTo.parse(" ").permits("ana@example.com")

    def test_a_listed_address_is_permitted_in_any_case(self) -> None:
        assert MailOnlyTo.parse("Ana@Example.com").permits("aNa@example.COM")

    def test_anybody_at_a_listed_domain_is_permitted(self) -> None:
        assert MailOnlyTo.parse("ana@example.com, @hr.example").permits("ben@hr.example")

    def test_the_colleague_of_a_listed_address_is_not(self) -> None:
        assert not MailOnlyTo.parse("ana@example.com").permits("ben@example.com")

    @pytest.mark.parametrize("address", ["ben@sub.hr.example", "ben@nothr.example", "ben@hr.exam"])
    def test_a_domain_that_is_only_similar_is_not(self, address: str) -> None:
        assert not MailOnlyTo.parse("@hr.example").permits(address)

    @pytest.mark.parametrize(
        "text", ["example.com", "ana@", "@", "ana@example.com;ben@example.com"]
    )
    def test_an_entry_that_is_neither_address_nor_domain_is_refused(self, text: str) -> None:
        with pytest.raises(WrongMailOnlyTo):
            MailOnlyTo.parse(text)

    @given(st.from_regex(r"[a-z]{1,9}@[a-z]{1,9}\.[a-z]{2,5}", fullmatch=True))
    def test_nobody_outside_the_list_is_ever_permitted(self, address: str) -> None:
        assert not MailOnlyTo.parse("ana@example.org1, @hr.example1").permits(address)
