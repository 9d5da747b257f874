"""The workload: the plan's commands, given to real services over HTTP until each is answered."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import httpx

from deploy.services import SERVICES
from shared.auth import Role
from tests.faults.history import Accepted
from tests.faults.plan import MENTOR_CAPACITY, Command, Person, Verb, lanes
from tests.faults.rig import Rig
from tests.support.until import until

PROGRAMME = {
    "name": "Mentoring",
    "enrolment_opens_at": "2026-01-01T00:00:00Z",
    "enrolment_closes_at": "2035-11-30T00:00:00Z",
    "starts_on": "2026-01-01",
    "ends_on": "2035-12-31",
    "policies": {"checkins": {"weekday": 3, "hour": 10}},
}
_TRY_AGAIN_SECONDS = 0.3
_PATIENCE_SECONDS = 5.0
_SECONDS_TO_THE_FIRST_PAIRS = 120
_CONFLICT = 409


class Workload:
    """Gives commands, insists on an answer to each, and writes down what was accepted."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self._rig = rig
        self._seed = seed
        self._stopping = asyncio.Event()
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._ended: set[str] = set()
        self.programme = ""
        self.accepted: list[Accepted] = []
        self.refused: Counter[str] = Counter()
        self.given: Counter[str] = Counter()

    async def begin(self) -> None:
        """Open a programme."""
        token = self._rig.installation.token({Role.COORDINATOR, Role.OPERATOR}, timedelta(hours=12))
        for service in SERVICES:
            self._clients[service] = httpx.AsyncClient(
                base_url=self._rig.installation.url(service),
                headers={"Authorization": f"Bearer {token}"},
                timeout=_PATIENCE_SECONDS,
            )
        intake = self._clients["intake"]
        answer = (await intake.post("/v1/programmes", json=PROGRAMME)).raise_for_status()
        self.programme = answer.json()["programme_id"]
        (await intake.post(f"/v1/programmes/{self.programme}/open")).raise_for_status()

    async def run(self) -> None:
        """Give commands in all lanes until told to stop."""
        async with asyncio.TaskGroup() as group:
            for commands in lanes(self._seed).values():
                group.create_task(self._live(commands))

    def stop(self) -> None:
        """Let each lane end with the command that it is at."""
        self._stopping.set()

    async def until_there_are_pairs(self) -> None:
        """Wait until the first match run was published."""
        await until(self._has_published, "a match run is published", _SECONDS_TO_THE_FIRST_PAIRS)

    async def _has_published(self) -> bool:
        return any(command.what == "publication" for command in self.accepted)

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.aclose()

    async def _live(self, commands: Iterator[Command]) -> None:
        for command in commands:
            if self._stopping.is_set():
                return
            await asyncio.sleep(command.pause)
            await self._give(command)
            self.given[command.verb] += 1

    async def _give(self, command: Command) -> None:
        match command:
            case Command(verb=Verb.IMPORT, person=Person() as person):
                await self._import(person, command.number)
            case Command(verb=Verb.REGISTER, person=Person() as person):
                await self._register(person, command.number)
            case Command(verb=Verb.WITHDRAW, person=Person() as person):
                await self._withdraw(person)
            case Command(verb=Verb.ANSWER, person=Person() as person):
                await self._answer(person)
            case Command(verb=Verb.MATCH):
                await self._match()
            case Command(verb=Verb.END):
                await self._end(command.number)
            case _:
                await self._step(timedelta(hours=command.number))

    async def _step(self, time: timedelta) -> None:
        """Let time go by, once nobody waits to be asked: who is asked too late is passed over."""
        while not await self._nobody_is_late():
            if self._stopping.is_set():
                return
            await asyncio.sleep(_TRY_AGAIN_SECONDS)
        clock = self._rig.clock
        clock.step(clock.now() + time)

    async def _nobody_is_late(self) -> bool:
        """Look past the services, so that time need not stand while one of them is away."""
        try:
            rows = await self._rig.rows("checkins", "SELECT min(due_at) FROM turn")
        except (OSError, asyncpg.PostgresError):
            return False
        return rows[0][0] is None or rows[0][0] > self._rig.clock.now()

    async def _import(self, person: Person, version: int) -> None:
        email = f"p{person.number}.v{version}@example.com"
        head = "employee_number,name,email,department,seniority,education_field,time_zone"
        level = 5 if person.is_mentor else 2
        row = f"{person.number},{person.name},{email},Sales,{level},f{version},{person.zone}"
        files = {"file": ("people.csv", f"{head}\n{row}\n", "text/csv")}
        if await self._insist("intake", "POST", "/v1/people/imports", files=files):
            self.accepted.append(Accepted("contact", email))

    async def _register(self, person: Person, version: int) -> None:
        tag = f"p{person.number}v{version}"
        registration = {
            "employee_number": str(person.number),
            "role": "mentor" if person.is_mentor else "mentee",
            "capacity": MENTOR_CAPACITY if person.is_mentor else 0,
            "interests": [tag],
        }
        path = f"/v1/programmes/{self.programme}/registrations"
        if await self._insist("intake", "POST", path, json=[registration]):
            self.accepted.append(Accepted("registration", tag))

    async def _withdraw(self, person: Person) -> None:
        who = await self._participant(person)
        if who is None:
            return
        path = f"/v1/registrations/{who['participant_id']}/withdraw"
        leave = {"reason": "own-wish"}
        if await self._insist("intake", "POST", path, only_once=True, json=leave):
            self.accepted.append(Accepted("withdrawal", who["participant_id"]))

    async def _answer(self, person: Person) -> None:
        who = await self._participant(person)
        if who is None:
            return
        token = self._rig.installation.token(
            {Role.PARTICIPANT}, timedelta(hours=1), subject=who["person_id"]
        )
        headers = {"Authorization": f"Bearer {token}"}
        mine = await self._insist("checkins", "GET", "/v1/me/checkins", headers=headers)
        items = mine.json()["items"] if mine else []
        waiting = [item["checkin_id"] for item in items if item["answered_at"] is None]
        if not waiting:
            return
        words = {"lesson": "Ask.", "goal": "Listen.", "had_goal": True, "goal_rating": 3,
                 "session": {"met": True, "rating": 4}}  # fmt: skip
        path = f"/v1/checkins/{waiting[-1]}/answers"
        if await self._insist(
            "checkins", "POST", path, only_once=True, headers=headers, json=words
        ):
            self.accepted.append(Accepted("answer", waiting[-1]))

    async def _match(self) -> None:
        queued = await self._insist("matching", "POST", f"/v1/programmes/{self.programme}/runs")
        if queued is None:
            return
        run = queued.json()
        while run["state"] in {"queued", "running"}:
            await asyncio.sleep(_TRY_AGAIN_SECONDS)
            answer = await self._insist("matching", "GET", f"/v1/runs/{run['run_id']}")
            run = answer.json() if answer else run
        if run["state"] != "proposed" or not run["mentees"]:
            return
        published = await self._insist("matching", "POST", f"/v1/runs/{run['run_id']}/publish")
        if published and published.json()["formed"]:
            self.accepted.append(Accepted("publication", run["run_id"], published.json()["formed"]))

    async def _end(self, rank: int) -> None:
        pairs = await self._insist(
            "matching", "GET", f"/v1/programmes/{self.programme}/pairs?open=true&limit=1000"
        )
        items = pairs.json()["items"] if pairs else []
        if not items:
            return
        pair_id = items[rank % len(items)]["pair_id"]
        path = f"/v1/pairs/{pair_id}/end"
        done = await self._insist("matching", "POST", path, json={"reason": "coordinator"})
        if done and pair_id not in self._ended:
            self._ended.add(pair_id)
            self.accepted.append(Accepted("end", pair_id))

    async def _participant(self, person: Person) -> dict[str, Any] | None:
        path = f"/v1/programmes/{self.programme}/registrations?limit=1000"
        answer = await self._insist("intake", "GET", path)
        items = answer.json()["items"] if answer else []
        return next((item for item in items if item["name"] == person.name), None)

    async def _insist(
        self, service: str, method: str, path: str, *, only_once: bool = False, **request: Any
    ) -> httpx.Response | None:
        """Ask until there is an answer; None if it is a refusal.

        Every command can be repeated. One that is done only once, had no answer and then meets a
        conflict with itself was accepted the first time.
        """
        unanswered = False
        while True:
            try:
                answer = await self._clients[service].request(method, path, **request)
            except httpx.TransportError:
                unanswered = True
            else:
                again = only_once and unanswered and answer.status_code == _CONFLICT
                if answer.is_success or again:
                    return answer
                if answer.is_client_error:
                    self.refused[f"{service} {answer.status_code} {_code(answer)}"] += 1
                    return None
                unanswered = True
            await asyncio.sleep(_TRY_AGAIN_SECONDS)


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("type", ""))
    except ValueError:
        return ""
