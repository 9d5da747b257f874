"""What all of intake's addresses have in common: page parameters, ids, who may call."""

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.intake.domain.cells import WrongCell
from shared.api import require
from shared.auth import Principal, Role

T = TypeVar("T")

LARGEST_PAGE = 1000

Trimmed = StringConstraints(strip_whitespace=True, min_length=1)

After = Annotated[UUID | None, Query(description="The last id of the page before.")]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="The most items to return.")]

Steward = Annotated[Principal, require(Role.COORDINATOR, Role.OPERATOR, Role.INTEGRATION)]
"""Who looks after people and registrations: the coordinator, or a program on HR's behalf."""

Teller = Annotated[
    Principal, require(Role.COORDINATOR, Role.OPERATOR, Role.INTEGRATION, Role.PORTAL)
]
"""Who may ask for names by id: also the portal, for what it shows to those who may see them."""

Coordinator = Annotated[Principal, require(Role.COORDINATOR, Role.OPERATOR)]
"""Who decides on programmes."""


class Asked(BaseModel):
    """A request; unknown members are refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[T]):
    """Some of a list; `next` is the `after` of the page that follows, or null at the end."""

    items: list[T]
    next: UUID | None


class Found(BaseModel, Generic[T]):
    """What was found of what was asked for; unknown ids are left out."""

    items: list[T]


class Ids(Asked):
    """Whom a lookup is about."""

    ids: list[UUID] = Field(max_length=LARGEST_PAGE)


def read_by(read: Callable[[T], T]) -> AfterValidator:
    """The domain's reader of a cell, as a validator of a JSON value of the same kind."""

    def validate(value: T) -> T:
        try:
            return read(value)
        except WrongCell as error:
            message = f"it {error.reason}"
            raise ValueError(message) from None

    return AfterValidator(validate)
