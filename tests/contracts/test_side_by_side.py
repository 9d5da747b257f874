"""Two versions of a contract side by side: each reader reads what each writer writes."""

import pytest

from deploy.contracts.compatibility import breaks
from deploy.contracts.current import contract_of
from tandem_events import Event, ParticipantRegistered, decode
from tests.support.newer import NewerRegistration, newer, read_by_newer
from tests.support.probe import a_registration
from tests.support.room import record_of


def told(event: Event) -> Event | None:
    """The event after its way over the wire."""
    record = record_of(event)
    return decode(record.headers, record.value).event


class TestAnOlderReader:
    def test_passes_over_a_field_that_is_newer(self) -> None:
        registration = a_registration()

        assert told(newer(registration, remote=True)) == registration

    def test_reads_a_newer_code_as_other_and_the_rest_as_it_is(self) -> None:
        registration = a_registration()

        event = told(newer(registration, role="observer"))

        assert event == registration.model_copy(update={"role": "other"})


class TestANewerReader:
    def test_reads_what_an_older_writer_tells_with_the_fields_default(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read_by_newer(monkeypatch)
        registration = a_registration()

        assert told(registration) == newer(registration, remote=False)

    def test_reads_what_a_newer_writer_tells_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read_by_newer(monkeypatch)
        registration = newer(a_registration(), role="observer", remote=True)

        assert told(registration) == registration


class TestTheNextVersion:
    def test_is_what_a_frozen_contract_may_become(self) -> None:
        frozen = {1: {"participant-registered": contract_of(ParticipantRegistered)}}

        current = {"participant-registered": contract_of(NewerRegistration)}

        assert breaks(frozen, current) == []
