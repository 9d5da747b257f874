"""What happens in a soak follows from its seed."""

from itertools import islice

from tests.faults.nemesis import Fault, schedule
from tests.faults.plan import Command, Person, Verb, lanes


def commands_of(seed: int) -> dict[str, list[Command]]:
    return {name: list(islice(lane, 300)) for name, lane in lanes(seed).items()}


class TestThePlan:
    def test_is_the_same_for_the_same_seed(self) -> None:
        assert commands_of(7) == commands_of(7)
        assert commands_of(7) != commands_of(8)

    def test_uses_every_verb(self) -> None:
        verbs = {command.verb for lane in commands_of(7).values() for command in lane}

        assert verbs == set(Verb)

    def test_leaves_each_person_to_one_lane(self) -> None:
        owners: dict[Person, set[str]] = {}
        for name, commands in commands_of(7).items():
            for command in commands:
                if command.person:
                    owners.setdefault(command.person, set()).add(name)

        assert {len(names) for names in owners.values()} == {1}

    def test_never_repeats_a_version_of_somebody(self) -> None:
        for commands in commands_of(7).values():
            versions = [(c.person, c.number) for c in commands if c.verb is Verb.REGISTER]

            assert len(set(versions)) == len(versions)


class TestTheSchedule:
    def test_is_the_same_for_the_same_seed(self) -> None:
        assert schedule(7, 200) == schedule(7, 200)
        assert schedule(7, 200) != schedule(8, 200)

    def test_holds_what_it_must(self) -> None:
        strikes = schedule(7, 15, tuple(Fault))

        assert len(strikes) == 15
        assert {strike.fault for strike in strikes} == set(Fault)
