"""The other services, asked over HTTP on behalf of whoever looks at a page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from services.portal.settings import Settings
from services.portal.store import Session
from shared.auth import Issuer, Role

_PATIENCE = httpx.Timeout(10, connect=2, pool=5)
_CONNECTIONS = httpx.Limits(
    max_connections=100,
    max_keepalive_connections=20,
    keepalive_expiry=2,  # the services close idle connections after five seconds: be the first
)
_TOKEN_LIFE = timedelta(minutes=2)
_NAMES_AT_ONCE = 1000
_PAGE = 1000


class ServiceAway(Exception):
    """A service does not answer, or can't just now; `service` says which."""

    def __init__(self, service: str) -> None:
        self.service = service
        super().__init__(f"The service {service} does not answer.")


class Refused(Exception):
    """A service says no; `problem` is its RFC 9457 answer."""

    def __init__(self, service: str, status: int, problem: Mapping[str, Any]) -> None:
        self.service = service
        self.status = status
        self.problem = problem
        super().__init__(f"The service {service} answered {status} {problem.get('code', '')}.")

    @property
    def code(self) -> str:
        """The problem's short word."""
        return str(self.problem.get("code", ""))


@dataclass(frozen=True, slots=True)
class Authority:
    """By whose right a service is asked: the value of the Authorization header."""

    header: str


class Services:
    """Asks intake, matching, checkins and notifications."""

    def __init__(
        self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._urls = {
            "intake": settings.intake_url,
            "matching": settings.matching_url,
            "checkins": settings.checkins_url,
            "notifications": settings.notifications_url,
        }
        self._issuer = Issuer(settings.service, settings.signing_key.get_secret_value())
        self._client = httpx.AsyncClient(
            timeout=_PATIENCE, limits=_CONNECTIONS, transport=transport
        )

    async def close(self) -> None:
        """Close all connections; nobody can be asked after that."""
        await self._client.aclose()

    def of_session(self, session: Session) -> Authority:
        """The right of somebody who is signed in."""
        token = self._issuer.access_token(session.subject, session.roles, _TOKEN_LIFE)
        return Authority(f"Bearer {token}")

    def of_link(self, token: str) -> Authority:
        """The right to one form of whoever followed a link."""
        return Authority(f"Form {token}")

    def of_portal(self) -> Authority:
        """The portal's own right: to ask who signs in, and for names."""
        token = self._issuer.access_token("portal", {Role.PORTAL}, _TOKEN_LIFE)
        return Authority(f"Bearer {token}")

    async def ask(
        self, authority: Authority, method: str, service: str, path: str, **request: Any
    ) -> Any:
        """Ask a service and return its JSON.

        Raises:
            ServiceAway: It does not answer, or says that it can't now.
            Refused: It says no.
        """
        try:
            response = await self._client.request(
                method,
                self._urls[service].rstrip("/") + path,
                headers={"Authorization": authority.header},
                **request,
            )
        except httpx.TransportError as error:
            raise ServiceAway(service) from error
        if response.is_success:
            return response.json() if response.content else None
        if response.is_server_error:
            raise ServiceAway(service)
        raise Refused(service, response.status_code, _problem(response))

    async def get(self, authority: Authority, service: str, path: str, **query: Any) -> Any:
        """GET, with the parameters that are not None."""
        given = {name: value for name, value in query.items() if value is not None}
        return await self.ask(authority, "GET", service, path, params=given)

    async def whole_list(
        self, authority: Authority, service: str, path: str, **query: Any
    ) -> list[dict[str, Any]]:
        """All items of a paged list."""
        items: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page = await self.get(authority, service, path, limit=_PAGE, after=after, **query)
            items += page["items"]
            after = page.get("next")
            if after is None:
                return items

    async def names_of(self, participant_ids: set[str]) -> dict[str, dict[str, Any]]:
        """Name, department and role of participants, by id; for those who may see them."""
        names: dict[str, dict[str, Any]] = {}
        for ids in _slices(sorted(participant_ids), _NAMES_AT_ONCE):
            found = await self.ask(
                self.of_portal(), "POST", "intake", "/v1/participants/lookup", json={"ids": ids}
            )
            names |= {item["participant_id"]: item for item in found["items"]}
        return names

    async def name_of(self, participant_id: UUID | str) -> str:
        """One participant's name; an ellipsis if it is not known any more."""
        found = await self.names_of({str(participant_id)})
        return str(found.get(str(participant_id), {}).get("name", "…"))


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    try:
        problem = response.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _slices(ids: list[str], size: int) -> Iterator[list[str]]:
    for begin in range(0, len(ids), size):
        yield ids[begin : begin + size]
