"""The golden samples: what a record looks like, of this version and of every frozen one."""

import pytest
from jsonschema import Draft202012Validator

from deploy.contracts.frozen import FROZEN
from deploy.contracts.samples import ENDED, SAMPLES, Sample, samples_in
from tandem_events import EVENT_OF_TYPE, EVENTS, Kind, decode, read_record
from tandem_events.schemas import schema_of

CURRENT = samples_in()
FROZEN_SAMPLES = [
    s for version in sorted(FROZEN.glob("v*")) for s in samples_in(version / "samples")
]


def _name(sample: Sample) -> str:
    return f"{sample.topic}-{sample.name}"


class TestASample:
    @pytest.mark.parametrize("sample", CURRENT, ids=_name)
    def test_is_read_and_written_again_byte_by_byte(self, sample: Sample) -> None:
        received = read_record(sample.record_headers, sample.key.encode(), sample.value)

        event = received.event
        assert sample.value == (None if event is None else event.model_dump_json().encode())
        assert received.envelope.headers() == sample.record_headers
        assert received.event_class.topic.name == sample.topic

    @pytest.mark.parametrize(
        "sample", [sample for sample in CURRENT if sample.name != ENDED], ids=_name
    )
    def test_fits_the_schema(self, sample: Sample) -> None:
        event_class = EVENT_OF_TYPE[sample.headers["ce_type"]]

        Draft202012Validator(schema_of(event_class)).validate(sample.data)

    @pytest.mark.parametrize("sample", FROZEN_SAMPLES, ids=_name)
    def test_of_a_frozen_version_says_what_it_said_then(self, sample: Sample) -> None:
        received = decode(sample.record_headers, sample.value)

        told = None if received.event is None else received.event.model_dump(mode="json")
        assert told is sample.data is None or _holds(told, sample.data)

    def test_is_there_for_every_event_and_every_end_of_a_state(self) -> None:
        shown = {(sample.topic, sample.name == ENDED) for sample in CURRENT}

        states = {(event.topic.name, True) for event in EVENTS if event.topic.kind is Kind.STATE}
        assert shown == {(event.topic.name, False) for event in EVENTS} | states

    def test_stands_in_the_form_in_which_records_are_shown(self) -> None:
        assert all(path.suffix == ".json" for path in SAMPLES.glob("*/*"))


def _holds(now: object, then: object) -> bool:
    """Whether everything that was said then is said still; there may be more."""
    if isinstance(now, dict) and isinstance(then, dict):
        return all(name in now and _holds(now[name], value) for name, value in then.items())
    if isinstance(now, list) and isinstance(then, list):
        return len(now) == len(then) and all(map(_holds, now, then))
    return now == then
