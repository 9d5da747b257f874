"""What intake's SCIM can do, as it says itself (RFC 7644 §4)."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from scim2_models import (
    Context,
    ForbiddenException,
    ListResponse,
    Meta,
    NotFoundException,
    Resource,
    ResourceType,
    Schema,
)
from starlette.responses import Response

from services.intake.api.scim_answers import answer
from services.intake.api.scim_requests import address_of
from services.intake.domain.scim.resources import CONFIG, PROVIDER, SCHEMAS

router = APIRouter()


@router.get("/ServiceProviderConfig")
async def show_configuration(request: Request) -> Response:
    """What is supported."""
    return answer(_shown(CONFIG, request, "ServiceProviderConfig", "/ServiceProviderConfig"))


@router.get("/ResourceTypes")
async def list_resource_types(request: Request) -> Response:
    """What there is: users."""
    return _listed(request, PROVIDER.resource_types, "ResourceType", "/ResourceTypes")


@router.get("/ResourceTypes/{name}")
async def show_resource_type(name: str, request: Request) -> Response:
    """One of them."""
    found = _found(PROVIDER.resource_types, name)
    return answer(_shown(found, request, "ResourceType", f"/ResourceTypes/{found.id}"))


@router.get("/Schemas")
async def list_schemas(request: Request) -> Response:
    """Of what each resource is made."""
    return _listed(request, SCHEMAS, "Schema", "/Schemas")


@router.get("/Schemas/{urn}")
async def show_schema(urn: str, request: Request) -> Response:
    """One of them."""
    found = _found(SCHEMAS, urn)
    return answer(_shown(found, request, "Schema", f"/Schemas/{found.id}"))


def _found(resources: Sequence[Any], identifier: str) -> Any:
    for resource in resources:
        if str(resource.id).lower() == identifier.lower():
            return resource
    raise NotFoundException(detail="There is nothing of this name.")


def _listed(request: Request, resources: Sequence[Any], kind: str, path: str) -> Response:
    if "filter" in request.query_params:
        # RFC 7644 §4: a filter here is refused, so that nobody takes a part for the whole
        raise ForbiddenException(detail="This list can't be filtered.")
    model: Any = ResourceType if kind == "ResourceType" else Schema
    response = ListResponse[model](
        total_results=len(resources), start_index=1, items_per_page=len(resources), resources=[]
    )
    body = response.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    body["Resources"] = [_shown(each, request, kind, f"{path}/{each.id}") for each in resources]
    return answer(body)


def _shown(resource: Resource[Any], request: Request, kind: str, path: str) -> dict[str, Any]:
    meta = Meta(resource_type=kind, location=f"{address_of(request)}{path}")
    placed = resource.model_copy(update={"meta": meta})
    shown: dict[str, Any] = placed.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return shown
