"""What an operator does through every service's API: dead letters, and the audit log."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict

from shared.api import UnitsOf, require
from shared.auth import Principal, Role
from shared.bus.dead_letters import DeadLetters, HasTakenEffect, ReplayFailed
from shared.bus.store import audit, dead_letters
from shared.bus.store.dead_letters import Letter, NoSuchDeadLetter, State
from shared.problems import Problem

router = APIRouter(prefix="/v1", tags=["operations"])

Operator = Annotated[Principal, require(Role.OPERATOR)]
After = Annotated[UUID | None, Query(description="The last id of the page before.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]


def _letters_of(request: Request) -> DeadLetters:
    return cast("DeadLetters", request.app.state.dead_letters)


Letters = Annotated[DeadLetters, Depends(_letters_of)]


class Raw(BaseModel):
    """Bytes as they were on Kafka: as text where they are UTF-8, in base64 otherwise."""

    utf8: str | None = None
    base64: str | None = None


class Header(BaseModel):
    """A header; what of its name is not UTF-8 stands as escapes."""

    name: str
    value: Raw | None


class DeadLetterFacts(BaseModel):
    """What is known of a dead letter. `times` counts the tries that came to nothing."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    topic: str
    partition: int
    offset: int
    problem: str
    times: int
    died_at: datetime
    state: State
    settled_at: datetime | None
    settled_by: str | None


class DeadLetter(DeadLetterFacts):
    """A dead letter with its record, which may hold what is personal on a restricted topic."""

    key: Raw | None
    headers: list[Header]
    value: Raw | None


class DeadLetterPage(BaseModel):
    """Some dead letters, in the order in which they died; ask again with `after=next`."""

    items: list[DeadLetterFacts]
    next: UUID | None


class AuditEntry(BaseModel):
    """Who did what to what; `who` is the subject of the token that asked for it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    who: str
    action: str
    object: str
    details: dict[str, str | int]


class AuditPage(BaseModel):
    """Some lines of the audit log, in the order of time; ask again with `after=next`."""

    items: list[AuditEntry]
    next: UUID | None


@router.get("/dead-letters", summary="List the dead letters")
async def list_dead_letters(
    units: UnitsOf,
    _caller: Operator,
    state: State | None = None,
    topic: Annotated[str | None, Query(max_length=249)] = None,
    after: After = None,
    limit: Limit = 100,
) -> DeadLetterPage:
    """Where each was, what is wrong with it and what became of it, without its record."""
    async with units.reading() as work:
        found = await dead_letters.facts(
            work.connection, limit + 1, after=after, state=state, topic=topic
        )
    items = [DeadLetterFacts.model_validate(each) for each in found[:limit]]
    return DeadLetterPage(items=items, next=items[-1].id if len(found) > limit else None)


@router.get("/dead-letters/{letter_id}", summary="A dead letter")
async def get_dead_letter(letter_id: UUID, letters: Letters, caller: Operator) -> DeadLetter:
    """A dead letter with its raw record; the audit log says who has read it."""
    with _problems():
        return _whole(await letters.show(letter_id, caller.subject))


@router.post("/dead-letters/{letter_id}/replay", summary="Replay a dead letter")
async def replay_dead_letter(letter_id: UUID, letters: Letters, caller: Operator) -> DeadLetter:
    """Let it take effect after all. Doing it again changes nothing."""
    with _problems():
        return _whole(await letters.replay(letter_id, caller.subject))


@router.post("/dead-letters/{letter_id}/discard", summary="Discard a dead letter")
async def discard_dead_letter(letter_id: UUID, letters: Letters, caller: Operator) -> DeadLetter:
    """Decide that it shall not take effect. It can still be replayed, until it is forgotten."""
    with _problems():
        return _whole(await letters.discard(letter_id, caller.subject))


@router.get("/audit", summary="The audit log")
async def read_audit_log(
    units: UnitsOf,
    _caller: Operator,
    about: Annotated[str | None, Query(max_length=100, description="Only on this object.")] = None,
    after: After = None,
    limit: Limit = 100,
) -> AuditPage:
    """Who did what to what, and when."""
    async with units.reading() as work:
        found = await audit.entries(work.connection, limit + 1, after, about)
    items = [AuditEntry.model_validate(each) for each in found[:limit]]
    return AuditPage(items=items, next=items[-1].id if len(found) > limit else None)


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except NoSuchDeadLetter as error:
        raise Problem(404, "No such dead letter", str(error), "dead-letter-unknown") from None
    except HasTakenEffect as error:
        raise Problem(409, "Has taken effect", str(error), "dead-letter-replayed") from None
    except ReplayFailed as error:
        raise Problem(
            409, "Still can't take effect", str(error), "replay-failed", state=error.state
        ) from None


def _whole(letter: Letter) -> DeadLetter:
    headers = [Header(name=_readable(name), value=_raw(value)) for name, value in letter.headers]
    facts = DeadLetterFacts.model_validate(letter.facts).model_dump()
    return DeadLetter(**facts, key=_raw(letter.key), headers=headers, value=_raw(letter.value))


def _raw(value: bytes | None) -> Raw | None:
    if value is None:
        return None
    try:
        return Raw(utf8=value.decode())
    except UnicodeDecodeError:
        return Raw(base64=base64.b64encode(value).decode())


def _readable(name: str) -> str:
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")
