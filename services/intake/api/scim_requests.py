"""What comes in over SCIM, read: bodies, searches, where the caller has reached us."""

import json
from typing import Any

from fastapi import Request
from scim2_models import (
    Context,
    InvalidSyntaxException,
    PatchOp,
    ResponseParameters,
    SearchRequest,
)

from services.intake.domain.scim.resources import POLICY, USUAL_PAGE, WRITING, FullUser
from services.intake.domain.scim.shapes import patch_payload, user_payload
from services.intake.domain.scim.users import filter_refused
from services.intake.store.scim_filters import LONGEST_FILTER

MOST_OPERATIONS = 100

_Search: Any = SearchRequest[FullUser]
_Parameters: Any = ResponseParameters[FullUser]
_Patch: Any = PatchOp[FullUser]


def address_of(request: Request) -> str:
    """Where SCIM is reached, without a slash at the end."""
    if request.app.state.address is not None:
        return str(request.app.state.address)
    return f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"


async def body_of(request: Request) -> dict[str, Any]:
    """The object that was sent.

    Raises:
        InvalidSyntaxException: It is no JSON, or no object.
    """
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise InvalidSyntaxException(detail="The body is not JSON.") from None
    if not isinstance(body, dict):
        raise InvalidSyntaxException(detail="The body is not a JSON object.")
    return body


def new_user(body: dict[str, Any]) -> Any:
    """The user of a POST.

    Raises:
        ValidationError: It does not make a user.
    """
    payload = user_payload(body, active=True)
    return FullUser.model_validate(
        payload, scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=WRITING
    )


def replacement(body: dict[str, Any], held: Any) -> Any:
    """The user of a PUT; what may not be written stays as it is held.

    Raises:
        ValidationError: It does not make a user.
    """
    payload = user_payload(body, active=held.active)
    user = FullUser.model_validate(
        payload, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_policy=WRITING
    )
    with POLICY:
        user.replace(held)
    return user


def patch_of(body: dict[str, Any]) -> Any:
    """The operations of a PATCH.

    Raises:
        ValidationError: They can't be carried out on any user.
        InvalidSyntaxException: There are too many.
    """
    patch = _Patch.model_validate(
        patch_payload(body), scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY
    )
    if len(patch.operations) > MOST_OPERATIONS:
        raise InvalidSyntaxException(detail=f"At most {MOST_OPERATIONS} operations are taken.")
    return patch


def patched(patch: Any, held: Any) -> Any:
    """The user after a PATCH.

    Raises:
        SCIMException: An operation can't be carried out on this user.
    """
    user = held.model_copy(deep=True)
    patch.patch(user, scim_policy=POLICY)
    return user


def shown_part(request: Request) -> Any:
    """Which attributes the caller asks for.

    Raises:
        ValidationError: They contradict each other, or are none.
    """
    names = ("attributes", "excludedAttributes")
    given = {name: request.query_params[name] for name in names if name in request.query_params}
    return _Parameters.model_validate(given, scim_policy=POLICY)


def search_of(given: dict[str, Any]) -> Any:
    """A search, from the parameters of an address or from a body.

    Raises:
        ValidationError: It names what there is not.
        InvalidFilterException: The filter is too long.
    """
    if len(str(given.get("filter", ""))) > LONGEST_FILTER:
        raise filter_refused(f"A filter may have {LONGEST_FILTER} characters at most.")
    search = _Search.model_validate(given, scim_ctx=Context.SEARCH_REQUEST, scim_policy=POLICY)
    if search.count is None:
        search.count = USUAL_PAGE
    return search
