"""Compares what two publishers made of the same outbox rows; knows no server and no file."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

ID = "ce_id"
TIME = "ce_time"
HEADING = "## What differs"


@dataclass(frozen=True, slots=True)
class Published:
    """A record as a consumer finds it on Kafka."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    @property
    def event_id(self) -> bytes | None:
        """The event's own id, by which two records tell of the same row."""
        return next((value for name, value in self.headers if name == ID), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One aspect of one record (or key) as each publisher has it."""

    aspect: str
    relay: object
    debezium: object

    @property
    def is_equal(self) -> bool:
        """Say whether both have it alike."""
        return self.relay == self.debezium


@dataclass(frozen=True, slots=True)
class Tally:
    """All findings about one aspect.

    Attributes:
        example: A finding that is not equal, when there is one.
    """

    aspect: str
    equal: int
    different: int
    example: Finding | None


def compare(relay: Sequence[Published], debezium: Sequence[Published]) -> list[Tally]:
    """Compare what both published, row by row and key by key; one tally per aspect.

    A row that was published more than once counts as it first came.
    """
    ours, theirs = _first_of_each(relay), _first_of_each(debezium)
    findings = [Finding("published", name in ours, name in theirs) for name in ours | theirs]
    for event_id in ours.keys() & theirs.keys():
        findings += _of_one_row(ours[event_id], theirs[event_id])
    findings += _of_order(ours.values(), theirs.values())
    return _tallies(findings)


def unlisted(tallies: Iterable[Tally], page: str) -> list[str]:
    """Name the aspects that differ although the page does not say so."""
    listed = aspects_listed_in(page)
    return [t.aspect for t in tallies if t.different and t.aspect not in listed]


def aspects_listed_in(page: str) -> frozenset[str]:
    """Read which aspects a page says differ: the first cell of each row under its heading."""
    _, _, section = page.partition(f"\n{HEADING}\n")
    section, _, _ = section.partition("\n## ")
    cells = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("|")]
    return frozenset(cell.replace("`", "") for cell in cells[2:])


def _first_of_each(records: Iterable[Published]) -> dict[bytes | None, Published]:
    first: dict[bytes | None, Published] = {}
    for record in records:
        first.setdefault(record.event_id, record)
    return first


def _of_one_row(ours: Published, theirs: Published) -> Iterator[Finding]:
    yield Finding("topic", ours.topic, theirs.topic)
    yield Finding("partition", ours.partition, theirs.partition)
    yield Finding("key", ours.key, theirs.key)
    what = "tombstone" if ours.value is None else "value"
    yield Finding(what, ours.value, theirs.value)
    our_names = [name for name, _ in ours.headers]
    their_names = [name for name, _ in theirs.headers]
    yield Finding("names of headers", sorted(our_names), sorted(their_names))
    if sorted(our_names) == sorted(their_names):
        yield Finding("order of headers", our_names, their_names)
    for name in dict.fromkeys(our_names):
        yield from _of_one_header(name, _values(ours, name), _values(theirs, name))


def _of_one_header(
    name: str, ours: list[bytes | None], theirs: list[bytes | None]
) -> Iterator[Finding]:
    if name != TIME:
        yield Finding(name, ours, theirs)
        return
    yield Finding(f"instant of {name}", _instants(ours), _instants(theirs))
    yield Finding(f"text of {name}", ours, theirs)


def _values(record: Published, name: str) -> list[bytes | None]:
    return [value for header, value in record.headers if header == name]


def _instants(texts: list[bytes | None]) -> list[datetime | None]:
    return [datetime.fromisoformat(text.decode()) if text else None for text in texts]


def _of_order(ours: Iterable[Published], theirs: Iterable[Published]) -> Iterator[Finding]:
    our_keys, their_keys = _ids_by_key(ours), _ids_by_key(theirs)
    for key in our_keys.keys() & their_keys.keys():
        if len(our_keys[key]) > 1:
            yield Finding("order within a key", our_keys[key], their_keys[key])


def _ids_by_key(
    records: Iterable[Published],
) -> dict[tuple[str, bytes | None], list[bytes | None]]:
    ids: dict[tuple[str, bytes | None], list[bytes | None]] = defaultdict(list)
    for record in records:
        ids[record.topic, record.key].append(record.event_id)
    return ids


def _tallies(findings: Iterable[Finding]) -> list[Tally]:
    by_aspect: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_aspect[finding.aspect].append(finding)
    return [_tally(aspect, found) for aspect, found in by_aspect.items()]


def _tally(aspect: str, findings: Sequence[Finding]) -> Tally:
    different = [finding for finding in findings if not finding.is_equal]
    example = different[0] if different else None
    return Tally(aspect, len(findings) - len(different), len(different), example)
