"""The contracts: every event fits its schema, and every topic is declared soundly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tandem_events import EVENTS, TOPICS, CheckinDue, Event, Kind, ProgrammeChanged
from tandem_events.schemas import schema_of
from tests.contracts.made_events import made

FORMATS = Draft202012Validator.FORMAT_CHECKER


class TestSchemas:
    @pytest.mark.parametrize("event_class", EVENTS)
    def test_are_sound(self, event_class: type[Event]) -> None:
        Draft202012Validator.check_schema(schema_of(event_class))

    @pytest.mark.parametrize("event_class", EVENTS)
    @given(data=st.data())
    def test_hold_for_every_event_that_can_be_made(
        self, event_class: type[Event], data: st.DataObject
    ) -> None:
        event = data.draw(made(event_class))
        written = event.model_dump_json()

        validator = Draft202012Validator(schema_of(event_class), format_checker=FORMATS)

        assert [error.message for error in validator.iter_errors(json.loads(written))] == []
        assert event_class.model_validate_json(written) == event

    def test_say_of_each_field_what_its_class_says(self) -> None:
        schema = schema_of(CheckinDue)

        assert schema["description"] == "One partner of a pair is to be asked how it goes."
        assert schema["properties"]["due_at"]["description"].endswith("own time zone.")


class TestTopics:
    def test_have_one_owner_and_one_event_each(self) -> None:
        assert len({topic.name for topic in TOPICS}) == len(EVENTS)

    @pytest.mark.parametrize("event_class", EVENTS)
    def test_are_keyed_by_a_field_of_their_event(self, event_class: type[Event]) -> None:
        fields = event_class.model_fields.keys()

        assert {event_class.topic.key, event_class.subject_field} <= fields

    @pytest.mark.parametrize("event_class", EVENTS)
    def test_hold_personal_data_only_where_few_may_read(self, event_class: type[Event]) -> None:
        personal = {"name", "email", "address"} & event_class.model_fields.keys()

        assert not personal or event_class.topic.readers or event_class is ProgrammeChanged

    def test_that_are_facts_carry_no_personal_fields(self) -> None:
        facts = [e for e in EVENTS if e.topic.kind is Kind.FACT]

        assert not [e for e in facts if {"name", "email", "text"} & e.model_fields.keys()]
