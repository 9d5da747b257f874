"""The JSON Schema of every event: `python -m tandem_events.schemas FOLDER` writes them."""

import json
import sys
from pathlib import Path
from typing import Any

from tandem_events.catalogue import EVENTS
from tandem_events.event import Event

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(event_class: type[Event]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event's data, as its owner writes it."""
    schema = event_class.model_json_schema(mode="serialization")
    return {"$schema": DIALECT, "$id": event_class.topic.event_type, **schema}


def file_name(event_class: type[Event]) -> str:
    """The name of the file that holds an event's schema."""
    return f"{event_class.topic.name}.schema.json"


def text_of(event_class: type[Event]) -> str:
    """An event's schema as it stands in its file."""
    return json.dumps(schema_of(event_class), indent=2, sort_keys=True) + "\n"


def main() -> None:
    """Write every schema into the folder that the command line names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for event_class in EVENTS:
        (folder / file_name(event_class)).write_text(text_of(event_class))


if __name__ == "__main__":
    main()
