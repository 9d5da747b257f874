"""What intake does when it is asked to, or when an instant has come: decide, record, tell.

Intake listens to no topic yet; what is here is called by its API and its schedule.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.intake.domain import programmes, registrations
from services.intake.domain.faults import Rows
from services.intake.domain.programmes import Programme, State
from services.intake.domain.registrations import RegistrationRow, Withdrawal
from services.intake.store import participants as participant_store
from services.intake.store import people as people_store
from services.intake.store import programmes as programme_store
from shared.bus.reactions import Reactions
from shared.bus.work import Work
from tandem_events import ParticipantRegistered, ParticipantWithdrawn

PROGRAMMES = "programmes"
"""The channel that says that a programme may be due."""

reactions = Reactions("intake")


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a list of rows: how many were new, differed, or said nothing new."""

    rows: int
    new: int
    changed: int

    @property
    def unchanged(self) -> int:
        """How many said nothing new."""
        return self.rows - self.new - self.changed


async def put_programme(programme: Programme, work: Work) -> None:
    """Write a programme, new or changed, and tell of it."""
    await programme_store.put(work, programme)
    work.publish(programmes.told(programme))
    work.wake(PROGRAMMES)


async def open_programme(programme_id: UUID, work: Work) -> Programme:
    """Let people register.

    Raises:
        NoSuchProgramme: There is none with this id.
        IllegalMove: Its state does not lead there.
        EnrolmentOver: Its enrolment has ended.
    """
    held = await programme_store.get_to_change(work, programme_id)
    programme = programmes.opened(held, work.now)
    await put_programme(programme, work)
    return programme


async def close_programme(programme_id: UUID, work: Work) -> Programme:
    """Let nobody register any more.

    Raises:
        NoSuchProgramme: There is none with this id.
        IllegalMove: Its state does not lead there.
    """
    held = await programme_store.get_to_change(work, programme_id)
    programme = programmes.moved(held, State.CLOSED)
    await put_programme(programme, work)
    return programme


async def amend_programme(programme_id: UUID, changes: dict[str, Any], work: Work) -> Programme:
    """Change dates, policies or the name; tell of it if something differs.

    Raises:
        NoSuchProgramme: There is none with this id.
        HasEnded: It is over.
        WrongDates: The dates contradict one another.
    """
    held = await programme_store.get_to_change(work, programme_id)
    programme = programmes.amended(held, changes)
    if programme != held:
        await put_programme(programme, work)
    return programme


async def close_enrolments_that_are_over(work: Work) -> int:
    """Close the open programmes whose enrolment has ended; returns how many."""
    over = await programme_store.claim_over(work, work.now)
    for programme in over:
        await put_programme(programmes.moved(programme, State.CLOSED), work)
    return len(over)


async def register(programme_id: UUID, rows: Rows[RegistrationRow], work: Work) -> Report:
    """Register people in an open programme, and tell of those who are new or differ.

    Raises:
        NoSuchProgramme: There is none with this id.
        NotOpen: Nobody can register in it now.
        RowsRefused: Some rows are wrong.
    """
    await people_store.lock_against_imports(work)
    programme = await programme_store.get_to_lean_on(work, programme_id)
    programmes.check_enrolment(programme, work.now)
    settled = registrations.with_capacities(rows.whole, programme.policies.mentor_capacity)
    await participant_store.stage(work, settled, rows.named)
    await _refuse_wrong_rows(rows, work)
    new, changed = await participant_store.write_staged(work, programme_id, work.now)
    async for participant in participant_store.written(work):
        work.publish(registrations.told(participant))
    return Report(len(rows), new, changed)


async def withdraw(participant_id: UUID, reason: Withdrawal, work: Work) -> None:
    """Let a participant leave, tell of it, and end what was told of them.

    Raises:
        NoSuchParticipant: There is none with this id.
        AlreadyWithdrawn: They have left before.
    """
    person_id, programme_id = await participant_store.withdraw(work, participant_id, reason)
    tell_of_withdrawal(participant_id, person_id, programme_id, reason, work)


def tell_of_withdrawal(
    participant_id: UUID, person_id: UUID, programme_id: UUID, reason: Withdrawal, work: Work
) -> None:
    """Tell that a participant has left a programme, and end what was told of them."""
    work.publish(
        ParticipantWithdrawn(
            participant_id=participant_id,
            person_id=person_id,
            programme_id=programme_id,
            reason=reason.value,
            withdrawn_at=work.now,
        )
    )
    work.retire(ParticipantRegistered, participant_id)


async def _refuse_wrong_rows(rows: Rows[RegistrationRow], work: Work) -> None:
    for fault in registrations.absent_people(await participant_store.absent_people(work)):
        rows.faults.add(fault)
    for fault in registrations.repeated_people(await participant_store.repeated_people(work)):
        rows.faults.add(fault)
    rows.faults.refuse()
