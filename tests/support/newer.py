"""The next version of a contract, as it may become: one more optional field, one more code."""

from typing import Annotated, Any

import pytest

from tandem_events import EVENT_OF_TYPE, ParticipantRegistered
from tandem_events.codes import _ROLES, _documented, _known_or_other

_NEWER_ROLES = _ROLES | {"observer"}
NewerRole = Annotated[str, _known_or_other(_NEWER_ROLES), _documented(_NEWER_ROLES)]


class NewerRegistration(ParticipantRegistered):
    """A registration of the next version."""

    role: NewerRole
    remote: bool = False


def newer(registration: ParticipantRegistered, **more: Any) -> NewerRegistration:
    """The registration as a writer of the next version tells it."""
    return NewerRegistration.model_validate(registration.model_dump() | more)


def read_by_newer(patch: pytest.MonkeyPatch) -> None:
    """From here on, this test reads with the next version of the contracts."""
    patch.setitem(EVENT_OF_TYPE, ParticipantRegistered.topic.event_type, NewerRegistration)
