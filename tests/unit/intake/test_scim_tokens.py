"""Which SCIM tokens are good."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.scim.tokens import (
    NOTED_EVERY,
    PREFIX_BYTES,
    SECRET_BYTES,
    HeldToken,
    TokenParts,
    hash_of,
    is_good,
    is_worth_noting,
    token_from,
    token_parts,
)
from shared.ids import new_id

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SIZE = PREFIX_BYTES + SECRET_BYTES


def held(parts: TokenParts, **other: datetime | None) -> HeldToken:
    values: dict[str, datetime | None] = {"last_used_at": None, "revoked_at": None, **other}
    return HeldToken(
        new_id(), parts.prefix, hash_of(parts.secret), "Entra", NOON, NOON + timedelta(days=1),
        values["last_used_at"], values["revoked_at"],
    )  # fmt: skip


class TestAToken:
    @given(st.binary(min_size=SIZE, max_size=SIZE))
    def test_is_read_as_it_was_written(self, random: bytes) -> None:
        parts = token_from(random)

        assert token_parts(str(parts)) == parts

    @pytest.mark.parametrize("text", ["", "tandem-scim_ab_cd", "x" * 90, "tandem-scim_" + "0" * 77])
    def test_of_another_form_is_none(self, text: str) -> None:
        assert token_parts(text) is None

    def test_is_good_until_the_instant_of_its_expiry(self) -> None:
        parts = token_from(bytes(SIZE))
        token = held(parts)

        assert is_good(token, parts.secret, token.expires_at - timedelta(microseconds=1))
        assert not is_good(token, parts.secret, token.expires_at)

    def test_is_not_good_once_revoked_or_with_another_secret_or_unknown(self) -> None:
        parts, other = token_from(bytes(SIZE)), token_from(bytes(range(SIZE)))

        assert not is_good(held(parts, revoked_at=NOON), parts.secret, NOON)
        assert not is_good(held(parts), other.secret, NOON)
        assert not is_good(None, parts.secret, NOON)
        assert not is_good(None, "", NOON)

    def test_is_noted_at_its_first_use_and_then_once_a_minute(self) -> None:
        parts = token_from(bytes(SIZE))

        assert is_worth_noting(held(parts), NOON)
        used = held(parts, last_used_at=NOON)
        assert not is_worth_noting(used, NOON + NOTED_EVERY - timedelta(seconds=1))
        assert is_worth_noting(used, NOON + NOTED_EVERY)
