"""What stands in docs/events: written from the code by one command, and checked to be current."""

import json
from pathlib import Path
from typing import Any

from deploy.contracts.asyncapi import document
from deploy.contracts.pages import index_page, topic_page
from deploy.contracts.samples import samples_in
from deploy.services import SERVICES, topics_read_by
from tandem_events import EVENTS, Event
from tandem_events.schemas import schema_of

FOLDER = Path(__file__).parents[2] / "docs" / "events"


def documents() -> dict[str, str]:
    """The text of every file, by its name."""
    rows = {event.topic.name: (event, _consumers(event)) for event in EVENTS}
    samples = samples_in()
    files = {"README.md": index_page(rows), "asyncapi.json": _json(document(rows, samples))}
    for name, (event, consumers) in rows.items():
        files[f"{name}.schema.json"] = _json(schema_of(event))
        own = [sample for sample in samples if sample.topic == name]
        files[f"{name}.md"] = topic_page(event, consumers, own)
    return files


def _consumers(event_class: type[Event]) -> list[str]:
    """The services that react to an event."""
    return [service for service in SERVICES if event_class.topic in topics_read_by(service)]


def write(folder: Path = FOLDER) -> list[str]:
    """Write what is not current, remove what is not known; returns the names of both."""
    stale = stale_documents(folder)
    wanted = documents()
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in wanted:
            (folder / name).write_text(wanted[name])
        else:
            (folder / name).unlink()
    return stale


def stale_documents(folder: Path = FOLDER) -> list[str]:
    """The names of files that are missing, not current or not known."""
    wanted = documents()
    held = {path.name: path.read_text() for path in folder.glob("*") if path.is_file()}
    return sorted(
        name for name in wanted.keys() | held.keys() if wanted.get(name) != held.get(name)
    )


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
