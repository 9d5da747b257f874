"""All topics as one AsyncAPI 3 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0)."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.contracts.samples import ENDED, Sample
from shared.bus.topics import topic_settings
from tandem_events import PARTITIONS, Event
from tandem_events.schemas import schema_of

_PACKAGE = Path(__file__).parents[2] / "shared" / "contracts" / "pyproject.toml"
_BINDING = "0.5.0"
_TEXT = {"type": "string", "minLength": 1}
_HEADERS = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_id": {"type": "string", "format": "uuid"},
    "ce_source": _TEXT | {"description": "/tandem/<installation>/<service>"},
    "ce_type": _TEXT,
    "ce_time": {"type": "string", "format": "date-time"},
    "ce_subject": _TEXT | {"description": "The id of what changed."},
    "ce_sequence": {
        "type": "string",
        "pattern": "^[0-9]{1,18}$",
        "description": "The version of the subject, from 1, counted per source and subject.",
    },
    "ce_correlationid": _TEXT | {"description": "What set everything off."},
    "ce_causationid": _TEXT | {"description": "What led directly to this."},
    "content-type": {"type": "string", "const": "application/json"},
    "traceparent": {"type": "string", "description": "W3C trace context."},
}


def document(
    rows: Mapping[str, tuple[type[Event], Sequence[str]]], samples: Sequence[Sample]
) -> dict[str, Any]:
    """The document; `rows` gives each topic's event and which services consume it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tandem's events",
            "version": tomllib.loads(_PACKAGE.read_text())["project"]["version"],
            "description": "CloudEvents 1.0 on Kafka, binary mode, one event per topic.",
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {name: _channel(event) for name, (event, _) in rows.items()},
        "operations": {
            f"tell-{name}": _operation(event, consumers)
            for name, (event, consumers) in rows.items()
        },
        "components": {
            "securitySchemes": {"scram": {"type": "scramSha256"}},
            "messages": {
                name: _message(event, [sample for sample in samples if sample.topic == name])
                for name, (event, _) in rows.items()
            },
            "schemas": _schemas([event for event, _ in rows.values()]),
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "An installation's Kafka. Its operator gives out users and addresses.",
        "variables": {"bootstrap": {"default": "127.0.0.1:9192"}},
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _channel(event_class: type[Event]) -> dict[str, Any]:
    topic = event_class.topic
    settings = topic_settings(topic)
    kept = {"retention.ms": int(settings["retention.ms"])} if "retention.ms" in settings else {}
    channel: dict[str, Any] = {
        "address": topic.name,
        "description": schema_of(event_class)["description"],
        "messages": {topic.name: {"$ref": f"#/components/messages/{topic.name}"}},
        "tags": [{"name": str(topic.kind)}, {"name": "restricted" if topic.readers else "public"}],
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": PARTITIONS,
                "topicConfiguration": {"cleanup.policy": [settings["cleanup.policy"]]} | kept,
                "bindingVersion": _BINDING,
            }
        },
    }
    if topic.readers:
        channel["x-readers"] = sorted(topic.readers)
    return channel


def _operation(event_class: type[Event], consumers: Sequence[str]) -> dict[str, Any]:
    topic = event_class.topic
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"{topic.owner} tells it.",
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{topic.name}"}],
        "x-owner": topic.owner,
        "x-consumers": list(consumers),
    }


def _message(event_class: type[Event], samples: Sequence[Sample]) -> dict[str, Any]:
    topic = event_class.topic
    headers = _HEADERS | {"ce_type": {"type": "string", "const": topic.event_type}}
    key = {"type": "string", "format": "uuid", "description": topic.key}
    return {
        "name": topic.event_type,
        "title": event_class.__name__,
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "properties": headers,
            "required": [name for name in headers if name != "traceparent"],
        },
        "payload": {"$ref": f"#/components/schemas/{event_class.__name__}"},
        "bindings": {"kafka": {"key": key, "bindingVersion": _BINDING}},
        "examples": [
            {"name": sample.name, "headers": dict(sample.headers), "payload": sample.data}
            for sample in samples
            if sample.name != ENDED
        ],
    }


def _schemas(events: Sequence[type[Event]]) -> dict[str, Any]:
    """All schemas side by side, under the names of their classes."""
    schemas: dict[str, Any] = {}
    for event_class in events:
        text = json.dumps(schema_of(event_class)).replace("#/$defs/", "#/components/schemas/")
        schema = json.loads(text)
        for name in ("$schema", "$id"):
            del schema[name]
        schemas |= schema.pop("$defs", {}) | {event_class.__name__: schema}
    return schemas
