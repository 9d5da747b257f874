"""The states that intake tells, as they are now."""

from collections.abc import Sequence
from uuid import UUID

from services.intake.domain import programmes as programme_rules
from services.intake.domain import registrations
from services.intake.store import participants, people, programmes
from shared.bus.republish import States
from shared.bus.work import Work
from tandem_events import ParticipantRegistered, PersonContact, ProgrammeChanged


async def _programme_ids(work: Work, after: UUID | None, limit: int) -> list[UUID]:
    return [programme.programme_id for programme in await programmes.page(work, after, limit)]


async def _programmes(work: Work, ids: Sequence[UUID]) -> list[ProgrammeChanged]:
    return [programme_rules.told(programme) for programme in await programmes.some(work, ids)]


async def _registrations(work: Work, ids: Sequence[UUID]) -> list[ParticipantRegistered]:
    return [registrations.told(participant) for participant in await participants.active(work, ids)]


STATES = {
    states.event_class.topic.name: states
    for states in (
        States(ProgrammeChanged, _programme_ids, _programmes),
        States(PersonContact, people.ids, people.contacts_of),
        States(ParticipantRegistered, participants.active_ids, _registrations),
    )
}
"""By the name of the topic that tells them."""
