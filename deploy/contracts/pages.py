"""One page per topic, for whoever wants to consume it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from deploy.contracts.differences import KNOWN_VALUES
from deploy.contracts.samples import ENDED, Sample
from shared.bus.topics import topic_settings
from tandem_events import PARTITIONS, Event, Kind, Topic
from tandem_events.schemas import schema_of

GENERATED = "<!-- written by `tandem contracts write`; do not edit -->"
_INTRODUCTION = """\
Every topic holds one event, told by one service. How to read them: [consuming.md](../consuming.md).
The whole as one document: [asyncapi.json](asyncapi.json) (AsyncAPI 3)."""
_EVOLUTION = """\
Fields may be added, always optional ones; readers pass over what they do not know. Codes are open:
a new one reads as `other`."""
_BOUNDS = {"minimum": "from {}", "maximum": "to {}", "maxLength": "up to {} characters"}


def topic_page(event_class: type[Event], consumers: Sequence[str], samples: list[Sample]) -> str:
    """The page of one topic."""
    topic, schema = event_class.topic, schema_of(event_class)
    shown = next(sample for sample in samples if sample.name != ENDED)
    return "\n".join(
        [
            GENERATED,
            f"# {topic.name}",
            "",
            schema["description"],
            "",
            *_terms(event_class, consumers),
            "",
            "## Data",
            "",
            "| field | type | |",
            "|---|---|---|",
            *_fields(schema, schema, ""),
            "",
            f"The same as JSON Schema: [{topic.name}.schema.json]({topic.name}.schema.json).",
            _EVOLUTION,
            "",
            "## Sample",
            "",
            *_record(shown),
            *_more_samples(topic, samples),
            "",
        ]
    )


def index_page(rows: Mapping[str, tuple[type[Event], Sequence[str]]]) -> str:
    """The list of all topics."""
    lines = [
        f"| [{name}]({name}.md) | {event.topic.kind} | {event.topic.owner} | "
        f"{_words(consumers)} | {_who_may_read(event.topic)} |"
        for name, (event, consumers) in rows.items()
    ]
    return "\n".join(
        [
            GENERATED,
            "# Events",
            "",
            _INTRODUCTION,
            "",
            "| topic | kind | told by | read by | may be read by |",
            "|---|---|---|---|---|",
            *lines,
            "",
        ]
    )


def _terms(event_class: type[Event], consumers: Sequence[str]) -> Iterator[str]:
    topic = event_class.topic
    terms = {
        "told by": topic.owner,
        "read by": _words(consumers),
        "may be read by": _who_may_read(topic),
        "type": f"`{topic.event_type}`",
        "kind": str(topic.kind),
        "kept": _kept(topic),
        "key": f"`{topic.key}`, as lower-case text; {PARTITIONS} partitions, murmur2",
        "subject": f"`{event_class.subject_field}`, whose versions `ce_sequence` counts",
    }
    yield "| | |"
    yield "|---|---|"
    for name, value in terms.items():
        yield f"| {name} | {value} |"


def _who_may_read(topic: Topic) -> str:
    return (
        f"{_words(sorted(topic.readers))} alone" if topic.readers else "every team that is let in"
    )


def _kept(topic: Topic) -> str:
    if topic.kind is Kind.FACT:
        return "for ever" if topic.retention is None else f"{topic.retention.days} days"
    stays = timedelta(milliseconds=int(topic_settings(topic)["delete.retention.ms"])).days
    return (
        "the newest state of each subject, for ever; older ones for at least "
        f"{topic.min_compaction_lag.days} days; its end (a record without data) for {stays} days"
    )


def _fields(part: Mapping[str, Any], root: Mapping[str, Any], place: str) -> Iterator[str]:
    required = part.get("required", [])
    for name, field in part["properties"].items():
        where = place + name
        optional = "" if name in required else "optional; "
        told = field.get("description", "")
        yield f"| `{where}` | {_type(field)} | {optional}{told} |".replace("|  |", "| |")
        inner = _inner(field, root)
        if inner:
            mark = "[]." if "items" in field else "."
            yield from _fields(inner, root, where + mark)


def _inner(field: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any] | None:
    reference = field.get("$ref") or field.get("items", {}).get("$ref")
    return root["$defs"][reference.rpartition("/")[2]] if reference else None


def _type(field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        return "object"
    if "anyOf" in field:
        return " or ".join(_type(choice) for choice in field["anyOf"])
    if "items" in field:
        return f"list of {_type(field['items'])}"
    if KNOWN_VALUES in field:
        return "code: " + ", ".join(f"`{value}`" for value in field[KNOWN_VALUES])
    if isinstance(field.get("additionalProperties"), Mapping):
        return f"object of {_type(field['additionalProperties'])}"
    bounds = [words.format(field[bound]) for bound, words in _BOUNDS.items() if bound in field]
    return " ".join([field.get("format", field["type"]), *bounds])


def _record(sample: Sample) -> Iterator[str]:
    yield "```text"
    yield f"key: {sample.key}"
    yield from (f"{name}: {value}" for name, value in sample.headers.items())
    yield "```"
    yield ""
    yield "```json"
    yield json.dumps(sample.data, indent=2, ensure_ascii=False)
    yield "```"


def _more_samples(topic: Topic, samples: list[Sample]) -> Iterator[str]:
    links = [
        f"[{sample.name}](../../shared/contracts/samples/{topic.name}/{sample.name}.json)"
        for sample in samples
    ]
    yield ""
    yield f"As files: {', '.join(links)}."


def _words(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "no service yet"
