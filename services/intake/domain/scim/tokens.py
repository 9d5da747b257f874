"""The tokens that HR systems come with: a public part to find them by, and a secret part.

A secret has 256 random bits, so one round of SHA-256 keeps it: there is nothing to guess that a
slower hash would protect. Several tokens are good at a time; so they are changed without a gap.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.intake.domain.errors import IntakeError

PREFIX_BYTES = 6
SECRET_BYTES = 32
LONGEST_LIFE_DAYS = 366
USUAL_LIFE_DAYS = 180
MOST_TOKENS = 20
NOTED_EVERY = timedelta(minutes=1)
"""How often at most the last use is written down: not with each of 100,000 calls."""

_FORM = re.compile(r"tandem-scim_([0-9a-f]{12})_([0-9a-f]{64})")


class TokenParts(NamedTuple):
    """A token taken apart."""

    prefix: str
    secret: str

    def __str__(self) -> str:
        return f"tandem-scim_{self.prefix}_{self.secret}"


@dataclass(frozen=True, slots=True)
class HeldToken:
    """A token as it is kept.

    Attributes:
        prefix: Its public part.
        secret_hash: SHA-256 of its secret part.
        label: Which system it was made for, in the operator's words.
    """

    token_id: UUID
    prefix: str
    secret_hash: bytes
    label: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class NoSuchToken(IntakeError):
    """There is no token with this id."""

    def __init__(self, token_id: UUID) -> None:
        self.token_id = token_id
        super().__init__(f"There is no SCIM token {token_id}.")


class TooManyTokens(IntakeError):
    """As many tokens are good as may be at a time."""

    def __init__(self) -> None:
        super().__init__(f"{MOST_TOKENS} SCIM tokens are good already: revoke one first.")


_NOBODYS = hashlib.sha256(b"").digest()


def token_from(random: bytes) -> TokenParts:
    """A new token out of `PREFIX_BYTES + SECRET_BYTES` random bytes."""
    return TokenParts(random[:PREFIX_BYTES].hex(), random[PREFIX_BYTES:].hex())


def token_parts(text: str) -> TokenParts | None:
    """Take a token apart; None if the text has another form."""
    found = _FORM.fullmatch(text)
    return None if found is None else TokenParts(*found.groups())


def hash_of(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def is_good(held: HeldToken | None, secret: str, now: datetime) -> bool:
    """Whether the secret belongs to the token, which has neither expired nor been revoked.

    It takes the same time whether there is such a token, and wherever the secrets differ.
    """
    kept = _NOBODYS if held is None else held.secret_hash
    same = hmac.compare_digest(kept, hash_of(secret))
    return same and held is not None and held.revoked_at is None and now < held.expires_at


def is_worth_noting(held: HeldToken, now: datetime) -> bool:
    """Whether a use of the token is far enough from the last one that was written down."""
    return held.last_used_at is None or now - held.last_used_at >= NOTED_EVERY
