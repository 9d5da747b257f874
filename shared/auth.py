"""Signed tokens: who calls, and as what. Services verify; an issuer, such as the portal, signs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import jwt

from shared.bus.work import Cause

ALGORITHM = "EdDSA"
AUDIENCE = "tandem"
LONGEST_LIFE = timedelta(hours=12)


class Role(StrEnum):
    """As what somebody calls."""

    COORDINATOR = "coordinator"
    PARTICIPANT = "participant"
    CLERK = "clerk"
    INTEGRATION = "integration"
    OPERATOR = "operator"


class TokenRefused(Exception):
    """A token can't be trusted; `reason` says why without quoting it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The token is refused: {reason}.")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls.

    Attributes:
        subject: An opaque id of the person or program.
        roles: As what.
        cause: The request, as the beginning of what it sets off.
    """

    subject: str
    roles: frozenset[Role]
    cause: Cause


def issue_token(
    private_key: str, issuer: str, subject: str, roles: Iterable[Role], life: timedelta
) -> str:
    """Sign a token, with an Ed25519 key in PEM, that is good for `life` (at most twelve hours)."""
    now = datetime.now(UTC)
    claims = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": subject,
        "roles": sorted(roles),
        "iat": now,
        "exp": now + min(life, LONGEST_LIFE),
    }
    return jwt.encode(claims, private_key, algorithm=ALGORITHM)


def verify_token(token: str, public_key: str, issuer: str) -> Principal:
    """Check signature, issuer, audience and time.

    Raises:
        TokenRefused: It is expired, foreign, tampered with or of another form.
    """
    try:
        claims = jwt.decode(
            token,
            public_key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=issuer,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.ExpiredSignatureError:
        raise TokenRefused("it has expired") from None
    except jwt.PyJWTError:
        raise TokenRefused("it is not signed by a trusted issuer, or not a token") from None
    if claims["exp"] - claims["iat"] > LONGEST_LIFE.total_seconds():
        raise TokenRefused("it is good for too long")
    return Principal(str(claims["sub"]), _roles(claims.get("roles")), Cause.fresh())


def _roles(claim: object) -> frozenset[Role]:
    known = {role.value for role in Role}
    words = claim if isinstance(claim, list) else []
    return frozenset(Role(word) for word in words if isinstance(word, str) and word in known)
