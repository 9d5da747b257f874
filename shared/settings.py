"""Settings come from the environment, typed and bounded; a misspelt name is refused."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, Json, SecretStr, ValidationError, field_validator

PREFIX = "TANDEM_"
_FILE = "_FILE"


class WrongSettings(ValueError):
    """The environment does not make valid settings; `problems` says each in a sentence."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems))


class Role(StrEnum):
    """A part of a service that can also run as a process of its own."""

    API = "api"
    CONSUME = "consume"
    RELAY = "relay"
    SCHEDULE = "schedule"
    WORK = "work"


Port = Annotated[int, Field(ge=0, le=65535)]


class ServiceSettings(BaseModel):
    """What every service is told by its environment; a service's own settings extend it.

    A field `x` is read from `TANDEM_X`, or from the file that `TANDEM_X_FILE` names.

    Attributes:
        stuck_after_seconds: How long a consumer may have records and not move before the process
            is replaced; for the event loop, a third of it.
        token_issuers: Whose access tokens are trusted: a JSON object from each issuer's name to
            its Ed25519 public key in PEM.
        form_issuers: The same for the tokens in links. Only services that links open are told
            any (checkins and portal); for the others no link is good.
        simulated_clock: The file of a stepping clock, which then gives the domain's time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    service: ClassVar[str]

    installation: str = Field(default="local", pattern=r"^[a-z0-9-]{1,40}$")
    roles: frozenset[Role] = frozenset(Role)
    database_url: str
    database_password: SecretStr
    database_connections: int = Field(default=10, ge=3, le=200)
    database_timeout_seconds: float = Field(default=60, ge=1, le=600)
    kafka_bootstrap: str
    kafka_user: str
    kafka_password: SecretStr
    topic_prefix: str = Field(default="", pattern=r"^[a-z0-9.-]{0,60}$")
    batch_size: int = Field(default=1000, ge=1, le=10_000)
    relay_batch_size: int = Field(default=2000, ge=1, le=20_000)
    stuck_after_seconds: float = Field(default=180, ge=3, le=3600)
    api_host: str = "127.0.0.1"
    api_port: Port
    internal_host: str = "127.0.0.1"
    internal_port: Port
    token_issuers: Json[dict[str, str]]
    form_issuers: Json[dict[str, str]] = Field(default="{}", validate_default=True)
    simulated_clock: Path | None = None
    log_level: str = Field(default="info", pattern=r"^(debug|info|warning|error)$")

    @field_validator("roles", mode="before")
    @classmethod
    def _roles_from_words(cls, value: object) -> object:
        return [word.strip() for word in value.split(",")] if isinstance(value, str) else value

    @property
    def source(self) -> str:
        """The CloudEvents `source` of this service's events."""
        return f"/tandem/{self.installation}/{self.service}"

    @property
    def consumer_group(self) -> str:
        """The Kafka consumer group of this service."""
        return f"{self.topic_prefix}tandem.{self.service}"

    @classmethod
    def variables(cls) -> frozenset[str]:
        """The names of all environment variables that these settings read."""
        names = {PREFIX + field.upper() for field in cls.model_fields}
        return frozenset(names | {name + _FILE for name in names})

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings.

        Raises:
            WrongSettings: A name is unknown, a value missing or out of bounds, a file unreadable.
        """
        given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
        unknown = sorted(set(given) - cls.variables())
        if unknown:
            raise WrongSettings([f"{name} is not a setting of {cls.service}." for name in unknown])
        try:
            return cls.model_validate(_values(given))
        except ValidationError as error:
            raise WrongSettings(_sentences(error)) from None


def _values(given: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in given.items():
        field = name.removeprefix(PREFIX).lower()
        if name.endswith(_FILE):
            values[field.removesuffix(_FILE.lower())] = _content(name, value)
        else:
            values.setdefault(field, value)
    return values


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise WrongSettings([f"{name} names a file that can't be read: {error}."]) from None


def _sentences(error: ValidationError) -> list[str]:
    return [
        f"{PREFIX}{'.'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}."
        for problem in error.errors(include_input=False, include_url=False)
    ]
