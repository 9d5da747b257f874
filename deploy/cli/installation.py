"""The installation that a command works on: the one in `.tandem`, or where TANDEM_DATA says."""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from deploy.cli.output import CommandFailed
from deploy.embedded.kafka import ADMIN
from deploy.embedded.kafka_admin import client_configuration
from deploy.embedded.postgres import SUPERUSER
from deploy.embedded.servers import EmbeddedServers
from deploy.services import SERVICES, settings_class
from deploy.up.environment import COMMAND_LINE, Ports, service_environments
from shared.auth import Issuer, Role

DEFAULT_FOLDER = ".tandem"
PAGE = 500
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Installation:
    """A local installation: its folder, its ports, its secrets."""

    folder: Path
    ports: Ports

    @cached_property
    def servers(self) -> EmbeddedServers:
        """Its PostgreSQL, Kafka and mailbox."""
        ports = self.ports
        return EmbeddedServers(
            self.folder,
            postgres_port=ports.postgres,
            kafka_port=ports.kafka,
            kafka_controller_port=ports.kafka_controller,
            smtp_port=ports.smtp,
        )

    @property
    def command(self) -> str:
        """What to type in another terminal, in the same folder, to run `tandem` on this one."""
        program = shlex.quote(str(_from_here(Path(sys.executable).with_name("tandem"))))
        folder = _from_here(self.folder.resolve())
        if folder == Path(DEFAULT_FOLDER):
            return program
        return f"TANDEM_DATA={shlex.quote(str(folder))} {program}"

    def environments(self) -> dict[str, dict[str, str]]:
        """The environment of each service's process."""
        return service_environments(
            accepted_settings(), ports=self.ports, secrets=self.servers.secrets, caller=os.environ
        )

    def token(self, roles: set[Role], life: timedelta, subject: str = "tandem-command") -> str:
        """A token signed with the installation's own key."""
        return self._issuer.access_token(subject, roles, life)

    def entry_link(self, roles: set[Role], subject: str = "tandem-command") -> str:
        """An address that signs in to the portal with these roles: once, within ten minutes."""
        return f"{self.portal_url}/sign-in/with/{self._issuer.entry_token(subject, roles)}"

    @property
    def _issuer(self) -> Issuer:
        key = self.servers.secrets.signing_key_file(COMMAND_LINE).read_text()
        return Issuer(COMMAND_LINE, key)

    def url(self, service: str) -> str:
        """Where a service's API is."""
        return f"http://{self.ports.host(service)}:{self.ports.api(SERVICES.index(service))}"

    def internal_url(self, service: str) -> str:
        """Where a service's health and metrics are."""
        return f"http://{self.ports.host(service)}:{self.ports.internal(SERVICES.index(service))}"

    @property
    def portal_url(self) -> str:
        """Where people reach the portal."""
        return os.environ.get("TANDEM_PORTAL_URL", self.url("portal"))

    @property
    def postgres_admin_dsn(self) -> str:
        """Where PostgreSQL's superuser connects, with the password."""
        password = self.servers.secrets.password("postgres-superuser")
        host, port = self.ports.host("postgres"), self.ports.postgres
        return f"postgresql://{SUPERUSER}:{password}@{host}:{port}/postgres"

    @property
    def kafka_admin_configuration(self) -> dict[str, Any]:
        """The settings of a confluent-kafka client that may do everything."""
        password = self.servers.secrets.password("kafka-admin")
        return client_configuration(self._kafka, ADMIN, password)

    @property
    def kafka_for_others(self) -> str:
        """Where other teams reach Kafka."""
        return os.environ.get("TANDEM_KAFKA_OUTSIDE", self._kafka)

    @property
    def _kafka(self) -> str:
        return f"{self.ports.host('kafka')}:{self.ports.kafka}"

    @contextmanager
    def api(self, service: str) -> Iterator["Api"]:
        """A signed-in client of a service's API."""
        token = self.token({Role.COORDINATOR, Role.OPERATOR}, timedelta(hours=1))
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(
            base_url=self.url(service), headers=headers, timeout=PATIENCE_SECONDS
        ) as client:
            yield Api(service, client)


@dataclass(frozen=True)
class Api:
    """A client of one service's API whose failures are sentences."""

    service: str
    client: httpx.Client

    def get(self, path: str, **query: Any) -> Any:
        """GET and return the JSON."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._answer("GET", path, params=given)

    def post(self, path: str, **request: Any) -> Any:
        """POST and return the JSON."""
        return self._answer("POST", path, **request)

    def patch(self, path: str, **request: Any) -> Any:
        """PATCH and return the JSON."""
        return self._answer("PATCH", path, **request)

    def delete(self, path: str) -> None:
        """DELETE."""
        self._answer("DELETE", path)

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """All items of a paged list."""
        after: str | None = None
        while True:
            page = self.get(path, limit=PAGE, after=after, **query)
            yield from page["items"]
            after = page.get("next")
            if after is None:
                return

    def _answer(self, method: str, path: str, **request: Any) -> Any:
        try:
            response = self.client.request(method, path, **request)
        except httpx.TransportError:
            raise CommandFailed(
                f"The service {self.service} does not answer: start Tandem with `make run`."
            ) from None
        if response.is_success:
            return response.json() if response.content else None
        raise _failure(self.service, response)


def the_installation() -> Installation:
    """The installation that the environment names.

    Raises:
        CommandFailed: There is none in that folder.
    """
    folder = data_folder()
    if not (folder / "secrets").is_dir():
        raise CommandFailed(f"There is no Tandem in {folder}: start one with `make run`.")
    return Installation(folder.resolve(), Ports.in_use(folder, os.environ))


def data_folder() -> Path:
    """Where the local installation keeps its data."""
    return Path(os.environ.get("TANDEM_DATA", DEFAULT_FOLDER))


def accepted_settings() -> dict[str, frozenset[str]]:
    """The names of the settings that each service knows, in the order of their ports."""
    return {name: settings_class(name).variables() for name in SERVICES}


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _failure(service: str, response: httpx.Response) -> CommandFailed:
    try:
        problem: Mapping[str, Any] = response.json()
    except ValueError:
        problem = {}
    sentence = problem.get("detail") or f"{service} answered {response.status_code}."
    details = [_detail(error) for error in problem.get("errors", [])]
    return CommandFailed(sentence, details, problem=dict(problem))


def _detail(error: object) -> str:
    """One line of a problem's list: where, and why."""
    if not isinstance(error, dict):
        return str(error)
    reason = error.get("reason", "")
    places = [f"{name} {value}" for name, value in error.items() if name != "reason"]
    return f"{', '.join(places)}: {reason}" if places else str(reason)
