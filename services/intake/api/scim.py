"""Users over SCIM 2.0 (RFC 7644): what HR systems call at /scim/v2."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request
from scim2_models import Context, ListResponse, NotImplementedException, Reference
from starlette.responses import Response

from services.intake import scim_handlers
from services.intake.api import scim_discovery
from services.intake.api.scim_admission import admitted
from services.intake.api.scim_answers import answer, answer_with_errors
from services.intake.api.scim_requests import (
    address_of,
    body_of,
    new_user,
    patch_of,
    patched,
    replacement,
    search_of,
    shown_part,
)
from services.intake.domain.person import StaleVersion
from services.intake.domain.scim.facts import is_id
from services.intake.domain.scim.resources import (
    LARGEST_PAGE,
    EnterpriseUser,
    FullUser,
)
from services.intake.domain.scim.users import NoSuchUser, ShownUser, entity_tag, holds
from services.intake.store import scim_users
from services.intake.store.scim_filters import condition_of, order_of
from shared.api import UnitsOf
from shared.bus.work import Units, Work

T = TypeVar("T")

_TRIES = 5
_FARTHEST = 2**31 - 1

router = APIRouter()


def scim_api(units: Units, address: str | None = None) -> FastAPI:
    """SCIM as an application of its own: with its tokens, and with errors as it says them.

    Args:
        units: The units of work.
        address: Where it is reached; None is where each caller has called.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.units = units
    app.state.address = address
    app.include_router(router)
    app.include_router(scim_discovery.router)
    answer_with_errors(app)
    app.middleware("http")(admitted)
    return app


@router.post("/Users")
async def create_user(request: Request, units: UnitsOf) -> Response:
    """Add a user, or have a leaver with the same employee number come back."""
    part, user = shown_part(request), new_user(await body_of(request))
    async with units.begin() as work:
        shown = await scim_handlers.create_user(user, work)
    return _user(request, shown, part, Context.RESOURCE_CREATION_RESPONSE, 201)


@router.get("/Users")
async def list_users(request: Request, units: UnitsOf) -> Response:
    """Users that a filter lets through, in the order of their ids unless asked otherwise."""
    return await _search(request, dict(request.query_params), units)


@router.post("/.search")
@router.post("/Users/.search")
async def search_users(request: Request, units: UnitsOf) -> Response:
    """The same with everything in the body, so that nothing personal stands in the address."""
    return await _search(request, await body_of(request), units)


@router.get("/Users/{user_id}")
async def show_user(user_id: str, request: Request, units: UnitsOf) -> Response:
    """One user; leavers too, unless they were deleted."""
    part, person_id = shown_part(request), _id(user_id)
    async with units.reading() as work:
        shown = await scim_users.get(work, person_id)
    if holds(request.headers.get("if-none-match"), shown.version):
        return Response(status_code=304, headers={"ETag": entity_tag(shown.version)})
    return _user(request, shown, part, Context.RESOURCE_QUERY_RESPONSE)


@router.put("/Users/{user_id}")
async def replace_user(user_id: str, request: Request, units: UnitsOf) -> Response:
    """Write a user whole: what is left out is empty after, but for `active`."""
    part, body = shown_part(request), await body_of(request)
    shown = await _changed(request, user_id, lambda held: replacement(body, held), units)
    return _user(request, shown, part, Context.RESOURCE_REPLACEMENT_RESPONSE)


@router.patch("/Users/{user_id}")
async def patch_user(user_id: str, request: Request, units: UnitsOf) -> Response:
    """Write some attributes; what other writers do to others at the same time stays."""
    part, patch = shown_part(request), patch_of(await body_of(request))
    shown = await _changed(request, user_id, lambda held: patched(patch, held), units)
    return _user(request, shown, part, Context.RESOURCE_PATCH_RESPONSE)


@router.delete("/Users/{user_id}")
async def delete_user(user_id: str, request: Request, units: UnitsOf) -> Response:
    """Let somebody leave the company, and show them here no longer."""
    person_id, if_match = _id(user_id), request.headers.get("if-match")
    async with units.begin() as work:
        await scim_handlers.delete_user(person_id, if_match, work)
    return Response(status_code=204)


@router.post("/Bulk")
async def refuse_bulk() -> Response:
    """Not supported, as /ServiceProviderConfig says."""
    raise NotImplementedException(detail="Bulk is not supported.")


async def _changed(
    request: Request, user_id: str, change: scim_handlers.Change, units: Units
) -> ShownUser:
    person_id, if_match = _id(user_id), request.headers.get("if-match")

    async def act(work: Work) -> ShownUser:
        return await scim_handlers.change_user(person_id, change, if_match, work)

    return await _again(act, units)


async def _again(act: Callable[[Work], Awaitable[T]], units: Units) -> T:
    """Do something again from the start where a writer other than SCIM came between.

    Raises:
        StaleVersion: It came between every time.
    """
    for _ in range(_TRIES - 1):
        try:
            async with units.begin() as work:
                return await act(work)
        except StaleVersion:
            continue
    async with units.begin() as work:
        return await act(work)


async def _search(request: Request, given: dict[str, Any], units: Units) -> Response:
    search = search_of(given)
    condition = condition_of(search.filter.ast if search.filter else None)
    limit = min(search.count, LARGEST_PAGE)
    skipped = min(search.start_index_0, _FARTHEST)
    async with units.reading() as work:
        total = await scim_users.count(work, condition)
        found = await scim_users.page(work, condition, order_of(search), skipped, limit)
    response = ListResponse[FullUser](
        total_results=total,
        start_index=skipped + 1,
        items_per_page=len(found),
        resources=[_placed(request, shown) for shown in found],
    )
    body = response.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=search)
    return answer({"Resources": [], **body})


def _user(
    request: Request, shown: ShownUser, part: Any, context: Context, status: int = 200
) -> Response:
    user = _placed(request, shown)
    body = user.model_dump(scim_ctx=context, response_parameters=part)
    headers = {"ETag": entity_tag(shown.version), "Location": user.meta.location}
    return answer(body, status, headers)


def _placed(request: Request, shown: ShownUser) -> Any:
    """A user with the addresses of where they and their manager are served."""
    place = f"{address_of(request)}/Users"
    shown.user.meta.location = f"{place}/{shown.person_id}"
    if shown.manager_id is not None:
        manager = shown.user[EnterpriseUser].manager
        manager.ref = Reference(f"{place}/{shown.manager_id}")
    return shown.user


def _id(text: str) -> UUID:
    person_id = is_id(text)
    if person_id is None:
        raise NoSuchUser
    return person_id
