"""CloudEvents 1.0 on Kafka in binary mode: the rules of the binding, and its own SDK as a witness.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

import re
from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given

from deploy.contracts.samples import ENDED, Sample, samples_in
from tandem_events import Envelope, decode
from tests.contracts.made_events import envelopes

SAMPLES = samples_in()
WITH_DATA = [sample for sample in SAMPLES if sample.name != ENDED]
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _name(sample: Sample) -> str:
    return f"{sample.topic}-{sample.name}"


class TestTheHeaders:
    @given(envelopes())
    def test_are_attributes_behind_a_prefix_and_the_media_type(self, envelope: Envelope) -> None:
        names = [name for name, _ in envelope.headers()]

        attributes = [name.removeprefix("ce_") for name in names if name.startswith("ce_")]
        assert all(re.fullmatch(r"[a-z0-9]{1,20}", attribute) for attribute in attributes)
        assert len(set(names)) == len(names)
        assert {"specversion", "id", "source", "type"} <= set(attributes)
        assert "datacontenttype" not in attributes

    @given(envelopes())
    def test_say_that_the_mode_is_binary(self, envelope: Envelope) -> None:
        media_type = dict(envelope.headers())["content-type"]

        assert not media_type.startswith(b"application/cloudevents")

    @given(envelopes())
    def test_are_never_null_and_always_utf_8(self, envelope: Envelope) -> None:
        values = {name: value.decode() for name, value in envelope.headers()}

        assert all(value for name, value in values.items() if name.startswith("ce_"))

    @given(envelopes())
    def test_give_the_time_as_rfc_3339_does(self, envelope: Envelope) -> None:
        time = dict(envelope.headers())["ce_time"].decode()

        assert RFC_3339.fullmatch(time)

    @pytest.mark.parametrize("sample", SAMPLES, ids=_name)
    def test_of_a_sample_name_its_type_and_its_owner(self, sample: Sample) -> None:
        assert sample.headers["ce_type"] == f"tandem.{sample.topic}"
        assert re.fullmatch(r"/tandem/[a-z0-9-]+/[a-z]+", sample.headers["ce_source"])

    def test_give_every_event_of_a_source_its_own_id(self) -> None:
        ids = [(sample.headers["ce_source"], sample.headers["ce_id"]) for sample in SAMPLES]

        assert len(set(ids)) == len(ids)


class TestTheSdk:
    @pytest.mark.parametrize("sample", WITH_DATA, ids=_name)
    def test_reads_what_tandem_tells(self, sample: Sample) -> None:
        headers = {name: value or b"" for name, value in sample.record_headers}
        message = KafkaMessage(headers, sample.key.encode(), sample.value or b"")

        event = from_binary(message, JSONFormat(), CloudEvent)

        told = decode(sample.record_headers, sample.value).envelope
        assert event.get_id() == str(told.id)
        assert event.get_source() == told.source
        assert event.get_type() == told.type
        assert event.get_subject() == told.subject
        assert event.get_time() == told.time
        assert event.get_specversion() == "1.0"
        assert event.get_datacontenttype() == "application/json"
        assert event.get_extension("sequence") == str(told.sequence)
        assert event.get_extension("correlationid") == told.correlation_id
        assert event.get_extension("causationid") == told.causation_id
        assert event.get_data() == sample.data

    @pytest.mark.parametrize("sample", WITH_DATA, ids=_name)
    def test_writes_what_tandem_reads(self, sample: Sample) -> None:
        told = decode(sample.record_headers, sample.value)
        attributes = {
            name.removeprefix("ce_"): value
            for name, value in sample.headers.items()
            if name.startswith("ce_")
        }
        given_time = {"time": told.envelope.time, "datacontenttype": "application/json"}
        event = CloudEvent(attributes | given_time, sample.data)

        message = to_binary(event, JSONFormat())

        read = decode(message.headers.items(), message.value)
        assert read.event == told.event
        assert read.envelope.time == told.envelope.time == datetime(
            2026, 9, 1, 8, 30, 0, 125000, tzinfo=UTC
        )  # fmt: skip
