"""What happens in a simulated year besides: processes are killed, and people answer."""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx

from deploy.services import SERVICES
from deploy.simulation import Simulation
from shared.auth import Role
from tests.system.running import Running

KILL_ONE_STEP_IN = 8
BUSIEST = ("checkins", "notifications")
"""Most kills are aimed at those that the year is about."""
OTHERS = tuple(service for service in SERVICES if service not in BUSIEST)
LONGEST_WATCH_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 0.05
ANSWERING = 24
"""So many people answer, every one in each second month."""
ANSWERS = {
    "lesson": "Ask earlier.",
    "goal": "Give a talk.",
    "had_goal": True,
    "goal_rating": 4,
    "session": {"met": True, "rating": 5},
}


@dataclass
class Nemesis:
    """Kills a service now and then, after the clock has jumped: amid its work, if it has any.

    A kill counts when the supervisor has started another process in the place of the killed one.
    """

    running: Running
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    amid_work: Counter[str] = field(default_factory=Counter)
    _steps: int = 0
    _strikes: int = 0
    _thread: threading.Thread | None = None
    _struck: list[tuple[str, int, bool]] = field(default_factory=list)

    def perhaps_strike(self) -> None:
        self.come_to_rest()
        self._steps += 1
        if self._steps % KILL_ONE_STEP_IN:
            return
        self._thread = threading.Thread(target=self._strike, args=[self._victim()])
        self._thread.start()

    def come_to_rest(self) -> None:
        """Wait for a strike that is under way, and count those that have had their effect."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        states = self.running.supervisor.states()
        for victim, pid, was_busy in list(self._struck):
            if states[victim].pid not in {pid, 0}:
                self.kills[victim] += 1
                self.amid_work[victim] += was_busy
                self._struck.remove((victim, pid, was_busy))

    def _victim(self) -> str:
        """The busiest by turns; every fifth time one of the others by turns."""
        number = self._strikes
        self._strikes += 1
        if number % 5 == 4:
            return OTHERS[number // 5 % len(OTHERS)]
        return BUSIEST[number % 5 % len(BUSIEST)]

    def _strike(self, victim: str) -> None:
        was_busy = victim in BUSIEST and self._gets_busy(victim)
        time.sleep(self.chance.uniform(0, LONGEST_DELAY_SECONDS))
        with suppress(ProcessLookupError):
            self._struck.append((victim, self.running.kill(victim), was_busy))

    def _gets_busy(self, victim: str) -> bool:
        """Watch for a short while whether a service has work."""
        until = time.monotonic() + LONGEST_WATCH_SECONDS
        url = f"{self.running.installation.internal_url(victim)}/pending"
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                answer = httpx.get(url)
                if answer.is_success and (answer.json()["busy"] or answer.json()["outbox"]):
                    return True
        return False


@dataclass
class Answerers:
    """Some of the people, who answer what they were asked, each over HTTP as themselves."""

    running: Running
    nemesis: Nemesis
    people: Sequence[str]
    answered: list[str] = field(default_factory=list)

    def live(self, simulation: Simulation) -> None:
        """Have half of them answer in the middle of each month."""
        for month in range(1, 13):
            some = self.people[month % 2 :: 2]
            simulation.at(
                datetime(2026, month, 20, tzinfo=UTC), partial(self._answer, some, simulation)
            )

    def _answer(self, people: Sequence[str], simulation: Simulation) -> None:
        self.nemesis.come_to_rest()
        simulation.settle()
        for person in people:
            token = self.running.installation.token(
                {Role.PARTICIPANT}, timedelta(minutes=5), subject=person
            )
            with httpx.Client(
                base_url=self.running.installation.url("checkins"),
                headers={"Authorization": f"Bearer {token}"},
            ) as api:
                newest = api.get("/v1/me/checkins", params={"limit": 1}).json()["items"][0]
                path = f"/v1/checkins/{newest['checkin_id']}/answers"
                api.post(path, json=ANSWERS).raise_for_status()
                self.answered.append(newest["checkin_id"])
