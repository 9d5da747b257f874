"""docs/events: written from the code, current, and sound as an AsyncAPI document."""

import json
import warnings
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from deploy.contracts.documents import FOLDER, documents, stale_documents, write
from tandem_events import EVENTS

with warnings.catch_warnings():  # its models name a field `schema`, which pydantic warns of
    warnings.simplefilter("ignore", UserWarning)
    from asyncapi3 import AsyncAPI3


@pytest.fixture(scope="module")
def asyncapi() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / "asyncapi.json").read_text())
    return document


class TestTheDocuments:
    def test_are_current(self) -> None:
        assert stale_documents() == [], "run: tandem contracts write"

    def test_have_a_page_and_a_schema_for_every_topic(self) -> None:
        names = {event.topic.name for event in EVENTS}

        pages = {f"{name}.md" for name in names} | {f"{name}.schema.json" for name in names}
        assert documents().keys() == pages | {"README.md", "asyncapi.json"}

    def test_that_are_out_of_date_are_named_and_written(self, tmp_path: Path) -> None:
        write(tmp_path)
        (tmp_path / "pair-formed.md").write_text("old")
        (tmp_path / "forgotten.md").write_text("of a topic that is gone")

        stale = stale_documents(tmp_path)
        written = write(tmp_path)

        assert stale == written == ["forgotten.md", "pair-formed.md"]
        assert stale_documents(tmp_path) == []

    def test_say_who_may_read_what_is_restricted(self) -> None:
        page = documents()["person-contact.md"]

        assert "| may be read by | notifications alone |" in page

    def test_lead_to_files_that_are_there(self) -> None:
        links = [
            (FOLDER / target.partition(")")[0])
            for text in documents().values()
            for target in text.split("](")[1:]
        ]

        assert [str(link) for link in links if not link.exists() and "://" not in str(link)] == []


class TestTheAsyncApiDocument:
    def test_is_one(self, asyncapi: dict[str, Any]) -> None:
        AsyncAPI3.model_validate(asyncapi)

    def test_with_a_word_that_the_standard_does_not_know_would_be_none(
        self, asyncapi: dict[str, Any]
    ) -> None:
        channel = asyncapi["channels"]["pair-formed"] | {"adress": "misspelt"}
        channels = asyncapi["channels"] | {"pair-formed": channel}

        with pytest.raises(ValueError, match="adress"):
            AsyncAPI3.model_validate(asyncapi | {"channels": channels})

    def test_refers_only_to_what_it_holds(self, asyncapi: dict[str, Any]) -> None:
        for reference in _references(asyncapi):
            reduce(lambda place, name: place[name], reference.split("/")[1:], asyncapi)

    def test_gives_every_message_a_schema_that_its_samples_fit(
        self, asyncapi: dict[str, Any]
    ) -> None:
        for message in asyncapi["components"]["messages"].values():
            payload = Draft202012Validator(asyncapi | message["payload"])
            headers = Draft202012Validator(asyncapi | message["headers"])

            assert message["examples"]
            for example in message["examples"]:
                payload.validate(example["payload"])
                headers.validate(example["headers"])

    def test_has_one_channel_and_one_operation_for_every_topic(
        self, asyncapi: dict[str, Any]
    ) -> None:
        names = {event.topic.name for event in EVENTS}

        assert asyncapi["channels"].keys() == names
        assert asyncapi["operations"].keys() == {f"tell-{name}" for name in names}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
