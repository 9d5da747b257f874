import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.addresses import UnusableAddress, routable


class TestRoutable:
    @pytest.mark.parametrize(
        "address", ["ana@example.com", "ana.k+tandem@sub.example.com", "o'neil@localhost"]
    )
    def test_takes_the_usual_forms(self, address: str) -> None:
        assert routable(address) == address

    def test_writes_a_domain_outside_ascii_as_dns_knows_it(self) -> None:
        assert routable("ana@exämple.com") == "ana@xn--exmple-cua.com"

    @pytest.mark.parametrize(
        "address",
        [
            "", "ana", "@example.com", "ana@", "ana kovac@example.com", "ana@exa mple.com",
            "ana@example.com\r\nRCPT TO:<eve@example.com>", "<ana@example.com>", "aña@example.com",
            '"ana"@example.com', "ana..k@example.com", "ana@-example.com", "ana@example..com",
            "a" * 65 + "@example.com", "ana@[127.0.0.1]", "ana@example.com,eve@example.com",
        ],
    )  # fmt: skip
    def test_refuses_what_a_server_cannot_be_given(self, address: str) -> None:
        with pytest.raises(UnusableAddress):
            routable(address)

    @given(st.text(max_size=300))
    def test_never_lets_through_what_could_end_a_command(self, address: str) -> None:
        try:
            result = routable(address)
        except UnusableAddress:
            return

        assert result.isascii()
        assert result.isprintable()
        assert not set(result) & set(' <>,;:"()[]\\')

    @given(st.text(min_size=1))
    def test_does_not_repeat_the_address_in_its_refusal(self, address: str) -> None:
        with pytest.raises(UnusableAddress) as refused:
            routable(f"<{address}>@secret-domain.example")

        assert "secret-domain" not in str(refused.value)
