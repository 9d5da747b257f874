"""Tokens: only what a trusted issuer signed, for us, and only while it is good."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.auth import (
    Form,
    Issuer,
    Role,
    TokenExpired,
    TokenRefused,
    verify_form_token,
    verify_token,
)
from shared.ids import new_id
from tests.support.room import ISSUER, LINKS, PRIVATE_KEY, TRUSTED, TRUSTED_LINKS

MINUTE = timedelta(minutes=1)


class TestAnAccessToken:
    def test_says_who_calls_and_as_what(self) -> None:
        token = ISSUER.access_token("someone", [Role.COORDINATOR], MINUTE)

        caller = verify_token(token, TRUSTED)

        assert (caller.subject, caller.roles) == ("someone", frozenset({Role.COORDINATOR}))

    def test_is_refused_when_it_has_expired(self) -> None:
        token = ISSUER.access_token("someone", [Role.COORDINATOR], -MINUTE)

        with pytest.raises(TokenRefused, match="expired"):
            verify_token(token, TRUSTED)

    def test_of_another_issuer_is_refused(self) -> None:
        token = Issuer("elsewhere", PRIVATE_KEY).access_token("someone", [], MINUTE)

        with pytest.raises(TokenRefused):
            verify_token(token, TRUSTED)

    def test_signed_with_another_key_is_refused(self) -> None:
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        token = Issuer("tandem", pem.decode()).access_token("someone", [], MINUTE)

        with pytest.raises(TokenRefused):
            verify_token(token, TRUSTED)

    def test_signed_with_nothing_is_refused(self) -> None:
        claims = {"iss": "tandem", "aud": "tandem", "sub": "x", "iat": 0, "exp": 2**40}
        forged = jwt.encode(claims, "", algorithm="none")

        with pytest.raises(TokenRefused):
            verify_token(forged, TRUSTED)

    def test_that_is_good_for_ever_is_refused(self) -> None:
        claims = {"iss": "tandem", "aud": "tandem", "sub": "x", "iat": 0, "exp": 2**40}
        token = jwt.encode(claims, PRIVATE_KEY, algorithm="EdDSA")

        with pytest.raises(TokenRefused, match="too long"):
            verify_token(token, TRUSTED)

    def test_gives_no_role_that_we_do_not_know(self) -> None:
        exp = int(datetime.now(UTC).timestamp()) + 60
        claims = {"iss": "tandem", "aud": "tandem", "sub": "x", "iat": exp - 120, "exp": exp,
                  "roles": ["emperor", "clerk", {}]}  # fmt: skip
        token = jwt.encode(claims, PRIVATE_KEY, algorithm="EdDSA")

        assert verify_token(token, TRUSTED).roles == {Role.CLERK}

    def test_of_an_issuer_whose_name_another_uses_is_refused(self) -> None:
        token = Issuer("somebody", PRIVATE_KEY).access_token("someone", [], MINUTE)

        with pytest.raises(TokenRefused):
            verify_token(token, TRUSTED)


class TestAFormToken:
    def test_names_one_form_of_one_person_and_gives_no_role(self) -> None:
        form = Form("checkin", new_id(), new_id())

        caller = verify_form_token(LINKS.form_token(form, MINUTE), TRUSTED_LINKS)

        assert (caller.form, caller.roles) == (form, frozenset())

    def test_that_was_good_once_is_told_apart(self) -> None:
        token = LINKS.form_token(Form("checkin", new_id(), new_id()), -MINUTE)

        with pytest.raises(TokenExpired):
            verify_form_token(token, TRUSTED_LINKS)

    def test_opens_nothing_that_needs_an_access_token(self) -> None:
        token = Issuer("tandem", PRIVATE_KEY).form_token(Form("x", new_id(), new_id()), MINUTE)

        with pytest.raises(TokenRefused):
            verify_token(token, TRUSTED)

    def test_is_not_what_an_access_token_can_be_used_as(self) -> None:
        token = LINKS.access_token(str(new_id()), [Role.COORDINATOR], MINUTE)

        with pytest.raises(TokenRefused):
            verify_form_token(token, TRUSTED_LINKS)

    def test_with_one_letter_changed_is_refused(self) -> None:
        token = LINKS.form_token(Form("checkin", new_id(), new_id()), MINUTE)
        place = token.rindex(".") + 10
        other = "A" if token[place] != "A" else "B"

        with pytest.raises(TokenRefused):
            verify_form_token(token[:place] + other + token[place + 1 :], TRUSTED_LINKS)
