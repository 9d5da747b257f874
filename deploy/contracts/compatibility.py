"""What may change in a contract that others read: new optional fields, new events, explanations.

Nothing else, against any frozen version: so every reader of any version can read every writer of
any other, in either direction.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.contracts.differences import Kind, Schema, differences

_UNDO = "Undo this; a new meaning is told by a new event beside this one."
_REMEDIES = {
    Kind.REMOVED: "Put it back: readers of that version need it.",
    Kind.ADDED_REQUIRED: "Give it a default, so that it is optional: older writers do not send it.",
    Kind.NOW_REQUIRED: "Give it back its default: older writers may not send it.",
    Kind.NOW_OPTIONAL: "Take its default away: older readers need it.",
    Kind.CODES: "Codes stay open strings, and keep the values they know; new ones may be added.",
    Kind.TIGHTENED: "Put the bound back: what older writers send would be refused.",
    Kind.LOOSENED: "Put the bound back: older readers would refuse what is sent.",
}
_TERMS = {
    "event_type": "event type",
    "kind": "kind",
    "key": "key",
    "subject": "subject",
    "owner": "owner",
    "partitions": "number of partitions",
}


@dataclass(frozen=True, slots=True)
class Contract:
    """One event as it is promised: the terms of its topic, and the schema of its data."""

    terms: Mapping[str, Any]
    schema: Schema


@dataclass(frozen=True, slots=True)
class Break:
    """One change that some reader or writer of a frozen version could not live with.

    Attributes:
        event: The topic's name.
        version: The frozen version that it breaks.
        place: The field, or the term of the topic.
        what: What happened to it.
        remedy: What to do about it.
    """

    event: str
    version: int
    place: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """Everything in two sentences."""
        return f"{self.event}, frozen in version {self.version}: {self.place} {self.what}. " + (
            self.remedy
        )


def breaks(
    frozen: Mapping[int, Mapping[str, Contract]], current: Mapping[str, Contract]
) -> list[Break]:
    """Every change that breaks any frozen version; contracts are given by topic name."""
    return [
        broken
        for version, contracts in sorted(frozen.items())
        for event, contract in sorted(contracts.items())
        for broken in _breaks_of(event, version, contract, current.get(event))
    ]


def _breaks_of(event: str, version: int, old: Contract, new: Contract | None) -> Iterator[Break]:
    if new is None:
        remedy = "Put it back; an event that is not told any more stays declared."
        yield Break(event, version, "the event", "was removed", remedy)
        return
    yield from _of_terms(event, version, old.terms, new.terms)
    for found in differences(old.schema, new.schema):
        if found.kind is Kind.ADDED_OPTIONAL:
            continue
        remedy = _REMEDIES.get(found.kind, _UNDO)
        if found.kind is Kind.RENAMED:
            name = found.place.rpartition(".")[2]
            remedy = f"Put {name} back and add {found.instead} beside it, as an optional field."
        yield Break(event, version, found.place or "its data", found.what, remedy)


def _of_terms(
    event: str, version: int, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterable[Break]:
    for term, words in _TERMS.items():
        if old[term] != new[term]:
            what = f"changed from {old[term]} to {new[term]}"
            yield Break(event, version, f"its {words}", what, _UNDO)
    if new["readers"] and not (old["readers"] and set(old["readers"]) <= set(new["readers"])):
        remedy = "Whoever could read it must be able to go on."
        yield Break(event, version, "its circle of readers", "became narrower", remedy)
    if _days(new["retention_days"]) < _days(old["retention_days"]):
        remedy = "A new service starts from what is kept: keep it as long as it was promised."
        yield Break(event, version, "its retention", "became shorter", remedy)


def _days(retention: int | None) -> float:
    return float("inf") if retention is None else retention
