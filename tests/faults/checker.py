"""The checker: compares what was accepted, what was published and what took effect."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from tandem_events import TOPICS, Kind
from tests.faults.history import Accepted, History

Key = Callable[[dict[str, Any]], Hashable]


@dataclass(frozen=True, slots=True)
class Finding:
    """A guarantee that did not hold, with the ids that show it."""

    guarantee: str
    what: str

    def __str__(self) -> str:
        return f"{self.guarantee}: {self.what}"


STATES = frozenset(topic.name for topic in TOPICS if topic.kind is Kind.STATE)
LOST, TWICE, ORDER, NUMBERS = "lost", "twice", "order", "numbers"
POSITION, CAPACITY, CHECKINS, LEDGER = "position", "capacity", "check-ins", "ledger"

ONCE_EACH: dict[str, Key] = {
    "pair-formed": lambda data: (data["run_id"], data["mentee_id"]),
    "pair-ended": lambda data: data["pair_id"],
    "agreement-made": lambda data: data["pair_id"],
    "checkin-due": lambda data: (data["pair_id"], data["participant_id"], data["round"]),
    "checkin-answered": lambda data: data["checkin_id"],
    "session-rated": lambda data: (data["session_id"], data["participant_id"]),
    "notification-sent": lambda data: data["notification_id"],
    "notification-failed": lambda data: data["notification_id"],
}
"""What may happen once only, whatever is delivered again: the fact behind the event's id."""


def check(history: History) -> list[Finding]:
    """Everything that is wrong; nothing if all guarantees held."""
    checks = (
        nothing_accepted_is_lost,
        nothing_is_lost_on_the_way,
        each_version_has_one_id,
        published_in_order,
        newest_state_is_last,
        everything_took_effect,
        nothing_took_effect_twice,
        took_effect_in_order,
        every_fact_is_there_once,
        positions_are_at_the_end,
        no_mentor_is_above_capacity,
        everybody_due_was_asked_once,
        every_intent_is_in_the_ledger,
    )
    return list(chain.from_iterable(one(history) for one in checks))


def nothing_accepted_is_lost(history: History) -> Iterator[Finding]:
    """An accepted command has brought about the events that tell of it, no less and no more."""
    told = _told(history)
    wanted: Counter[tuple[str, str]] = Counter()
    for command in history.accepted:
        wanted[command.what, command.token] += command.count
    for (what, token), count in wanted.items():
        seen = told[what, token]
        if seen < count:
            yield Finding(LOST, f"{what} {token} was accepted {count} times and told {seen} times")
        if seen > count and what not in MAY_BE_TOLD_AGAIN:
            yield Finding(TWICE, f"{what} {token} was accepted {count} times and told {seen} times")


MAY_BE_TOLD_AGAIN = frozenset({"registration"})
"""A registration is told whole again when HR's facts of the person change."""


def _told(history: History) -> Counter[tuple[str, str]]:
    told: Counter[tuple[str, str]] = Counter()
    told.update(("contact", data["email"]) for data in history.facts("person-contact"))
    for data in history.facts("participant-registered"):
        told.update(("registration", code) for code in data["profile"]["interests"])
    for data in history.facts("participant-withdrawn"):
        told["withdrawal", data["participant_id"]] += 1
    told.update(("publication", data["run_id"]) for data in history.facts("pair-formed"))
    told.update(("end", data["pair_id"]) for data in history.facts("pair-ended"))
    told.update(("answer", data["checkin_id"]) for data in history.facts("checkin-answered"))
    return told


def nothing_is_lost_on_the_way(history: History) -> Iterator[Finding]:
    """Every version that a database has counted is on Kafka, across all topics of its subject."""
    seen: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for record in history.published:
        seen[record.source, record.subject].add(record.sequence)
    for (source, subject), version in history.versions.items():
        missing = set(range(1, version + 1)) - seen[source, subject]
        if missing:
            yield Finding(LOST, f"{source} never published {subject} version {_few(missing)}")
    for (source, subject), sequences in seen.items():
        beyond = {number for number in sequences if number > history.versions[source, subject]}
        if beyond:
            yield Finding(NUMBERS, f"{source} published {subject} {_few(beyond)} uncommitted")


def each_version_has_one_id(history: History) -> Iterator[Finding]:
    """One `ce_id` per source, subject and sequence, and the other way round."""
    ids: defaultdict[Hashable, set[Hashable]] = defaultdict(set)
    places: defaultdict[Hashable, set[Hashable]] = defaultdict(set)
    for record in history.published:
        version: Hashable = (record.source, record.subject, record.sequence)
        ids[version].add(record.event_id)
        places[record.event_id].add((record.topic, version))
    for version, several in ids.items():
        if len(several) > 1:
            yield Finding(NUMBERS, f"{version} has several ids: {_few(several)}")
    for event_id, stood_for in places.items():
        if len(stood_for) > 1:
            yield Finding(NUMBERS, f"{event_id} stands for several versions: {_few(stood_for)}")


def published_in_order(history: History) -> Iterator[Finding]:
    """In a partition, a subject's versions come first in their order; repetitions may follow."""
    seen: set[str] = set()
    newest: dict[Hashable, int] = {}
    for record in sorted(history.published, key=lambda r: (r.topic, r.partition, r.offset)):
        if record.event_id in seen:
            continue
        seen.add(record.event_id)
        place = (record.topic, record.partition, record.source, record.subject)
        if record.sequence <= newest.get(place, 0):
            what = f"{record.topic} {record.subject}: {record.sequence} after {newest[place]}"
            yield Finding(ORDER, f"published {what} at {record.partition}:{record.offset}")
        newest[place] = max(record.sequence, newest.get(place, 0))


def newest_state_is_last(history: History) -> Iterator[Finding]:
    """What a compacted topic keeps of a subject is its newest state, whatever was repeated."""
    newest: dict[Hashable, int] = {}
    last: dict[Hashable, int] = {}
    for record in sorted(history.published, key=lambda r: (r.topic, r.partition, r.offset)):
        if record.topic in STATES:
            place: Hashable = (record.topic, record.source, record.subject)
            last[place] = record.sequence
            newest[place] = max(record.sequence, newest.get(place, 0))
    for subject, sequence in newest.items():
        if last[subject] < sequence:
            yield Finding(ORDER, f"{subject} ends with {last[subject]}, and {sequence} is newer")


def everything_took_effect(history: History) -> Iterator[Finding]:
    """Whoever reads a topic has let each of its events take effect, or put it aside in sight."""
    applied: defaultdict[str, set[str]] = defaultdict(set)
    for event in history.applied:
        applied[event.service].add(event.event_id)
    for service, topics in history.readers.items():
        settled = applied[service] | history.dead.get(service, frozenset())
        lost = {p.event_id: p for p in history.published
                if p.topic in topics and p.event_id not in settled}  # fmt: skip
        for record in lost.values():
            place = f"{record.topic} {record.partition}:{record.offset}"
            yield Finding(LOST, f"{record.event_id} ({place}) had no effect in {service}")
    for service, dead in history.dead.items():
        for event_id in sorted(dead):
            yield Finding(LOST, f"{event_id} is a dead letter of {service}, and nothing was wrong")


def nothing_took_effect_twice(history: History) -> Iterator[Finding]:
    """An event takes effect once in each service."""
    times = Counter((event.service, event.event_id) for event in history.applied)
    for (service, event_id), count in times.items():
        if count > 1:
            yield Finding(TWICE, f"{event_id} took effect {count} times in {service}")


def took_effect_in_order(history: History) -> Iterator[Finding]:
    """In a service, the versions of a subject on one topic take effect in their order."""
    newest: dict[Hashable, int] = {}
    for event in history.applied:
        place = (event.service, event.topic, event.source, event.subject)
        if event.sequence < newest.get(place, 0):
            what = f"{event.topic} {event.subject}: {event.sequence} after {newest[place]}"
            yield Finding(ORDER, f"{event.service} applied {what}")
        newest[place] = max(event.sequence, newest.get(place, 0))


def every_fact_is_there_once(history: History) -> Iterator[Finding]:
    """What can happen once has one event: no effect was had twice under two ids."""
    for topic, key in ONCE_EACH.items():
        times = Counter(key(data) for data in history.facts(topic))
        for fact, count in times.items():
            if count > 1:
                yield Finding(TWICE, f"{topic} of {fact} was told {count} times")


def positions_are_at_the_end(history: History) -> Iterator[Finding]:
    """At rest, a service has stepped past exactly what is there."""
    for (service, topic, partition), position in history.positions.items():
        end = history.ends.get((topic, partition), 0)
        if position != end:
            what = f"{service} is at {position} of {end} in {topic} {partition}"
            yield Finding(POSITION, what)


def no_mentor_is_above_capacity(history: History) -> Iterator[Finding]:
    """At no instant has a mentor more mentees than places, nor a mentee two mentors."""
    ended = {data["pair_id"]: data["ended_at"] for data in history.facts("pair-ended")}
    pairs = history.facts("pair-formed")
    spans = [(p["formed_at"], ended.get(p["pair_id"], "9999"), p["mentor_id"], p["mentee_id"])
             for p in pairs]  # fmt: skip
    mentees: Counter[str] = Counter()
    mentors: Counter[str] = Counter()
    for _, change, mentor, mentee in _changes(spans):
        mentors[mentor] += change
        mentees[mentee] += change
        if change > 0 and mentors[mentor] > history.capacities.get(mentor, 0):
            yield Finding(CAPACITY, f"mentor {mentor} has {mentors[mentor]} mentees")
        if change > 0 and mentees[mentee] > 1:
            yield Finding(CAPACITY, f"mentee {mentee} has {mentees[mentee]} mentors")


def _changes(spans: Iterable[tuple[str, str, str, str]]) -> list[tuple[str, int, str, str]]:
    """Begins and ends in order; at one instant ends come first, for the clock stands in between."""
    begins = [(begin, 1, mentor, mentee) for begin, _, mentor, mentee in spans]
    ends = [(end, -1, mentor, mentee) for _, end, mentor, mentee in spans]
    return sorted([*begins, *ends])


def everybody_due_was_asked_once(history: History) -> Iterator[Finding]:
    """Each check-in that was due was announced; that none was twice is checked with the facts."""
    asked = Counter(
        (data["pair_id"], data["participant_id"], _instant(data["due_at"]))
        for data in history.facts("checkin-due")
    )
    for due in history.due:
        count = asked[due.pair_id, due.participant_id, due.due_at.timestamp()]
        if count != 1:
            what = f"{due.participant_id} of {due.pair_id} at {due.due_at}"
            yield Finding(CHECKINS, f"{what} was asked {count} times")


def every_intent_is_in_the_ledger(history: History) -> Iterator[Finding]:
    """Whoever must be told has one delivery."""
    ledger = Counter(history.deliveries)
    wanted: set[tuple[str, str, str]] = set()
    for data in history.facts("pair-formed"):
        wanted |= {("pair-formed", data["pair_id"], data[side])
                   for side in ("mentor_id", "mentee_id")}  # fmt: skip
    for data in history.facts("checkin-due"):
        wanted.add(("checkin-due", data["checkin_id"], data["participant_id"]))
    for intent in sorted(wanted):
        if ledger[intent] != 1:
            yield Finding(LEDGER, f"{' '.join(intent)} has {ledger[intent]} deliveries")


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _few(items: Iterable[Hashable], most: int = 5) -> str:
    listed = sorted(str(item) for item in items)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def accepted_by_kind(accepted: Iterable[Accepted]) -> dict[str, int]:
    """How many commands of each kind were accepted."""
    return dict(sorted(Counter(command.what for command in accepted).items()))
