"""What intake does with the tokens of HR systems: make, revoke, recognise.

Expiry uses real time, also in a simulation. Making and revoking are noted in the audit log.
"""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.intake.domain.scim.tokens import (
    MOST_TOKENS,
    PREFIX_BYTES,
    SECRET_BYTES,
    HeldToken,
    TokenParts,
    TooManyTokens,
    hash_of,
    is_good,
    is_worth_noting,
    token_from,
    token_parts,
)
from services.intake.store import scim_tokens
from shared.bus.store import audit
from shared.bus.work import Units, Work
from shared.ids import new_id


async def create_token(label: str, days: int, who: str, work: Work) -> tuple[HeldToken, TokenParts]:
    """Make a token that is good for some days from now; it can be told only this once.

    Raises:
        TooManyTokens: As many are good as may be at a time.
    """
    now = datetime.now(UTC)
    await scim_tokens.lock(work)
    if await scim_tokens.good(work, now) >= MOST_TOKENS:
        raise TooManyTokens
    parts = token_from(secrets.token_bytes(PREFIX_BYTES + SECRET_BYTES))
    until = now + timedelta(days=days)
    token = HeldToken(new_id(), parts.prefix, hash_of(parts.secret), label, now, until)
    await scim_tokens.add(work, token)
    await _note("scim-token.created", token.token_id, who, work)
    return token, parts


async def revoke_token(token_id: UUID, who: str, work: Work) -> None:
    """Let a token be good no longer; doing it again changes nothing.

    Raises:
        NoSuchToken: There is none with this id.
    """
    if await scim_tokens.revoke(work, token_id, datetime.now(UTC)):
        await _note("scim-token.revoked", token_id, who, work)


async def recognise(text: str, units: Units) -> HeldToken | None:
    """The token that this text is, if it is good; None otherwise."""
    parts = token_parts(text)
    if parts is None:
        return None
    now = datetime.now(UTC)
    async with units.reading() as work:
        held = await scim_tokens.find(work, parts.prefix)
    if not is_good(held, parts.secret, now) or held is None:
        return None
    if is_worth_noting(held, now):
        async with units.begin() as work:
            await scim_tokens.note_use(work, held.token_id, now)
    return held


async def _note(action: str, token_id: UUID, who: str, work: Work) -> None:
    entry = audit.Entry(new_id(), datetime.now(UTC), who, action, str(token_id), {})
    await audit.note(work.connection, entry)
