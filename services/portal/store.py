"""All SQL of the portal: sign-ins, sessions and attempts. All of it is in real time."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from shared.auth import Role
from shared.bus.work import Work

_BEGIN_SIGN_IN: LiteralString = """
    INSERT INTO sign_in (sign_in_id, person_id, browser, next_page, asked_at)
    VALUES ($1, $2, $3, $4, $5)
"""

_SIGN_IN: LiteralString = """
    SELECT sign_in_id, person_id, browser, next_page, asked_at, used_at
    FROM sign_in WHERE sign_in_id = $1
"""

_USE_SIGN_IN: LiteralString = """
    UPDATE sign_in SET used_at = $2 WHERE sign_in_id = $1 AND used_at IS NULL
    RETURNING TRUE
"""

_USE_UP: LiteralString = """
    INSERT INTO used_token (token_id, used_at) VALUES ($1, $2)
    ON CONFLICT DO NOTHING RETURNING TRUE
"""

_BEGIN_SESSION: LiteralString = """
    INSERT INTO session (cookie, subject, name, roles, begun_at, ends_at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""

_SESSION: LiteralString = """
    SELECT subject, name, roles, ends_at FROM session WHERE cookie = $1 AND ends_at > $2
"""

_END_SESSION: LiteralString = "DELETE FROM session WHERE cookie = $1"

_END_SESSIONS_OF: LiteralString = "DELETE FROM session WHERE subject = $1"

_ONE_AT_A_TIME: LiteralString = "SELECT pg_advisory_xact_lock($1)"

_NOTE_ATTEMPT: LiteralString = "INSERT INTO attempt (source, tried_at) VALUES ($1, $2)"

_COUNT_ATTEMPTS: LiteralString = """
    SELECT count(*) FROM attempt WHERE source = $1 AND tried_at > $2
"""

_FORGET: Sequence[LiteralString] = (
    "DELETE FROM attempt WHERE tried_at < $1",
    "DELETE FROM sign_in WHERE asked_at < $1",
    "DELETE FROM used_token WHERE used_at < $1",
    "DELETE FROM session WHERE ends_at < $1",
)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who asked for a link, in which browser, and what they wanted to see."""

    sign_in_id: UUID
    person_id: UUID
    browser: bytes
    next_page: str
    asked_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in, as what, and until when."""

    subject: str
    name: str
    roles: frozenset[Role]
    ends_at: datetime


def digest(secret: str) -> bytes:
    """What is kept of a cookie or an address."""
    return hashlib.sha256(secret.encode()).digest()


async def begin_sign_in(work: Work, sign_in: SignIn) -> None:
    """Remember who asked for a link."""
    await work.connection.execute(
        _BEGIN_SIGN_IN,
        sign_in.sign_in_id,
        sign_in.person_id,
        sign_in.browser,
        sign_in.next_page,
        sign_in.asked_at,
    )


async def sign_in_of(work: Work, sign_in_id: UUID) -> SignIn | None:
    """The sign-in, if it is remembered."""
    row = await work.connection.fetchrow(_SIGN_IN, sign_in_id)
    return None if row is None else SignIn(**dict(row))


async def use_sign_in(work: Work, sign_in_id: UUID, at: datetime) -> bool:
    """Use a link up; says whether it had not been used."""
    return bool(await work.connection.fetchval(_USE_SIGN_IN, sign_in_id, at))


async def use_token(work: Work, token_id: str, at: datetime) -> bool:
    """Use a token up; says whether it had not been used."""
    return bool(await work.connection.fetchval(_USE_UP, token_id, at))


async def begin_session(work: Work, cookie: str, session: Session, at: datetime) -> None:
    """Let somebody be signed in."""
    await work.connection.execute(
        _BEGIN_SESSION,
        digest(cookie),
        session.subject,
        session.name,
        sorted(session.roles),
        at,
        session.ends_at,
    )


async def session_of(work: Work, cookie: str, at: datetime) -> Session | None:
    """Who is signed in with this cookie, if somebody still is."""
    row = await work.connection.fetchrow(_SESSION, digest(cookie), at)
    if row is None:
        return None
    roles = frozenset(Role(role) for role in row["roles"])
    return Session(row["subject"], row["name"], roles, row["ends_at"])


async def end_session(work: Work, cookie: str) -> None:
    """Let somebody be signed in no longer."""
    await work.connection.execute(_END_SESSION, digest(cookie))


async def end_sessions_of(work: Work, subject: str) -> None:
    """Let somebody be signed in nowhere any longer."""
    await work.connection.execute(_END_SESSIONS_OF, subject)


async def take_attempt(
    work: Work, limits: Mapping[str, int], at: datetime, window: timedelta
) -> bool:
    """Note a try from each of these sources, unless one has had its number within the window.

    Tries from one source at the same time wait for one another, so that none slips past a limit.
    """
    for key in sorted(_lock_of(source) for source in limits):  # in one order: no deadlock
        await work.connection.execute(_ONE_AT_A_TIME, key)
    for source, most in limits.items():
        tries = await work.connection.fetchval(_COUNT_ATTEMPTS, digest(source), at - window)
        if tries >= most:
            return False
    await work.connection.executemany(_NOTE_ATTEMPT, [(digest(source), at) for source in limits])
    return True


def _lock_of(source: str) -> int:
    return int.from_bytes(digest(source)[:8], signed=True)


async def forget_before(work: Work, instant: datetime) -> None:
    """Forget what ended, or was tried, before an instant."""
    for statement in _FORGET:
        await work.connection.execute(statement, instant)
