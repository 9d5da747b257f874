"""A coordinator's pages: the programmes, and who was asked and answered."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.portal.domain.words import instant_of
from services.portal.pages.frame import AVisit, Visit
from services.portal.pages.home import names_for
from shared.auth import Role

router = APIRouter()

ROWS = 150
"""So many rows a page stays below 100 kB."""

Answered = Annotated[bool | None, Query()]
Round = Annotated[int | None, Query(alias="round", ge=0, le=32_767)]


@router.get("/programmes")
async def list_programmes(visit: AVisit) -> Response:
    """A coordinator's home: what needs me now, and every programme at a glance."""
    visit.signed_in(Role.COORDINATOR)
    services = visit.portal.services
    programmes = await services.whole_list(visit.authority, "intake", "/v1/programmes")
    figures = await asyncio.gather(*(_figures(visit, item["programme_id"]) for item in programmes))
    shown = [
        {**programme, **numbers} for programme, numbers in zip(programmes, figures, strict=True)
    ]
    return visit.page("programmes", programmes=list(reversed(shown)))


@router.get("/programmes/{programme_id}")
async def show_programme(visit: AVisit, programme_id: UUID) -> Response:
    """One programme: its funnel, and its rounds of check-ins."""
    visit.signed_in(Role.COORDINATOR)
    services = visit.portal.services
    programme = await _programme(visit, programme_id)
    path = f"/v1/programmes/{programme_id}/checkins/rounds"
    numbers, checkins = await asyncio.gather(
        _figures(visit, str(programme_id)), services.get(visit.authority, "checkins", path)
    )
    rounds = [
        {**each, "first_due_at": instant_of(each["first_due_at"])} for each in checkins["rounds"]
    ]
    return visit.page("programme", programme={**programme, **numbers}, rounds=rounds)


@router.get("/programmes/{programme_id}/checkins")
async def list_checkins(
    visit: AVisit,
    programme_id: UUID,
    in_round: Round = None,
    answered: Answered = None,
    after: UUID | None = None,
) -> Response:
    """Who was asked in a round, and who has answered, a page at a time; never the words."""
    visit.signed_in(Role.COORDINATOR)
    asked_for = {
        "round": in_round,
        "answered": None if answered is None else str(answered).lower(),
    }
    here = f"/programmes/{programme_id}/checkins"
    programme, found = await asyncio.gather(
        _programme(visit, programme_id),
        visit.portal.services.get(
            visit.authority, "checkins", f"/v1{here}",
            after=after and str(after), limit=ROWS + 1, **asked_for,
        ),
    )  # fmt: skip
    rows = found["items"][:ROWS]
    names = await names_for(visit, rows, "participant_id", "partner_id")
    shown = [_row(row, names) for row in rows]
    there_is_more = len(found["items"]) > ROWS
    return visit.page(
        "programme-checkins",
        programme=programme,
        rows=sorted(shown, key=lambda row: (row["name"], row["due_at"])),
        in_round=in_round,
        answered=answered,
        first=_address(here, asked_for) if after else None,
        following=_address(here, asked_for, after=rows[-1]["checkin_id"])
        if there_is_more
        else None,
    )


def _address(page: str, query: Mapping[str, object], **more: object) -> str:
    given = {name: value for name, value in {**query, **more}.items() if value is not None}
    return f"{page}?{urlencode(given)}" if given else page


async def _programme(visit: Visit, programme_id: UUID) -> dict[str, Any]:
    path = f"/v1/programmes/{programme_id}"
    programme: dict[str, Any] = await visit.portal.services.get(visit.authority, "intake", path)
    return programme


async def _figures(visit: Visit, programme_id: str) -> dict[str, Any]:
    """A programme's numbers, from each service that knows some."""
    services, authority = visit.portal.services, visit.authority
    pool, deliveries, checkins = await asyncio.gather(
        services.get(authority, "matching", f"/v1/programmes/{programme_id}/pool"),
        services.get(
            authority, "notifications", "/v1/deliveries/summary", programme_id=programme_id
        ),
        services.get(authority, "checkins", f"/v1/programmes/{programme_id}/checkins/rounds"),
    )
    rounds = checkins["rounds"]
    return {
        "participants": pool["participants"],
        "paired": pool["mentees"] - pool["waiting"],
        "mentees": pool["mentees"],
        "mentors": pool["mentors"],
        "free_places": pool["free_places"],
        "waiting": pool["waiting"],
        "failed_mails": sum(
            c["deliveries"] for c in deliveries["counts"] if c["state"] == "failed"
        ),
        "asked": sum(each["asked"] for each in rounds),
        "answered": sum(each["answered"] for each in rounds),
        "sessions_rated": sum(each["sessions_rated"] for each in rounds),
    }


def _row(row: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": names.get(row["participant_id"], {}).get("name", "…"),
        "partner": names.get(row["partner_id"], {}).get("name", "…"),
        "due_at": instant_of(row["due_at"]),
        "answered_at": row["answered_at"] and instant_of(row["answered_at"]),
    }
