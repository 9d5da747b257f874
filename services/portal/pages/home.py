"""The first page of everybody: what needs you now, and what stands where."""

import asyncio
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from services.portal.domain.words import instant_of, moment, reason_in_words
from services.portal.pages.frame import AVisit, Visit
from shared.auth import Role

router = APIRouter()


@router.get("/")
async def go_home(visit: AVisit) -> Response:
    """Send everybody to the page of their role."""
    roles = visit.signed_in().roles
    if Role.COORDINATOR in roles:
        return visit.go_to("/programmes")
    return visit.go_to("/home" if Role.PARTICIPANT in roles else "/no-pages")


@router.get("/no-pages")
async def say_that_there_are_none(visit: AVisit) -> Response:
    """For roles whose work is done elsewhere."""
    visit.signed_in()
    return visit.page("no-pages")


@router.get("/home")
async def show_home(visit: AVisit) -> Response:
    """A participant's home: the next step, the partner, the goal, the last check-in."""
    visit.signed_in(Role.PARTICIPANT)
    services, authority = visit.portal.services, visit.authority
    myself, pairs, checkins = await asyncio.gather(
        services.get(authority, "intake", "/v1/me"),
        services.get(authority, "matching", "/v1/me/pairs"),
        services.get(authority, "checkins", "/v1/me/checkins"),
    )
    mine = {item["participant_id"]: item for item in myself["participations"]}
    partners = await services.names_of({_partner(pair, mine) for pair in pairs["items"]})
    cards = [_card(pair, mine, partners) for pair in pairs["items"]]
    return visit.page(
        "home",
        name=myself["name"],
        participations=[item for item in mine.values() if not item["withdrawn"]],
        pairs=[card for card in cards if card["ended_at"] is None],
        ended=[card for card in cards if card["ended_at"] is not None],
        **_checkins(checkins, partners),
    )


def _partner(pair: dict[str, Any], mine: dict[str, Any]) -> str:
    return str(pair["mentee_id"] if pair["mentor_id"] in mine else pair["mentor_id"])


def _card(
    pair: dict[str, Any], mine: dict[str, Any], partners: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    partner = partners.get(_partner(pair, mine), {})
    own = mine.get(pair["mentor_id"]) or mine.get(pair["mentee_id"]) or {}
    ended = pair["ended_at"]
    name = partner.get("name", "…")
    is_mentee = pair["mentor_id"] not in mine
    reasons = [reason_in_words(each, name, to_mentee=is_mentee) for each in pair["reasons"]]
    return {
        "partner": name,
        "department": partner.get("department", ""),
        "they_are": "mentor" if is_mentee else "mentee",
        "programme": own.get("programme", ""),
        "since": instant_of(pair["formed_at"]),
        "ended_at": ended and instant_of(ended),
        "reasons": [words for words in reasons if words],
    }


def _checkins(checkins: dict[str, Any], partners: dict[str, dict[str, Any]]) -> dict[str, Any]:
    items, following = checkins["items"], checkins["next"]
    for item in items:
        item["partner"] = partners.get(item["partner_id"], {}).get("name", "…")
    return {
        "open": [item for item in items if not item["answered_at"]],
        "last": next((item for item in items if item["answered_at"]), None),
        "next_at": following and moment(instant_of(following["due_at"]), following["time_zone"]),
    }


async def names_for(visit: Visit, rows: list[dict[str, Any]], *fields: str) -> dict[str, Any]:
    """The names of all participants that these rows speak of, by id."""
    return await visit.portal.services.names_of({str(row[f]) for row in rows for f in fields})
