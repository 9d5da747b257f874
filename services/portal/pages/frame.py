"""What all pages share: who visits, the frame around a page, and how forms are kept from abuse."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, cast
from urllib.parse import unquote, urlsplit

from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Mount

from services.portal import store
from services.portal.clients import Authority, Services
from services.portal.domain import words
from services.portal.domain.visits import SESSION_LIFE, host_of, our_page
from services.portal.settings import Settings
from services.portal.store import Session
from shared.auth import Form, FormKind, Role, TokenExpired, TokenRefused, verify_form_token
from shared.bus.work import Units
from shared.ids import new_id

_SECURE_PREFIX = "__Host-"
_BROWSER_SECONDS = 24 * 3600
_SECRET_BYTES = 32
_SIGNATURE_LENGTH = 64
_TEMPLATES = Path(__file__).parents[1] / "templates"
STATIC = Path(__file__).parents[1] / "static"


class NeedsSignIn(Exception):
    """A page is for people who are signed in; `page` is what they wanted to see."""

    def __init__(self, page: str) -> None:
        self.page = page
        super().__init__("This page is for people who are signed in.")


class NotForYou(Exception):
    """A page is for people in another role."""

    def __init__(self) -> None:
        super().__init__("This page is for people in another role.")


class ForeignPost(Exception):
    """A form was sent that this browser did not get from us, or too long ago."""

    def __init__(self) -> None:
        super().__init__("This form was not sent from a page of ours.")


class ShowInstead(Exception):
    """Another page says why the one that was asked for can't be shown."""

    def __init__(self, template: str, status: int) -> None:
        self.template = template
        self.status = status
        super().__init__(f"The page {template} is shown instead.")


class Portal:
    """What pages are made with.

    Browsers take a cookie named `__Host-…` only by HTTPS, for this host alone: no neighbouring
    site can plant one. By plain HTTP they would not take it at all.
    """

    def __init__(self, settings: Settings, units: Units, services: Services) -> None:
        self.settings = settings
        self.units = units
        self.services = services
        self.templates = _environment()
        prefix = _SECURE_PREFIX if settings.is_secure else ""
        self.browser_cookie = f"{prefix}tandem_browser"
        self.session_cookie = f"{prefix}tandem_session"
        self.static = f"/static/{store.digest(_css()).hex()[:12]}"
        self.stylesheet = f"{self.static}/tandem.css"


@dataclass
class Visit:
    """One request by one browser, and who is signed in there."""

    request: Request
    portal: Portal
    session: Session | None

    @cached_property
    def browser(self) -> str:
        """What this browser is known by; made up at its first visit."""
        known = self.request.cookies.get(self.portal.browser_cookie)
        return known or secrets.token_urlsafe(_SECRET_BYTES)

    @property
    def host(self) -> str:
        """Where the request comes from, as far as it can be known."""
        peer = self.request.client.host if self.request.client else ""
        told = ",".join(self.request.headers.getlist("x-forwarded-for"))
        return host_of(peer, told, self.portal.settings.trusted_proxies)

    @property
    def csrf(self) -> str:
        """What a form must bring along, which only a page shown in this browser can know."""
        return hmac.new(self.browser.encode(), b"form", "sha256").hexdigest()

    @property
    def authority(self) -> Authority:
        """By whose right services are asked for this page."""
        return self.portal.services.of_session(self.signed_in())

    async def recognise(self) -> None:
        """Look up who is signed in."""
        cookie = self.request.cookies.get(self.portal.session_cookie)
        if cookie:
            async with self.portal.units.reading() as work:
                self.session = await store.session_of(work, cookie, datetime.now(UTC))

    def signed_in(self, *roles: Role) -> Session:
        """Who is signed in.

        Raises:
            NeedsSignIn: Nobody is.
            NotForYou: Somebody is, in none of these roles.
        """
        if self.session is None:
            raise NeedsSignIn(self.request.url.path)
        if roles and self.session.roles.isdisjoint(roles):
            raise NotForYou
        return self.session

    def form_of_link(self, token: str, kind: FormKind, if_expired: str) -> Form:
        """The form that a link opens.

        Raises:
            ShowInstead: The link has expired, is broken, or opens another kind of form.
        """
        try:
            form = verify_form_token(token, self.portal.settings.form_issuers).form
        except TokenExpired:
            raise ShowInstead(if_expired, 410) from None
        except TokenRefused:
            raise ShowInstead("link-broken", 404) from None
        if form is None or form.kind != kind:
            raise ShowInstead("link-foreign", 404)
        return form

    async def form(self) -> Mapping[str, Any]:
        """What a form on a page of ours sent.

        Raises:
            ForeignPost: It was sent from elsewhere, or the browser forgot us meanwhile.
        """
        sent = await self.request.form()
        given = str(sent.get("csrf", ""))[:_SIGNATURE_LENGTH]
        known = self.portal.browser_cookie in self.request.cookies
        if not known or not hmac.compare_digest(given.encode(), self.csrf.encode()):
            raise ForeignPost
        return sent

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page."""
        frame = {
            "session": self.session,
            "roles": [] if self.session is None else sorted(self.session.roles),
            "csrf": self.csrf,
            "stylesheet": self.portal.stylesheet,
            "path": self.request.url.path,
        }
        html = self.portal.templates.get_template(f"{template}.html.j2").render(frame | values)
        return cast("HTMLResponse", self._remember_browser(HTMLResponse(html, status)))

    def page_to_go_on_to(self, wanted: str) -> str:
        """The page of ours that was wanted, if one can just be looked at; else the first one."""
        page = our_page(wanted)
        scope = {"type": "http", "method": "GET", "path": unquote(urlsplit(page).path)}
        routes = self.request.app.routes
        return page if any(_shows_a_page(route, scope) for route in routes) else "/"

    def go_to(self, page: str) -> Response:
        """Send the browser on to a page, as after every form that was taken."""
        return self._remember_browser(RedirectResponse(page, 303))

    async def begin_session(self, subject: str, name: str, roles: frozenset[Role]) -> str:
        """Let somebody be signed in; returns the cookie."""
        cookie, now = secrets.token_urlsafe(_SECRET_BYTES), datetime.now(UTC)
        session = Session(subject, name, roles, now + SESSION_LIFE)
        async with self.portal.units.begin() as work:
            await store.begin_session(work, cookie, session, now)
        return cookie

    def set_cookie(self, response: Response, name: str, value: str, seconds: int) -> None:
        """Set a cookie that no script and no other site can use."""
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            httponly=True,
            secure=self.portal.settings.is_secure,
            samesite="lax",
        )

    def _remember_browser(self, response: Response) -> Response:
        self.set_cookie(response, self.portal.browser_cookie, self.browser, _BROWSER_SECONDS)
        return response


async def new_visit(request: Request) -> Visit:
    """Somebody visits; nothing has been looked up yet."""
    visit = request.state.visit = Visit(request, cast("Portal", request.app.state.portal), None)
    return visit


ANewVisit = Annotated[Visit, Depends(new_visit)]


async def visit_of(visit: ANewVisit) -> Visit:
    """Who visits, as their cookies say."""
    await visit.recognise()
    return visit


AVisit = Annotated[Visit, Depends(visit_of)]


def _shows_a_page(route: BaseRoute, scope: dict[str, Any]) -> bool:
    return not isinstance(route, Mount) and route.matches(scope)[0] is Match.FULL


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "day": words.day,
        "place": words.place,
        "readable": words.readable,
        "listed": words.listed,
    }
    environment.globals |= {"moment": words.moment, "share": words.share, "new_id": new_id}
    return environment


def _css() -> str:
    return (STATIC / "tandem.css").read_text()
