"""A person as SCIM shows them, and what stands in the way of a change."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from scim2_models import (
    InvalidFilterException,
    Meta,
    NotFoundException,
    PreconditionFailedException,
    UniquenessException,
)

from services.intake.domain.scim.resources import (
    Email,
    EnterpriseUser,
    FullUser,
    Manager,
    Name,
    TandemUser,
)

_TAGS = re.compile(r'\s*(?:W/)?"([^"]*)"\s*')


@dataclass(frozen=True, slots=True)
class ShownUser:
    """A person under a version.

    Attributes:
        user: The resource, without the addresses of where it is served.
        version: Counted up by each change.
        manager_id: The manager's id, if they are known.
    """

    person_id: UUID
    version: int
    user: Any
    manager_id: UUID | None


class NoSuchUser(NotFoundException):
    """There is no user with this id, or it was deleted."""

    def __init__(self) -> None:
        super().__init__(detail="There is no user with this id.")


class UserNameTaken(UniquenessException):
    """A userName is somebody else's; the sentence does not repeat it."""

    def __init__(self, owner: UUID) -> None:
        self.owner = owner
        super().__init__(detail=f"The userName belongs to user {owner}.")


class ChangedMeanwhile(PreconditionFailedException):
    """A user is no longer as the caller has seen it."""

    def __init__(self) -> None:
        super().__init__(detail="The user has changed since: read it again.")


def shown_user(row: Mapping[str, Any]) -> ShownUser:
    """A person as SCIM shows them.

    Args:
        row: The person's facts under SCIM's names in snake case, `emails` as a list of objects.
    """
    version = int(row["version"])
    user = FullUser(
        schemas=[FullUser.__schema__],
        id=str(row["person_id"]),
        external_id=row["external_id"],
        user_name=row["user_name"],
        name=_part(Name, row, "formatted", "family_name", "given_name"),
        display_name=row["display_name"],
        title=row["title"],
        preferred_language=row["preferred_language"],
        locale=row["locale"],
        timezone=row["timezone"],
        active=row["active"],
        emails=[Email(**each) for each in row["emails"]],
        meta=Meta(
            resource_type="User", last_modified=row["changed_at"], version=entity_tag(version)
        ),
    )
    user[EnterpriseUser] = _enterprise(row)
    user[TandemUser] = _part(
        TandemUser, row, "seniority", "education_level", "education_field", "working_days"
    )
    return ShownUser(row["person_id"], version, user, row["manager_id"])


def entity_tag(version: int) -> str:
    """The ETag of a version; weak, as a manager's new number shows without a new version."""
    return f'W/"{version}"'


def holds(header: str | None, version: int) -> bool | None:
    """Whether a list of entity tags, or `*`, names this version; None where there is no header."""
    if header is None:
        return None
    if header.strip() == "*":
        return True
    return str(version) in {found.group(1) for found in _TAGS.finditer(header)}


def check_match(header: str | None, version: int) -> None:
    """Do nothing if the caller does not mind the version, or has seen this one.

    Raises:
        ChangedMeanwhile: The caller has seen another.
    """
    if holds(header, version) is False:
        raise ChangedMeanwhile


def filter_refused(sentence: str) -> InvalidFilterException:
    """A filter that can't be answered, and why."""
    return InvalidFilterException(detail=sentence)


def _enterprise(row: Mapping[str, Any]) -> EnterpriseUser | None:
    manager = row["manager"] and Manager(value=row["manager"])
    enterprise: EnterpriseUser | None = _part(EnterpriseUser, row, "employee_number", "department")
    if manager:
        enterprise = enterprise or EnterpriseUser()
        enterprise.manager = manager
    return enterprise


def _part(model: Any, row: Mapping[str, Any], *fields: str) -> Any:
    """A complex attribute or extension out of some columns; None where they are all empty."""
    values = {field: row[field] for field in fields if row[field] is not None}
    return model(**values) if values else None
