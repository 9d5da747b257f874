"""Reading records: what is whole comes through unchanged, what is broken is said to be."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem_events import (
    Envelope,
    MalformedEnvelope,
    ParticipantRegistered,
    ParticipantWithdrawn,
    UnreadableEvent,
    read_record,
)
from tests.contracts.made_events import envelopes
from tests.support.probe import a_registration
from tests.support.room import record_of, tombstone_of


class TestTheEnvelope:
    @given(envelopes())
    def test_survives_its_headers(self, envelope: Envelope) -> None:
        assert Envelope.from_headers(envelope.headers()) == envelope

    @given(st.lists(st.tuples(st.text(), st.none() | st.binary()), max_size=12))
    def test_of_any_headers_at_all_is_read_or_refused(
        self, headers: list[tuple[str, bytes | None]]
    ) -> None:
        with pytest.raises(MalformedEnvelope):
            Envelope.from_headers(headers)

    @pytest.mark.parametrize("name", ["ce_id", "ce_source", "ce_type", "ce_time", "ce_subject",
                                      "ce_sequence", "ce_specversion"])  # fmt: skip
    def test_without_one_of_its_headers_is_refused(self, name: str) -> None:
        record = record_of(a_registration())
        headers = [header for header in record.headers if header[0] != name]

        with pytest.raises(MalformedEnvelope, match=name):
            Envelope.from_headers(headers)

    @pytest.mark.parametrize(
        "sequence", [b"0", b"-1", b"1.5", "²".encode(), b"9" * 20, b"9" * 5000]
    )
    def test_with_a_sequence_that_does_not_count_is_refused(self, sequence: bytes) -> None:
        record = record_of(a_registration())
        headers = [(n, sequence if n == "ce_sequence" else v) for n, v in record.headers]

        with pytest.raises(MalformedEnvelope, match="ce_sequence"):
            Envelope.from_headers(headers)


class TestReadingARecord:
    def test_gives_the_event_that_was_told(self) -> None:
        event = a_registration()
        record = record_of(event, sequence=4)

        received = read_record(record.headers, record.key, record.value)

        assert received.event == event
        assert received.envelope.sequence == 4

    def test_ignores_fields_it_does_not_know(self) -> None:
        event = a_registration()
        record = record_of(event)
        value = record.value[:-1] + b', "later": {"more": 1}}' if record.value else b""

        assert read_record(record.headers, record.key, value).event == event

    def test_reads_a_code_it_does_not_know_as_other(self) -> None:
        record = record_of(a_registration())
        value = (record.value or b"").replace(b'"role":"mentor"', b'"role":"sponsor"')

        event = read_record(record.headers, record.key, value).event

        assert isinstance(event, ParticipantRegistered)
        assert event.role == "other"

    def test_knows_the_end_of_a_state_by_its_empty_value(self) -> None:
        record = tombstone_of(ParticipantRegistered, UUID(int=5), 2)

        received = read_record(record.headers, record.key, record.value)

        assert received.event is None
        assert received.event_class is ParticipantRegistered

    def test_refuses_a_fact_without_data(self) -> None:
        fact = ParticipantWithdrawn(
            participant_id=UUID(int=1), person_id=UUID(int=2), programme_id=UUID(int=3),
            reason="own-wish", withdrawn_at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        record = record_of(fact)

        with pytest.raises(UnreadableEvent, match="no data"):
            read_record(record.headers, record.key, None)

    def test_refuses_a_key_that_contradicts_the_data(self) -> None:
        record = record_of(a_registration())

        with pytest.raises(UnreadableEvent, match="key"):
            read_record(record.headers, b"another", record.value)

    def test_never_quotes_a_value_in_its_refusal(self) -> None:
        record = record_of(a_registration())
        value = (record.value or b"").replace(b'"Europe/Vienna"', b'["canary"]')

        with pytest.raises(UnreadableEvent) as refusal:
            read_record(record.headers, record.key, value)

        assert "canary" not in str(refusal.value)
