"""Signing in by a link in a mail, and out."""

from datetime import UTC, datetime
from uuid import UUID

import structlog
from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.responses import Response

from services.portal import store
from services.portal.clients import Refused, ServiceAway
from services.portal.domain.visits import (
    LINK_LIFE,
    MOST_PER_ADDRESS,
    MOST_PER_HOST,
    SESSION_LIFE,
    WINDOW,
    is_over,
    looks_like_an_address,
)
from services.portal.pages.frame import AVisit, ShowInstead, Visit
from services.portal.store import SignIn, digest
from shared.auth import (
    FormKind,
    Principal,
    Role,
    TokenExpired,
    TokenRefused,
    verify_entry_token,
)
from shared.ids import new_id

router = APIRouter()
log = structlog.get_logger()

COMMAND_LINE = "tandem"


@router.get("/sign-in")
async def show_form(visit: AVisit, next: str = "/") -> Response:  # noqa: A002 - the field's word
    """Ask for the mail address."""
    return visit.page("sign-in", next_page=visit.page_to_go_on_to(next), email="", error=None)


@router.post("/sign-in")
async def ask_for_link(visit: AVisit) -> Response:
    """Have a link mailed to whoever has this address, and say the same if nobody has."""
    form = await visit.form()
    email = str(form.get("email", "")).strip()
    next_page = visit.page_to_go_on_to(str(form.get("next", "/")))
    if not looks_like_an_address(email):
        return visit.page(
            "sign-in",
            422,
            next_page=next_page,
            email=email[:254],
            error="Enter your mail address at work, such as ana@example.com.",
        )
    if not await _may_try(visit, email):
        return visit.page("too-many-tries", 429)
    sign_in = await _sign_in_for(visit, email, next_page)
    response = visit.go_to("/sign-in/sent")
    if sign_in is not None:  # after the answer: how long it takes says nothing about the address
        response.background = BackgroundTask(_have_it_mailed, visit, sign_in)
    return response


@router.get("/sign-in/sent")
async def say_that_it_was_sent(visit: AVisit) -> Response:
    """Say where to look now."""
    return visit.page("sign-in-sent")


@router.get("/sign-in/with/{token}")
async def show_token(visit: AVisit, token: str) -> Response:
    """A link that the command line has made: show what it does."""
    _caller_of_command_line(visit, token)
    return visit.page("sign-in-confirm", action=f"/sign-in/with/{token}")


@router.post("/sign-in/with/{token}")
async def sign_in_with_token(visit: AVisit, token: str) -> Response:
    """Sign in with a link that the command line has made; it works once."""
    await visit.form()
    caller = _caller_of_command_line(visit, token)
    async with visit.portal.units.begin() as work:
        is_new = await store.use_token(work, caller.token_id, datetime.now(UTC))
    if not is_new:
        return visit.page("sign-in-used", 410)
    return await _signed_in(visit, caller.subject, "Operator", caller.roles, "/")


@router.get("/sign-in/{token}")
async def show_link(visit: AVisit, token: str) -> Response:
    """The link of a mail: show what it does; mail scanners that open it change nothing."""
    await _good_link(visit, token)
    return visit.page("sign-in-confirm", action=f"/sign-in/{token}")


@router.post("/sign-in/{token}")
async def sign_in(visit: AVisit, token: str) -> Response:
    """Sign in with the link of a mail; it works once."""
    await visit.form()
    found = await _good_link(visit, token)
    services = visit.portal.services
    account = await services.get(services.of_portal(), "intake", f"/v1/accounts/{found.person_id}")
    async with visit.portal.units.begin() as work:
        is_new = await store.use_sign_in(work, found.sign_in_id, datetime.now(UTC))
    if not is_new:
        return visit.page("sign-in-used", 410)
    roles = {Role.PARTICIPANT} | ({Role.COORDINATOR} if account["coordinates"] else set())
    return await _signed_in(
        visit, str(found.person_id), account["name"], frozenset(roles), found.next_page
    )


@router.post("/sign-out")
async def sign_out(visit: AVisit) -> Response:
    """End the session."""
    await visit.form()
    async with visit.portal.units.begin() as work:
        await store.end_session(work, visit.request.cookies.get(visit.portal.session_cookie, ""))
    response = visit.go_to("/sign-in")
    visit.set_cookie(response, visit.portal.session_cookie, "", 0)
    return response


async def _signed_in(
    visit: Visit, subject: str, name: str, roles: frozenset[Role], page: str
) -> Response:
    cookie = await visit.begin_session(subject, name, roles)
    response = visit.go_to(page)
    visit.set_cookie(
        response, visit.portal.session_cookie, cookie, int(SESSION_LIFE.total_seconds())
    )
    log.info("session.begun", subject=subject, roles=sorted(roles))
    return response


async def _good_link(visit: Visit, token: str) -> SignIn:
    """The sign-in of a link.

    Raises:
        ShowInstead: The link can't be used; the page says why.
    """
    form = visit.form_of_link(token, FormKind.SIGN_IN, if_expired="sign-in-expired")
    async with visit.portal.units.reading() as work:
        found = await store.sign_in_of(work, form.object_id)
    if found is None or found.person_id != form.subject:
        raise ShowInstead("link-foreign", 404)
    if found.used_at is not None:
        raise ShowInstead("sign-in-used", 410)
    if is_over(found.asked_at, datetime.now(UTC)):
        raise ShowInstead("sign-in-expired", 410)
    if found.browser != digest(visit.browser):
        raise ShowInstead("sign-in-other-browser", 409)
    return found


async def _may_try(visit: Visit, email: str) -> bool:
    """Count a try; says whether there were not too many from here, or for this address."""
    limits = {f"address {email.lower()}": MOST_PER_ADDRESS, f"host {visit.host}": MOST_PER_HOST}
    async with visit.portal.units.begin() as work:
        return await store.take_attempt(work, limits, datetime.now(UTC), WINDOW)


async def _sign_in_for(visit: Visit, email: str, next_page: str) -> SignIn | None:
    services = visit.portal.services
    try:
        account = await services.ask(
            services.of_portal(), "POST", "intake", "/v1/accounts/find", json={"email": email}
        )
    except Refused:
        return None
    now = datetime.now(UTC)
    person_id = UUID(account["person_id"])
    return SignIn(new_id(), person_id, digest(visit.browser), next_page, now, None)


async def _have_it_mailed(visit: Visit, sign_in: SignIn) -> None:
    services = visit.portal.services
    body = {
        "sign_in_id": str(sign_in.sign_in_id),
        "person_id": str(sign_in.person_id),
        "void_after": (sign_in.asked_at + LINK_LIFE).isoformat(),
    }
    async with visit.portal.units.begin() as work:
        await store.begin_sign_in(work, sign_in)
    try:
        await services.ask(
            services.of_portal(), "POST", "notifications", "/v1/sign-in-mails", json=body
        )
    except (ServiceAway, Refused) as error:
        log.exception("sign-in.not-mailed", error=type(error).__name__)


def _caller_of_command_line(visit: Visit, token: str) -> Principal:
    """Who signs in with an entry token that the command line has signed.

    Raises:
        ShowInstead: The token can't be used; the page says why.
    """
    keys = visit.portal.settings.token_issuers
    try:
        return verify_entry_token(
            token, {name: keys[name] for name in keys if name == COMMAND_LINE}
        )
    except TokenExpired:
        raise ShowInstead("sign-in-expired", 410) from None
    except TokenRefused:
        raise ShowInstead("link-broken", 404) from None
