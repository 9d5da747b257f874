"""The JSON Schema of every event."""

import re
from collections.abc import Iterator
from typing import Any

from tandem_events.event import Event

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE = re.compile(r"^ {4}(\w+): ", re.MULTILINE)


def schema_of(event_class: type[Event]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event's data, as its owner writes it."""
    schema = event_class.model_json_schema(mode="serialization")
    for part in (schema, *schema.get("$defs", {}).values()):
        _describe_fields(part)
    return {"$schema": DIALECT, "$id": event_class.topic.event_type, **schema}


def _describe_fields(part: dict[str, Any]) -> None:
    """Move what a class says of its attributes to the fields themselves."""
    description, _, attributes = part.get("description", "").partition("\n\nAttributes:\n")
    part["description"] = " ".join(description.split())
    explained = dict(_explanations(attributes))
    for name, field in part.get("properties", {}).items():
        field.pop("title", None)
        if name in explained:
            field["description"] = explained[name]


def _explanations(attributes: str) -> Iterator[tuple[str, str]]:
    _, *pieces = _ATTRIBUTE.split(attributes)
    for name, text in zip(pieces[::2], pieces[1::2], strict=True):
        yield name, " ".join(text.split())
