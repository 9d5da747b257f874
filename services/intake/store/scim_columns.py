"""Which column of a shown user each attribute of SCIM is."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from services.intake.domain.scim.resources import EnterpriseUser, TandemUser, User

FOLD = 'COLLATE "pg_unicode_fast"'
"""Folds as Python's `str.casefold` does, so that the database and the evaluator agree."""


class Column(NamedTuple):
    """What of a row an attribute is.

    Attributes:
        sql: The expression, in the form in which it is compared.
        kind: The Python type of the values that it is compared with.
        cast: What a parameter must be declared as.
    """

    sql: str
    kind: type = str
    cast: str = "text"


def exact(column: str) -> Column:
    """A text that differs by its case."""
    return Column(f'({column} COLLATE "C")')


def folded(column: str) -> Column:
    """A text whose case does not matter."""
    return Column(f"casefold({column} {FOLD})")


CORE, ENTERPRISE, TANDEM = (str(each.__schema__) for each in (User, EnterpriseUser, TandemUser))

COLUMNS: Mapping[str, Column] = {
    f"{CORE}:id": exact("person_id::text"),
    f"{CORE}:externalId": exact("external_id"),
    f"{CORE}:userName": folded("user_name"),
    f"{CORE}:name.formatted": folded("formatted"),
    f"{CORE}:name.familyName": folded("family_name"),
    f"{CORE}:name.givenName": folded("given_name"),
    f"{CORE}:displayName": folded("display_name"),
    f"{CORE}:title": folded("title"),
    f"{CORE}:preferredLanguage": folded("preferred_language"),
    f"{CORE}:locale": folded("locale"),
    f"{CORE}:timezone": folded("timezone"),
    f"{CORE}:active": Column("active", bool, "boolean"),
    f"{CORE}:meta.lastModified": Column("changed_at", datetime, "timestamptz"),
    f"{CORE}:meta.version": exact("('W/\"' || version || '\"')"),
    f"{CORE}:meta.resourceType": exact("'User'"),
    f"{ENTERPRISE}:employeeNumber": folded("employee_number"),
    f"{ENTERPRISE}:department": folded("department"),
    f"{ENTERPRISE}:manager.value": exact("manager"),
    f"{TANDEM}:seniority": folded("seniority"),
    f"{TANDEM}:educationLevel": folded("education_level"),
    f"{TANDEM}:educationField": folded("education_field"),
    f"{TANDEM}:workingDays": folded("working_days"),
}
"""By the attribute's full name. What is not here can't be filtered or sorted by."""

ENTRY: Mapping[str, Column] = {
    "value": folded("(entry ->> 'value')"),
    "type": folded("(entry ->> 'type')"),
    "primary": Column("(entry -> 'primary')::boolean", bool, "boolean"),
}

ADDRESS = folded("email")
