"""Tokens: only what a trusted issuer signed, for us, and only while it is good."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.auth import Role, TokenRefused, issue_token, verify_token
from tests.support.room import PRIVATE_KEY, PUBLIC_KEY

MINUTE = timedelta(minutes=1)


class TestAToken:
    def test_says_who_calls_and_as_what(self) -> None:
        token = issue_token(PRIVATE_KEY, "tandem", "someone", [Role.COORDINATOR], MINUTE)

        caller = verify_token(token, PUBLIC_KEY, "tandem")

        assert (caller.subject, caller.roles) == ("someone", frozenset({Role.COORDINATOR}))

    def test_is_refused_when_it_has_expired(self) -> None:
        token = issue_token(PRIVATE_KEY, "tandem", "someone", [Role.COORDINATOR], -MINUTE)

        with pytest.raises(TokenRefused, match="expired"):
            verify_token(token, PUBLIC_KEY, "tandem")

    def test_of_another_issuer_is_refused(self) -> None:
        token = issue_token(PRIVATE_KEY, "elsewhere", "someone", [Role.COORDINATOR], MINUTE)

        with pytest.raises(TokenRefused):
            verify_token(token, PUBLIC_KEY, "tandem")

    def test_signed_with_another_key_is_refused(self) -> None:
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        token = issue_token(pem.decode(), "tandem", "someone", [Role.COORDINATOR], MINUTE)

        with pytest.raises(TokenRefused):
            verify_token(token, PUBLIC_KEY, "tandem")

    def test_signed_with_nothing_is_refused(self) -> None:
        claims = {"iss": "tandem", "aud": "tandem", "sub": "x", "iat": 0, "exp": 2**40}
        forged = jwt.encode(claims, "", algorithm="none")

        with pytest.raises(TokenRefused):
            verify_token(forged, PUBLIC_KEY, "tandem")

    def test_that_is_good_for_ever_is_refused(self) -> None:
        claims = {"iss": "tandem", "aud": "tandem", "sub": "x", "iat": 0, "exp": 2**40}
        token = jwt.encode(claims, PRIVATE_KEY, algorithm="EdDSA")

        with pytest.raises(TokenRefused, match="too long"):
            verify_token(token, PUBLIC_KEY, "tandem")

    def test_gives_no_role_that_we_do_not_know(self) -> None:
        exp = int(datetime.now(UTC).timestamp()) + 60
        claims = {"iss": "tandem", "aud": "tandem", "sub": "x", "iat": exp - 120, "exp": exp,
                  "roles": ["emperor", "clerk", {}]}  # fmt: skip
        token = jwt.encode(claims, PRIVATE_KEY, algorithm="EdDSA")

        assert verify_token(token, PUBLIC_KEY, "tandem").roles == {Role.CLERK}
