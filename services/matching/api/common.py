"""What matching's routes share: who may call, pages, and errors as answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from services.matching.api.publishing import NobodyWaits, NotProposed, StaleProposal
from services.matching.domain.errors import MatchingError
from services.matching.domain.programme import ProgrammeNotMatchable
from services.matching.store.pairs import PairUnknown
from services.matching.store.pool import ProgrammeUnknown
from services.matching.store.runs import RunUnknown
from shared.api import require
from shared.auth import Principal, Role
from shared.problems import Problem

Item = TypeVar("Item")

Coordinator = Annotated[Principal, require(Role.COORDINATOR)]
Reader = Annotated[Principal, require(Role.COORDINATOR, Role.OPERATOR)]
Participant = Annotated[Principal, require(Role.PARTICIPANT)]

After = Annotated[UUID | None, Query(description="The last id of the page before.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]


class Page(BaseModel, Generic[Item]):
    """Some of a list. Ask for the next ones with `after=<next>` until `next` is null."""

    items: list[Item]
    next: UUID | None


_ANSWERS: dict[type[MatchingError], tuple[int, str, str]] = {
    ProgrammeUnknown: (404, "No such programme", "programme-unknown"),
    RunUnknown: (404, "No such match run", "run-unknown"),
    PairUnknown: (404, "No such pair", "pair-unknown"),
    ProgrammeNotMatchable: (409, "Not the time to match", "programme-not-matchable"),
    NotProposed: (409, "Nothing to publish", "run-not-proposed"),
    NobodyWaits: (409, "Nothing to publish", "nobody-waits"),
    StaleProposal: (409, "The proposal is out of date", "proposal-stale"),
}


@contextmanager
def problems() -> Iterator[None]:
    """Answer matching's own errors as problem details."""
    try:
        yield
    except MatchingError as error:
        status, title, code = _ANSWERS[type(error)]
        raise Problem(status, title, str(error), code) from error
