"""The contracts as the code has them."""

from datetime import timedelta

from deploy.contracts.compatibility import Contract
from tandem_events import EVENTS, PARTITIONS, Event
from tandem_events.schemas import schema_of

_DAY = timedelta(days=1)


def contract_of(event_class: type[Event]) -> Contract:
    """What an event promises now."""
    topic = event_class.topic
    terms = {
        "name": topic.name,
        "event_type": topic.event_type,
        "kind": str(topic.kind),
        "key": topic.key,
        "subject": event_class.subject_field,
        "owner": topic.owner,
        "readers": sorted(topic.readers),
        "partitions": PARTITIONS,
        "retention_days": None if topic.retention is None else topic.retention // _DAY,
    }
    return Contract(terms, schema_of(event_class))


def current_contracts() -> dict[str, Contract]:
    """What all events promise now, by topic name."""
    return {event_class.topic.name: contract_of(event_class) for event_class in EVENTS}
