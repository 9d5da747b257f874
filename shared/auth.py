"""Signed tokens: who calls, and as what. Services verify; issuers, such as the portal, sign.

Three kinds, each of no use where another is asked for. An *access token* names somebody and their
roles and lives for hours at most. A *form token* is what a link in a mail carries: it names one
form of one person, gives no role, and may live for weeks. An *entry token* is what a link of the
command line carries: it opens a session of the portal, once, within minutes, and no API.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import jwt

from shared.bus.work import Cause
from shared.ids import new_id

ALGORITHM = "EdDSA"
AUDIENCE = "tandem"
FORM_AUDIENCE = "tandem-form"
ENTRY_AUDIENCE = "tandem-entry"
LONGEST_LIFE = timedelta(hours=12)
ENTRY_LIFE = timedelta(minutes=10)
_NEEDED = ("exp", "iat", "iss", "aud", "sub")


class Role(StrEnum):
    """As what somebody calls; the portal itself asks who signs in, and for names to show."""

    COORDINATOR = "coordinator"
    PARTICIPANT = "participant"
    CLERK = "clerk"
    INTEGRATION = "integration"
    OPERATOR = "operator"
    PORTAL = "portal"


class FormKind(StrEnum):
    """Which forms links in mails can open."""

    CHECKIN = "checkin"
    SIGN_IN = "sign-in"


FORM_LIFE: Mapping[FormKind, timedelta] = {
    FormKind.CHECKIN: timedelta(days=92),
    FormKind.SIGN_IN: timedelta(minutes=10),
}
"""How long a link to each kind of form is good, at most; also whoever verifies keeps to it."""


class TokenRefused(Exception):
    """A token can't be trusted; `reason` says why without quoting it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The token is refused: {reason}.")


class TokenExpired(TokenRefused):
    """A token was good once."""

    def __init__(self) -> None:
        super().__init__("it has expired")


@dataclass(frozen=True, slots=True)
class Form:
    """One form of one person.

    Attributes:
        kind: Which form.
        object_id: What it is about.
        subject: The opaque id of whom it is for.
    """

    kind: FormKind
    object_id: UUID
    subject: UUID


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls.

    Attributes:
        subject: An opaque id of the person or program.
        roles: As what; none for the holder of a form token.
        cause: The request, as the beginning of what it sets off.
        form: The one form that the caller may see and send; None for an access token.
        token_id: An entry token's own id, so that it is used once; empty for the other kinds.
    """

    subject: str
    roles: frozenset[Role]
    cause: Cause
    form: Form | None = None
    token_id: str = ""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs tokens: a name and a private Ed25519 key in PEM."""

    name: str
    private_key: str

    def access_token(self, subject: str, roles: Iterable[Role], life: timedelta) -> str:
        """Sign a token for somebody with these roles; it lives twelve hours at most."""
        claims = {"aud": AUDIENCE, "sub": subject, "roles": sorted(roles)}
        return self._signed(claims, min(life, LONGEST_LIFE))

    def entry_token(self, subject: str, roles: Iterable[Role], life: timedelta = ENTRY_LIFE) -> str:
        """Sign a token that lets somebody into the portal with these roles, once."""
        claims = {
            "aud": ENTRY_AUDIENCE,
            "sub": subject,
            "roles": sorted(roles),
            "jti": str(new_id()),
        }
        return self._signed(claims, min(life, ENTRY_LIFE))

    def form_token(self, form: Form, life: timedelta) -> str:
        """Sign a token for one form of one person; it lives as its kind may, at most."""
        claims = {
            "aud": FORM_AUDIENCE,
            "sub": str(form.subject),
            "form": form.kind,
            "id": str(form.object_id),
        }
        return self._signed(claims, min(life, FORM_LIFE[form.kind]))

    def _signed(self, claims: dict[str, Any], life: timedelta) -> str:
        now = datetime.now(UTC)
        times = {"iss": self.name, "iat": now, "exp": now + life}
        return jwt.encode(claims | times, self.private_key, algorithm=ALGORITHM)


def verify_token(token: str, public_keys: Mapping[str, str]) -> Principal:
    """Check an access token: signature, issuer, audience and time.

    Args:
        token: The token.
        public_keys: The trusted issuers' Ed25519 keys in PEM, by name.

    Raises:
        TokenRefused: It is expired, foreign, tampered with or of another form.
    """
    claims = _verified(token, public_keys, AUDIENCE)
    _refuse_longer(claims, LONGEST_LIFE)
    return Principal(str(claims["sub"]), _roles(claims.get("roles")), Cause.fresh())


def verify_entry_token(token: str, public_keys: Mapping[str, str]) -> Principal:
    """Check an entry token; whoever lets somebody in by it also uses it up.

    Raises:
        TokenExpired: It was good once.
        TokenRefused: It is foreign, tampered with or no entry token.
    """
    claims = _verified(token, public_keys, ENTRY_AUDIENCE, "jti")
    _refuse_longer(claims, ENTRY_LIFE)
    roles = _roles(claims.get("roles"))
    return Principal(str(claims["sub"]), roles, Cause.fresh(), token_id=str(claims["jti"]))


def verify_form_token(token: str, public_keys: Mapping[str, str]) -> Principal:
    """Check a form token; whoever serves the form checks that it is for this one.

    Raises:
        TokenExpired: It was good once.
        TokenRefused: It is foreign, tampered with or no form token.
    """
    claims = _verified(token, public_keys, FORM_AUDIENCE)
    try:
        kind = FormKind(str(claims.get("form")))
        form = Form(kind, UUID(str(claims.get("id"))), UUID(str(claims["sub"])))
    except ValueError:
        raise TokenRefused("it names no form") from None
    _refuse_longer(claims, FORM_LIFE[kind])
    return Principal(str(form.subject), frozenset(), Cause.fresh(), form)


def issuer_of(token: str) -> str:
    """The issuer that a token claims; nothing is checked."""
    try:
        return str(jwt.decode(token, options={"verify_signature": False}).get("iss"))
    except jwt.PyJWTError:
        return ""


def _verified(
    token: str, public_keys: Mapping[str, str], audience: str, *needed: str
) -> dict[str, Any]:
    issuer = issuer_of(token)
    if issuer not in public_keys:
        raise TokenRefused("it is not signed by a trusted issuer, or not a token")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            public_keys[issuer],
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=issuer,
            options={"require": [*_NEEDED, *needed]},
        )
    except jwt.ExpiredSignatureError:
        raise TokenExpired from None
    except jwt.PyJWTError:
        raise TokenRefused("it is not signed by a trusted issuer, or not a token") from None
    return claims


def _refuse_longer(claims: Mapping[str, Any], longest: timedelta) -> None:
    if claims["exp"] - claims["iat"] > longest.total_seconds():
        raise TokenRefused("it is good for too long")


def _roles(claim: object) -> frozenset[Role]:
    known = {role.value for role in Role}
    words = claim if isinstance(claim, list) else []
    return frozenset(Role(word) for word in words if isinstance(word, str) and word in known)
