"""The tokens of HR systems in the database."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from services.intake.domain.scim.tokens import HeldToken, NoSuchToken
from shared.bus.work import Work

_LOCK: LiteralString = "SELECT pg_advisory_xact_lock(hashtext('intake.scim-token'))"

_HELD: LiteralString = """
    SELECT token_id, prefix, secret_hash, label, created_at, expires_at, last_used_at, revoked_at
    FROM scim_token
"""

_BY_PREFIX: LiteralString = _HELD + "WHERE prefix = $1"

_ALL: LiteralString = _HELD + "ORDER BY token_id"

_GOOD: LiteralString = """
    SELECT count(*) FROM scim_token WHERE revoked_at IS NULL AND expires_at > $1
"""

_ADD: LiteralString = """
    INSERT INTO scim_token (token_id, prefix, secret_hash, label, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""

_REVOKE: LiteralString = """
    UPDATE scim_token SET revoked_at = $2 WHERE token_id = $1 AND revoked_at IS NULL
    RETURNING token_id
"""

_EXISTS: LiteralString = "SELECT EXISTS (SELECT FROM scim_token WHERE token_id = $1)"

_USED: LiteralString = """
    UPDATE scim_token SET last_used_at = greatest(last_used_at, $2) WHERE token_id = $1
"""


async def lock(work: Work) -> None:
    """Let nobody else make tokens until this unit ends."""
    await work.connection.execute(_LOCK)


async def find(work: Work, prefix: str) -> HeldToken | None:
    """The token with this public part, good or not; None if there is none."""
    record = await work.connection.fetchrow(_BY_PREFIX, prefix)
    return None if record is None else HeldToken(**record)


async def every(work: Work) -> list[HeldToken]:
    """All tokens that were ever made, the oldest first."""
    return [HeldToken(**record) for record in await work.connection.fetch(_ALL)]


async def good(work: Work, now: datetime) -> int:
    """How many tokens are good."""
    count = await work.connection.fetchval(_GOOD, now)
    assert isinstance(count, int)  # noqa: S101 - a count is one
    return count


async def add(work: Work, token: HeldToken) -> None:
    """Keep a new token."""
    await work.connection.execute(
        _ADD, token.token_id, token.prefix, token.secret_hash, token.label, token.created_at,
        token.expires_at,
    )  # fmt: skip


async def revoke(work: Work, token_id: UUID, now: datetime) -> bool:
    """Let a token be good no longer; says whether it was not revoked before.

    Raises:
        NoSuchToken: There is none with this id.
    """
    if await work.connection.fetchval(_REVOKE, token_id, now) is not None:
        return True
    if not await work.connection.fetchval(_EXISTS, token_id):
        raise NoSuchToken(token_id)
    return False


async def note_use(work: Work, token_id: UUID, now: datetime) -> None:
    """Write down when a token was last used."""
    await work.connection.execute(_USED, token_id, now)
