"""The workload as a plan: which commands come in which order, from one seed.

Commands are given in lanes. A lane owns its people and gives its commands one after another; lanes
run side by side. A plan is a pure function of the seed: the same seed replays the same commands.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

PEOPLE_PER_LANE = 8
PEOPLE_LANES = 6
ZONES = ("Europe/Vienna", "Asia/Kathmandu", "America/New_York", "Australia/Sydney")
MENTOR_CAPACITY = 2


class Verb(StrEnum):
    """What somebody does."""

    IMPORT = "import"
    REGISTER = "register"
    WITHDRAW = "withdraw"
    ANSWER = "answer"
    MATCH = "match"
    END = "end"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the made-up company; everything follows from the number."""

    number: int

    @property
    def name(self) -> str:
        """A name that nobody else has."""
        return f"Person {self.number}"

    @property
    def is_mentor(self) -> bool:
        """Every third one is."""
        return self.number % 3 == 0

    @property
    def zone(self) -> str:
        """Where they are, for good: when they are asked follows from it."""
        return ZONES[self.number % len(ZONES)]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to do.

    Attributes:
        person: Who it is about, if about anybody.
        number: A version that nobody used before; the rank of a pair to end; hours to step.
        pause: Seconds before it.
    """

    verb: Verb
    person: Person | None
    number: int
    pause: float


def lane_of_people(seed: int, lane: int) -> Iterator[Command]:
    """People join, change, leave, come back and answer, for ever."""
    chance = random.Random(f"{seed} people {lane}")
    people = [Person(lane * PEOPLE_PER_LANE + number) for number in range(PEOPLE_PER_LANE)]
    version = 0
    for person in people:
        yield Command(Verb.IMPORT, person, version, 0)
        yield Command(Verb.REGISTER, person, version, 0)
    verbs = (Verb.IMPORT, Verb.REGISTER, Verb.ANSWER, Verb.WITHDRAW)
    while True:
        version += 1
        verb = chance.choices(verbs, weights=(30, 30, 37, 3))[0]
        yield Command(verb, chance.choice(people), version, chance.uniform(0.05, 0.4))


def lane_of_coordinator(seed: int) -> Iterator[Command]:
    """People are matched again and again, and a pair is ended now and then."""
    chance = random.Random(f"{seed} coordinator")
    while True:
        yield Command(Verb.MATCH, None, 0, chance.uniform(0.5, 2))
        if chance.random() < 0.3:
            yield Command(Verb.END, None, chance.randrange(1000), chance.uniform(0.1, 1))


def lane_of_time(seed: int) -> Iterator[Command]:
    """Time goes by, in steps of some hours."""
    chance = random.Random(f"{seed} time")
    while True:
        yield Command(Verb.STEP, None, chance.randint(1, 36), chance.uniform(0.3, 1))


def lanes(seed: int) -> dict[str, Iterator[Command]]:
    """All lanes by name."""
    people = {f"people-{n}": lane_of_people(seed, n) for n in range(PEOPLE_LANES)}
    return people | {"coordinator": lane_of_coordinator(seed), "time": lane_of_time(seed)}
