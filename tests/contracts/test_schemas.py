"""The contracts: their schemas stand in docs/events, and every topic is declared soundly."""

from pathlib import Path

import pytest

from tandem_events import EVENTS, TOPICS, Event, Kind, ProgrammeChanged
from tandem_events.schemas import file_name, text_of

FOLDER = Path(__file__).parents[2] / "docs" / "events"


class TestSchemas:
    @pytest.mark.parametrize("event_class", EVENTS)
    def test_in_the_docs_are_those_of_the_code(self, event_class: type[Event]) -> None:
        written = (FOLDER / file_name(event_class)).read_text()

        assert written == text_of(event_class), "run: python -m tandem_events.schemas docs/events"

    def test_stand_for_every_topic_and_nothing_else(self) -> None:
        files = {path.name for path in FOLDER.glob("*.schema.json")}

        assert files == {file_name(event_class) for event_class in EVENTS}


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
