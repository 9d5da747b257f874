"""The checker on made-up histories: a whole one, and one for each way of breaking it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.faults.checker import (
    CAPACITY,
    CHECKINS,
    LEDGER,
    LOST,
    NUMBERS,
    ORDER,
    POSITION,
    TWICE,
    check,
)
from tests.faults.history import Accepted, Applied, Asked, History, Published

INTAKE, MATCHING = "/tandem/local/intake", "/tandem/local/matching"
CHECKINS_SOURCE = "/tandem/local/checkins"
MENTOR, MENTEE, PAIR, CHECKIN = "mentor", "mentee", "pair", "checkin"
DUE = datetime(2026, 3, 4, 9, tzinfo=UTC)


def registered(offset: int, sequence: int, tag: str) -> Published:
    data = {"participant_id": MENTOR, "role": "mentor", "profile": {"interests": [tag]}}
    return Published("participant-registered", 0, offset, f"r{sequence}", INTAKE, MENTOR, sequence,
                     data)  # fmt: skip


def formed(offset: int, pair_id: str, mentee: str = MENTEE) -> Published:
    data = {"pair_id": pair_id, "run_id": "run", "mentor_id": MENTOR, "mentee_id": mentee,
            "formed_at": "2026-01-05T08:00:00Z"}  # fmt: skip
    return Published("pair-formed", 0, offset, f"f-{pair_id}", MATCHING, pair_id, 1, data)


def due(offset: int, checkin_id: str = CHECKIN) -> Published:
    data = {"checkin_id": checkin_id, "pair_id": PAIR, "participant_id": MENTEE, "round": 2,
            "due_at": DUE.isoformat()}  # fmt: skip
    return Published("checkin-due", 0, offset, f"d-{checkin_id}", CHECKINS_SOURCE, checkin_id, 1,
                     data)  # fmt: skip


def a_history() -> History:
    """A mentor registers and changes, gets a mentee, who is asked once; all is told and done."""
    published = [registered(0, 1, "v1"), registered(1, 2, "v2"), formed(0, PAIR), due(0)]
    history = History(
        accepted=[Accepted("registration", "v1"), Accepted("registration", "v2"),
                  Accepted("publication", "run", 1)],
        published=published,
        readers={"notifications": frozenset({"participant-registered", "pair-formed",
                                             "checkin-due"})},
        ends={("participant-registered", 0): 2, ("pair-formed", 0): 1, ("checkin-due", 0): 1},
        capacities={MENTOR: 1},
        due=[Asked(PAIR, MENTEE, DUE)],
        deliveries=[("pair-formed", PAIR, MENTOR), ("pair-formed", PAIR, MENTEE),
                    ("checkin-due", CHECKIN, MENTEE)],
    )  # fmt: skip
    history.applied = [applied(record) for record in published]
    history.versions = {(INTAKE, MENTOR): 2, (MATCHING, PAIR): 1, (CHECKINS_SOURCE, CHECKIN): 1}
    history.positions = {("notifications", *place): end for place, end in history.ends.items()}
    return history


def applied(record: Published) -> Applied:
    return Applied("notifications", record.topic, record.event_id, record.source, record.subject,
                   record.sequence)  # fmt: skip


def publish(history: History, record: Published) -> None:
    """Add an event that is published and takes effect as it should."""
    history.published.append(record)
    history.applied.append(applied(record))
    history.versions[record.source, record.subject] = record.sequence
    history.ends[record.topic, record.partition] = record.offset + 1
    history.positions["notifications", record.topic, record.partition] = record.offset + 1


def an_accepted_command_is_never_told(history: History) -> None:
    history.accepted.append(Accepted("registration", "v3"))


def an_accepted_command_is_told_twice(history: History) -> None:
    history.accepted = [replace(a, count=0) if a.what == "publication" else a
                        for a in history.accepted]  # fmt: skip


def a_committed_version_never_left(history: History) -> None:
    history.versions[INTAKE, MENTOR] = 3


def an_uncommitted_version_left(history: History) -> None:
    history.versions[INTAKE, MENTOR] = 1


def a_version_has_two_ids(history: History) -> None:
    publish(history, replace(registered(2, 2, "v2"), event_id="another"))


def an_id_stands_for_two_versions(history: History) -> None:
    publish(history, replace(registered(2, 3, "v2"), event_id="r2"))


def versions_left_in_the_wrong_order(history: History) -> None:
    history.published[:2] = [registered(0, 2, "v2"), registered(1, 1, "v1")]


def an_old_state_arrived_last(history: History) -> None:
    history.published.append(registered(2, 1, "v1"))
    history.ends["participant-registered", 0] = 3
    history.positions["notifications", "participant-registered", 0] = 3


def an_event_had_no_effect(history: History) -> None:
    history.applied.pop()


def a_good_event_was_put_aside(history: History) -> None:
    history.dead["notifications"] = frozenset({history.applied.pop().event_id})


def an_event_took_effect_twice(history: History) -> None:
    history.applied.append(history.applied[-1])


def an_older_version_took_effect_later(history: History) -> None:
    history.applied[:2] = history.applied[1::-1]


def a_fact_has_two_events(history: History) -> None:
    publish(history, due(1, "checkin-again"))
    history.deliveries.append(("checkin-due", "checkin-again", MENTEE))
    history.due = []


def a_position_stays_behind(history: History) -> None:
    history.positions["notifications", "pair-formed", 0] = 0


def a_position_runs_ahead(history: History) -> None:
    history.positions["notifications", "pair-formed", 0] = 2


def a_mentor_has_too_many(history: History) -> None:
    publish(history, formed(1, "second pair", "another mentee"))
    history.accepted.append(Accepted("publication", "run", 1))
    history.deliveries += [
        ("pair-formed", "second pair", who) for who in (MENTOR, "another mentee")
    ]


def nobody_asked(history: History) -> None:
    history.due.append(Asked(PAIR, MENTOR, DUE))


def nobody_is_told(history: History) -> None:
    history.deliveries.pop()


def somebody_is_told_twice(history: History) -> None:
    history.deliveries.append(history.deliveries[-1])


VIOLATIONS: dict[Callable[[History], None], str] = {
    an_accepted_command_is_never_told: LOST,
    an_accepted_command_is_told_twice: TWICE,
    a_committed_version_never_left: LOST,
    an_uncommitted_version_left: NUMBERS,
    a_version_has_two_ids: NUMBERS,
    an_id_stands_for_two_versions: NUMBERS,
    versions_left_in_the_wrong_order: ORDER,
    an_old_state_arrived_last: ORDER,
    an_event_had_no_effect: LOST,
    a_good_event_was_put_aside: LOST,
    an_event_took_effect_twice: TWICE,
    an_older_version_took_effect_later: ORDER,
    a_fact_has_two_events: TWICE,
    a_position_stays_behind: POSITION,
    a_position_runs_ahead: POSITION,
    a_mentor_has_too_many: CAPACITY,
    nobody_asked: CHECKINS,
    nobody_is_told: LEDGER,
    somebody_is_told_twice: LEDGER,
}


class TestTheChecker:
    def test_finds_nothing_in_a_whole_history(self) -> None:
        assert check(a_history()) == []

    def test_minds_no_record_that_a_relay_repeats(self) -> None:
        history = a_history()

        history.published.append(registered(2, 1, "v1"))
        history.published.append(registered(3, 2, "v2"))
        history.ends["participant-registered", 0] = 4
        history.positions["notifications", "participant-registered", 0] = 4

        assert check(history) == []

    def test_lets_a_place_be_taken_again_once_it_is_free(self) -> None:
        history = a_history()

        ended = {"pair_id": PAIR, "ended_at": "2026-01-05T08:00:00Z"}
        publish(history, Published("pair-ended", 0, 0, "e", MATCHING, "end", 1, ended))
        a_mentor_has_too_many(history)

        assert check(history) == []

    @pytest.mark.parametrize("violate", VIOLATIONS, ids=lambda violate: violate.__name__)
    def test_sees_when(self, violate: Callable[[History], None]) -> None:
        history = a_history()

        violate(history)

        assert VIOLATIONS[violate] in {finding.guarantee for finding in check(history)}
