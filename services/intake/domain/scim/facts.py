"""From a user as an HR system describes it to the facts that Tandem keeps of a person."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from scim2_models import InvalidValueException

from services.intake.domain import cells
from services.intake.domain.people import (
    HIGHEST_EDUCATION,
    HIGHEST_SENIORITY,
    MONDAY_TO_FRIDAY,
)
from services.intake.domain.person import Details
from services.intake.domain.scim.resources import Email, EnterpriseUser, TandemUser

LONGEST_ID = 254
MOST_EMAILS = 10

DEFAULT_DEPARTMENT = "Unassigned"
DEFAULT_SENIORITY = 1
DEFAULT_TIME_ZONE = "UTC"
DEFAULT_LOCALE = "en"

_name = cells.name
_identifier = cells.text_up_to(LONGEST_ID)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a user says, read and checked.

    Attributes:
        user_name: By which the HR system knows the person.
        external_id: The HR system's own id, if it says one.
        active: Whether the person is with the company.
        given: What it says where there are defaults, under SCIM's names; members that are None
            were left out.
        details: What was made of it, with the defaults.
    """

    user_name: str
    external_id: str | None
    active: bool
    given: dict[str, Any]
    details: Details

    @property
    def made(self) -> dict[str, str]:
        """The facts that have defaults, as text: where they differ later, a file has said so."""
        details = self.details
        return {
            "name": details.name,
            "email": details.email,
            "employee_number": details.employee_number,
            "department": details.department,
            "seniority": str(details.seniority),
            "time_zone": details.time_zone,
            "locale": details.locale,
            "working_days": _days(details.working_days),
        }


def manager_of(user: Any) -> str | None:
    """What a user says of its manager: an id, or an employee number."""
    enterprise = user[EnterpriseUser] or EnterpriseUser()
    value = enterprise.manager.value if enterprise.manager else None
    manager: str | None = _read("manager.value", cells.code, value)
    return manager


def is_id(value: str) -> UUID | None:
    """The id that a text is, if it is one."""
    try:
        return UUID(value)
    except ValueError:
        return None


def facts_of(user: Any, manager_number: str | None) -> Facts:
    """Read and check a user.

    Args:
        user: A whole user with its extensions.
        manager_number: The employee number of its manager.

    Raises:
        InvalidValueException: An attribute does not make a value that Tandem can keep.
    """
    user_name = _needed("userName", _identifier, user.user_name)
    given = _given(user)
    tandem = user[TandemUser] or TandemUser()
    number = given["employeeNumber"] or _needed("userName", cells.code, user_name)
    details = Details(
        employee_number=number,
        name=_shown_name(given, user_name),
        email=_address(given["emails"]),
        department=given["department"] or DEFAULT_DEPARTMENT,
        seniority=int(given["seniority"] or DEFAULT_SENIORITY),
        education_level=_read("educationLevel", _education, tandem.education_level),
        education_field=_read("educationField", cells.code, tandem.education_field),
        time_zone=given["timezone"] or DEFAULT_TIME_ZONE,
        locale=_language(given["preferredLanguage"] or given["locale"] or DEFAULT_LOCALE),
        working_days=_working_days(given["workingDays"]),
        title=_read("title", _name, user.title),
        manager_number=manager_number,
    )
    external_id = _read("externalId", _identifier, user.external_id)
    return Facts(user_name, external_id, bool(user.active), given, details)


_education = cells.whole_number(1, HIGHEST_EDUCATION)
_seniority = cells.whole_number(1, HIGHEST_SENIORITY)


def _given(user: Any) -> dict[str, Any]:
    name, enterprise = user.name, user[EnterpriseUser] or EnterpriseUser()
    tandem = user[TandemUser] or TandemUser()
    return {
        "displayName": _read("displayName", _name, user.display_name),
        "formatted": _read("name.formatted", _name, name and name.formatted),
        "givenName": _read("name.givenName", _name, name and name.given_name),
        "familyName": _read("name.familyName", _name, name and name.family_name),
        "emails": _emails(user.emails or []),
        "employeeNumber": _read("employeeNumber", cells.code, enterprise.employee_number),
        "department": _read("department", cells.code, enterprise.department),
        "preferredLanguage": _checked("preferredLanguage", _language, user.preferred_language),
        "locale": _checked("locale", _language, user.locale),
        "timezone": _read("timezone", cells.time_zone, user.timezone),
        "seniority": _checked("seniority", _seniority, tandem.seniority),
        "workingDays": _checked("workingDays", cells.working_days, tandem.working_days),
    }


def _shown_name(given: dict[str, Any], user_name: str) -> str:
    parts = " ".join(filter(None, (given["givenName"], given["familyName"])))
    name = given["displayName"] or given["formatted"] or parts or user_name
    return _needed("displayName", _name, name)


def _emails(emails: list[Email]) -> list[dict[str, Any]]:
    if len(emails) > MOST_EMAILS:
        raise _invalid("emails", f"are {len(emails)}; at most {MOST_EMAILS} can be kept")
    return [
        {
            "value": _needed("emails.value", cells.email, each.value),
            "type": _read("emails.type", cells.code, each.type),
            "primary": each.primary,
        }
        for each in emails
    ]


def _address(emails: list[dict[str, Any]]) -> str:
    """The address that is written to: the primary one, or else the first."""
    if not emails:
        raise _invalid("emails", "are needed: one address at least")
    first: str = next((each["value"] for each in emails if each["primary"]), emails[0]["value"])
    return first


def _language(value: str) -> str:
    """The first language of a list such as `de-DE,de;q=0.8`, whatever its case."""
    tag = value.partition(",")[0].partition(";")[0].strip().replace("_", "-")
    language, *rest = tag.split("-")
    parts = [part.title() if len(part) == len("Latn") else part.upper() for part in rest]
    return cells.locale("-".join([language.lower(), *parts]))


def _working_days(value: str | None) -> tuple[int, ...]:
    return MONDAY_TO_FRIDAY if value is None else cells.working_days(value)


def _days(days: tuple[int, ...]) -> str:
    return cells.SEPARATOR.join(map(str, days))


def _read(attribute: str, read: Callable[[str], Any], value: str | None) -> Any:
    """What a text says; None where it says nothing."""
    if value is None or not value.strip():
        return None
    try:
        return read(value)
    except cells.WrongCell as error:
        raise _invalid(attribute, error.reason) from None


def _checked(attribute: str, read: Callable[[str], Any], value: str | None) -> str | None:
    """The text itself, if it can be read; None where it says nothing."""
    return None if _read(attribute, read, value) is None else cells.plain(value or "")


def _needed(attribute: str, read: Callable[[str], Any], value: str | None) -> str:
    text: str | None = _read(attribute, read, value)
    if text is None:
        raise _invalid(attribute, "is needed")
    return text


def _invalid(attribute: str, reason: str) -> InvalidValueException:
    return InvalidValueException(detail=f"{attribute} {reason}.")
