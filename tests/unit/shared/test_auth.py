"""Tokens: only what a trusted issuer signed, for us, and only while it is good."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from shared.auth import (
    ENTRY_LIFE,
    FORM_LIFE,
    Form,
    FormKind,
    Issuer,
    Role,
    TokenExpired,
    TokenRefused,
    verify_entry_token,
    verify_form_token,
    verify_token,
)
from shared.ids import new_id
from tests.support.keys import COMMAND_LINE, LINKS, PORTAL, TRUSTED, TRUSTED_LINKS, new_private_key

MINUTE = timedelta(minutes=1)


class TestAnAccessToken:
    def test_says_who_calls_and_as_what(self) -> None:
        token = COMMAND_LINE.access_token("someone", [Role.COORDINATOR], MINUTE)

        caller = verify_token(token, TRUSTED)

        assert (caller.subject, caller.roles) == ("someone", frozenset({Role.COORDINATOR}))

    def test_is_refused_when_it_has_expired(self) -> None:
        token = COMMAND_LINE.access_token("someone", [Role.COORDINATOR], -MINUTE)

        with pytest.raises(TokenRefused, match="expired"):
            verify_token(token, TRUSTED)

    def test_of_another_issuer_is_refused(self) -> None:
        token = Issuer("elsewhere", COMMAND_LINE.private_key).access_token("someone", [], MINUTE)

        with pytest.raises(TokenRefused):
            verify_token(token, TRUSTED)

    def test_signed_with_another_key_is_refused(self) -> None:
        token = Issuer("tandem", new_private_key()).access_token("someone", [], MINUTE)

        with pytest.raises(TokenRefused):
            verify_token(token, TRUSTED)

    def test_signed_with_nothing_is_refused(self) -> None:
        claims = {"iss": "tandem", "aud": "tandem", "sub": "x", "iat": 0, "exp": 2**40}
        forged = jwt.encode(claims, "", algorithm="none")

        with pytest.raises(TokenRefused):
            verify_token(forged, TRUSTED)

    def test_that_is_good_for_ever_is_refused(self) -> None:
        claims = {"iss": "tandem", "aud": "tandem", "sub": "x", "iat": 0, "exp": 2**40}
        token = jwt.encode(claims, COMMAND_LINE.private_key, algorithm="EdDSA")

        with pytest.raises(TokenRefused, match="too long"):
            verify_token(token, TRUSTED)

    def test_gives_no_role_that_we_do_not_know(self) -> None:
        exp = int(datetime.now(UTC).timestamp()) + 60
        claims = {"iss": "tandem", "aud": "tandem", "sub": "x", "iat": exp - 120, "exp": exp,
                  "roles": ["emperor", "clerk", {}]}  # fmt: skip
        token = jwt.encode(claims, COMMAND_LINE.private_key, algorithm="EdDSA")

        assert verify_token(token, TRUSTED).roles == {Role.CLERK}

    def test_in_the_name_of_another_trusted_issuer_is_refused(self) -> None:
        token = Issuer("tandem", PORTAL.private_key).access_token("someone", [], MINUTE)

        with pytest.raises(TokenRefused):
            verify_token(token, TRUSTED)


class TestAFormToken:
    def test_names_one_form_of_one_person_and_gives_no_role(self) -> None:
        form = Form(FormKind.CHECKIN, new_id(), new_id())

        caller = verify_form_token(LINKS.form_token(form, MINUTE), TRUSTED_LINKS)

        assert (caller.form, caller.roles) == (form, frozenset())

    def test_that_was_good_once_is_told_apart(self) -> None:
        token = LINKS.form_token(Form(FormKind.CHECKIN, new_id(), new_id()), -MINUTE)

        with pytest.raises(TokenExpired):
            verify_form_token(token, TRUSTED_LINKS)

    def test_opens_nothing_that_needs_an_access_token(self) -> None:
        token = COMMAND_LINE.form_token(Form(FormKind.CHECKIN, new_id(), new_id()), MINUTE)

        with pytest.raises(TokenRefused):
            verify_token(token, TRUSTED)

    def test_is_not_what_an_access_token_can_be_used_as(self) -> None:
        token = LINKS.access_token(str(new_id()), [Role.COORDINATOR], MINUTE)

        with pytest.raises(TokenRefused):
            verify_form_token(token, TRUSTED_LINKS)

    def test_with_one_letter_changed_is_refused(self) -> None:
        token = LINKS.form_token(Form(FormKind.CHECKIN, new_id(), new_id()), MINUTE)
        place = token.rindex(".") + 10
        other = "A" if token[place] != "A" else "B"

        with pytest.raises(TokenRefused):
            verify_form_token(token[:place] + other + token[place + 1 :], TRUSTED_LINKS)

    @pytest.mark.parametrize("kind", FormKind)
    def test_lives_as_long_as_its_kind_may_at_most(self, kind: FormKind) -> None:
        token = LINKS.form_token(Form(kind, new_id(), new_id()), timedelta(days=400))

        claims = jwt.decode(token, options={"verify_signature": False})

        assert claims["exp"] - claims["iat"] == FORM_LIFE[kind].total_seconds()

    def test_to_sign_in_that_lives_as_long_as_a_checkins_is_refused(self) -> None:
        token = LINKS.form_token(Form(FormKind.CHECKIN, new_id(), new_id()), timedelta(days=1))
        claims = jwt.decode(token, options={"verify_signature": False})
        longer = jwt.encode(claims | {"form": "sign-in"}, LINKS.private_key, algorithm="EdDSA")

        with pytest.raises(TokenRefused, match="too long"):
            verify_form_token(longer, TRUSTED_LINKS)

    def test_of_a_kind_that_we_do_not_know_is_refused(self) -> None:
        token = LINKS.form_token(Form(FormKind.CHECKIN, new_id(), new_id()), MINUTE)
        claims = jwt.decode(token, options={"verify_signature": False})
        other = jwt.encode(claims | {"form": "checkins"}, LINKS.private_key, algorithm="EdDSA")

        with pytest.raises(TokenRefused, match="names no form"):
            verify_form_token(other, TRUSTED_LINKS)


class TestAnEntryToken:
    def test_says_who_comes_in_as_what_and_by_which_token(self) -> None:
        first, second = (
            verify_entry_token(COMMAND_LINE.entry_token("operator", [Role.COORDINATOR]), TRUSTED)
            for _ in range(2)
        )

        assert (first.subject, first.roles) == ("operator", frozenset({Role.COORDINATOR}))
        assert first.token_id != second.token_id

    def test_opens_no_api(self) -> None:
        token = COMMAND_LINE.entry_token("operator", [Role.COORDINATOR])

        with pytest.raises(TokenRefused):
            verify_token(token, TRUSTED)

    @pytest.mark.parametrize(
        "token",
        [
            COMMAND_LINE.access_token("operator", [Role.COORDINATOR], MINUTE),
            COMMAND_LINE.form_token(Form(FormKind.SIGN_IN, new_id(), new_id()), MINUTE),
        ],
        ids=["access", "form"],
    )
    def test_is_no_other_kind_of_token(self, token: str) -> None:
        with pytest.raises(TokenRefused):
            verify_entry_token(token, TRUSTED)

    def test_that_was_good_once_is_told_apart(self) -> None:
        with pytest.raises(TokenExpired):
            verify_entry_token(COMMAND_LINE.entry_token("operator", [], -MINUTE), TRUSTED)

    def test_lives_ten_minutes_at_most(self) -> None:
        token = COMMAND_LINE.entry_token("operator", [], timedelta(hours=1))
        claims = jwt.decode(token, options={"verify_signature": False})
        longer = jwt.encode(
            claims | {"exp": claims["iat"] + 601}, COMMAND_LINE.private_key, algorithm="EdDSA"
        )

        assert claims["exp"] - claims["iat"] == ENTRY_LIFE.total_seconds() == 600
        with pytest.raises(TokenRefused, match="too long"):
            verify_entry_token(longer, TRUSTED)

    def test_without_an_id_is_refused_since_it_could_not_be_used_up(self) -> None:
        claims = jwt.decode(
            COMMAND_LINE.entry_token("operator", []), options={"verify_signature": False}
        )
        del claims["jti"]

        with pytest.raises(TokenRefused):
            verify_entry_token(
                jwt.encode(claims, COMMAND_LINE.private_key, algorithm="EdDSA"), TRUSTED
            )
