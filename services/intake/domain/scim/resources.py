"""The resources that intake serves over SCIM (RFC 7643), and how it reads what is sent.

Only attributes that Tandem keeps are declared; others are passed over, so that HR systems may send
what they send to everybody. What Tandem needs beyond the standard is an extension of its own.
"""

import unicodedata
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import Field
from scim2_models import (
    URN,
    AnyExtension,
    AttributeBinding,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Filter,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    Schema,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
    default_comparison_key,
)

LARGEST_PAGE = 200
USUAL_PAGE = 100

_LANGUAGES = ("en", "de", "fr", "es", "pt-BR", "it", "nl", "pl", "ja", "zh-CN")
_WORKING_DAYS = ("1;2;3;4;5", "1;2;3;4", "1;2;3", "2;3;4;5", "7;1;2;3;4")


class Name(ComplexAttribute):
    """The parts of a person's name."""

    formatted: str | None = None
    family_name: str | None = None
    given_name: str | None = None


class Email(ComplexAttribute):
    """A mail address; the primary one, or else the first, is written to."""

    value: Annotated[str | None, Required.true] = None
    type: str | None = Field(None, examples=["work", "home", "other"])
    primary: bool | None = None


class User(Resource[AnyExtension]):
    """A person."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The name by which the HR system knows the person, whatever its case."""

    name: Name | None = None
    """The parts of the person's name."""

    display_name: str | None = None
    """The name that others read; without it, name.formatted, or given and family name."""

    title: str | None = None
    """The person's title."""

    preferred_language: str | None = Field(None, examples=list(_LANGUAGES))
    """The language of mails and pages, such as de or pt-BR."""

    locale: str | None = Field(None, examples=list(_LANGUAGES))
    """Stands in for preferredLanguage where there is none."""

    timezone: str | None = Field(None, examples=sorted(available_timezones()))
    """An IANA time zone, such as Europe/Berlin."""

    active: Annotated[bool | None, Required.true] = None
    """Whether the person is with the company; taken as true when left out of a new user."""

    emails: Annotated[list[Email] | None, Required.true] = None
    """Mail addresses; a userName that is an address stands in for them."""


class Manager(ComplexAttribute):
    """A person's manager."""

    value: Annotated[str | None, CaseExact.true] = None
    """The manager's id; an employee number is taken too, also of somebody not known yet."""

    ref: Reference["User"] | None = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """Where the manager is served."""


class EnterpriseUser(Extension):
    """What a company knows of its people."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")

    employee_number: str | None = None
    """The same number is the same person; the userName stands in for it."""

    department: str | None = None
    """The person's department."""

    manager: Manager | None = None
    """The person's manager."""


class TandemUser(Extension):
    """What mentoring needs to know beyond the standard; all of it as text."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:tandem:2.0:User")

    seniority: str | None = Field(None, examples=[str(level) for level in range(1, 21)])
    """1 to 20, higher is more senior."""

    education_level: str | None = Field(None, examples=[str(level) for level in range(1, 11)])
    """1 to 10, higher is longer."""

    education_field: str | None = None
    """What the person has studied or learnt."""

    working_days: str | None = Field(None, examples=list(_WORKING_DAYS))
    """Days of the week, separated by semicolons; 1 is Monday."""


FullUser: Any = User[EnterpriseUser | TandemUser]
"""A user as served: with both extensions."""


def comparison_key(binding: AttributeBinding, value: str) -> str:
    """The form in which texts are compared, the same as the database makes of them."""
    composed = unicodedata.normalize("NFC", value)
    return composed if binding.case_exact else composed.casefold()


POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    comparison_key=comparison_key,
)
"""Tolerant where Entra and Okta depart from the standard."""

WRITING = POLICY.model_copy(update={"comparison_key": default_comparison_key})
"""The same for whole users that are written: it spares the look whether each text can be compared,
which every text can."""

CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=LARGEST_PAGE),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    authentication_schemes=[
        AuthenticationScheme(
            type="oauthbearertoken",
            name="Bearer token",
            description="A token that an operator of Tandem makes: tandem scim-token create.",
            primary=True,
        )
    ],
)

PROVIDER = ScimProvider(
    models=[User, EnterpriseUser, TandemUser],
    resource_types=[ResourceType.from_resource(FullUser)],
    config=CONFIG,
    policy=POLICY,
)

SCHEMAS: tuple[Schema, ...] = (
    *PROVIDER.schemas,
    *(each.to_schema() for each in (Schema, ResourceType, ServiceProviderConfig)),
)
"""What is published of them."""
