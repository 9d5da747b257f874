"""The portal with the services that it asks, each on a database of its own, without a network."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast
from uuid import UUID

import httpx

from deploy.services import SERVICES
from services.portal.clients import Services
from services.portal.pages import build_pages
from services.portal.pages.frame import Portal
from services.portal.settings import Settings
from shared.auth import Form, FormKind, Role
from shared.ids import new_id
from tests.conftest import OpenRoom
from tests.integration.checkins.couples import (
    FIRST_DUE,
    Couple,
    a_programme,
    ask_at,
    told,
)
from tests.integration.checkins.couples import tell as tell_checkins
from tests.integration.intake import company
from tests.support.keys import COMMAND_LINE, LINKS
from tests.support.room import PORTAL_URL, Room, record_of

FILLED = {"lesson": "Ask earlier.", "goal": "A talk.", "goal_rating": "none", "session": "5"}
WRITTEN = ("Ask earlier.", "A talk.")
CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


@dataclass
class Network(httpx.AsyncBaseTransport):
    """The network of the house: by host name to each room.

    A host can be made to go away, or to give one answer to everything.
    """

    rooms: dict[str, Room]
    away: set[str] = field(default_factory=set)
    answers: dict[str, httpx.Response] = field(default_factory=dict)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if host in self.away or host not in self.rooms:
            raise httpx.ConnectError("away", request=request)
        if host in self.answers:
            return self.answers[host]
        return await self.rooms[host].transport().handle_async_request(request)


@dataclass
class House:
    """Five rooms, the network between them, and browsers that visit."""

    rooms: dict[str, Room]
    network: Network

    @asynccontextmanager
    async def browser(self, address: str = "192.0.2.1") -> AsyncIterator["Browser"]:
        """A browser of its own, at an address: with cookies, and nobody signed in."""
        room = self.rooms["portal"]
        settings = cast("Settings", room.settings)
        app = build_pages(Portal(settings, room.units, Services(settings, self.network)))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50000)),
            base_url=PORTAL_URL,
            follow_redirects=True,
        ) as client:
            yield Browser(client)

    async def people(self, *numbers: int) -> dict[int, UUID]:
        """Import people into intake; returns their ids."""
        intake = self.rooms["intake"]
        await company.import_people(intake, *(company.a_person(n) for n in numbers))
        rows = await intake.rows("SELECT person_id, employee_number FROM person")
        return {int(row["employee_number"][1:]): row["person_id"] for row in rows}

    async def sign_in_links(self) -> list[str]:
        """The links that notifications was asked to mail, as it would mint them."""
        rows = await self.rooms["notifications"].rows(
            "SELECT subject_id, recipient_id FROM delivery WHERE kind = 'sign-in' ORDER BY id"
        )
        return [
            sign_in_link(Form(FormKind.SIGN_IN, row["subject_id"], row["recipient_id"]))
            for row in rows
        ]

    async def checkin(self) -> tuple[UUID, Couple]:
        """A check-in that a mentee, person 2 of intake, has been asked; the mentor is person 1."""
        people = await self.people(1, 2)
        programme = await company.an_open_programme(self.rooms["intake"])
        await company.register(
            self.rooms["intake"], programme,
            {"employee_number": "E1", "role": "mentor"},
            {"employee_number": "E2", "role": "mentee"},
        )  # fmt: skip
        rows = await self.rooms["intake"].rows("SELECT participant_id, person_id FROM participant")
        ids = {row["person_id"]: row["participant_id"] for row in rows}
        couple = Couple(
            mentor_id=ids[people[1]], mentee_id=ids[people[2]],
            mentor_person=people[1], mentee_person=people[2],
        )  # fmt: skip
        checkins = self.rooms["checkins"]
        await tell_checkins(checkins, a_programme(), *couple.story())
        await ask_at(checkins, FIRST_DUE)
        events = await told(checkins, "checkin-due")
        [checkin] = [e for e in events if e["participant_id"] == str(couple.mentee_id)]
        return UUID(checkin["checkin_id"]), couple

    async def many_checkins(self, number: int) -> UUID:
        """A programme with so many check-ins in its first round, none of them answered."""
        await self.checkin()
        checkins = self.rooms["checkins"]
        programme: UUID = (await self.rooms["intake"].rows("SELECT programme_id FROM programme"))[
            0
        ][0]
        await checkins.rows(
            "INSERT INTO checkin (checkin_id, pair_id, programme_id, participant_id, partner_id, "
            "round, due_at, announced_at) "
            "SELECT uuidv7(), pair_id, $1, uuidv7(), uuidv7(), 1, $3, $3 "
            "FROM pair, generate_series(1, $2)",
            programme, number, FIRST_DUE,
        )  # fmt: skip
        return programme


@dataclass
class Browser:
    """What a person does on pages."""

    client: httpx.AsyncClient
    page: httpx.Response | None = None

    async def open(self, path: str) -> httpx.Response:
        self.page = await self.client.get(path)
        return self.page

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """Send the form of the page that is open."""
        assert self.page is not None
        data = {"csrf": csrf_of(self.page), **fields}
        self.page = await self.client.post(path, data=data)
        return self.page

    async def sign_in_as(self, *roles: Role, subject: str = "operator") -> None:
        """Sign in with a link of the command line."""
        signed = COMMAND_LINE.entry_token(subject, roles)
        await self.open(f"/sign-in/with/{signed}")
        await self.send(f"/sign-in/with/{signed}")

    async def ask_for_link(self, email: str, next_page: str = "/") -> httpx.Response:
        await self.open("/sign-in")
        return await self.send("/sign-in", email=email, next=next_page)


def csrf_of(page: httpx.Response) -> str:
    """What a form on the page would bring along; nothing if there is none."""
    found = CSRF.search(page.text)
    return found[1] if found else ""


def sign_in_link(form: Form, life: timedelta = timedelta(minutes=10)) -> str:
    return f"/sign-in/{LINKS.form_token(form, life)}"


def checkin_link(
    checkin_id: UUID, participant_id: UUID, life: timedelta = timedelta(days=60)
) -> str:
    return f"/checkins/{LINKS.form_token(Form(FormKind.CHECKIN, checkin_id, participant_id), life)}"


async def open_house(open_room: OpenRoom, *names: str, **of_the_portal: str) -> House:
    """A house with these rooms, all of them if none is named, and settings of the portal."""
    settings = {"portal": of_the_portal}
    rooms = {name: await open_room(name, **settings.get(name, {})) for name in names or SERVICES}
    return House(rooms, Network(rooms))


async def pair_in_matching(house: House, couple: Couple) -> None:
    """Let matching know the couple and their pair."""
    matching = house.rooms["matching"]
    programme = (await house.rooms["intake"].rows("SELECT programme_id FROM programme"))[0][0]
    people = [
        person.model_copy(update={"programme_id": programme})
        for person in (couple.mentor(), couple.mentee())
    ]
    await matching.take(*(record_of(person) for person in people))
    await matching.rows(
        "INSERT INTO programme (programme_id, sequence, state, weights) "
        "VALUES ($1, 1, 'open', '{}')",
        programme,
    )
    run = new_id()
    await matching.rows(
        "INSERT INTO match_run (run_id, programme_id, state, requested_at) "
        "VALUES ($1, $2, 'published', now())", run, programme,
    )  # fmt: skip
    reasons = '[{"term": "interests", "points": 9, "codes": ["data"]}]'
    await matching.rows(
        "INSERT INTO pair (pair_id, programme_id, run_id, mentor_id, mentee_id, mentor_sequence, "
        "mentee_sequence, points, reasons, formed_at) "
        "VALUES ($1, $2, $3, $4, $5, 1, 1, 9, $6::text::jsonb, $7)",
        couple.pair_id, programme, run, couple.mentor_id, couple.mentee_id, reasons,
        couple.formed().formed_at,
    )  # fmt: skip
