"""What intake does when it is asked to, or when an instant has come: decide, record, tell.

Intake listens to no topic yet; what is here is called by its API and its schedule.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.intake import campaign_handlers
from services.intake.domain import by_date, programmes, registrations
from services.intake.domain.faults import Rows
from services.intake.domain.programmes import Enrolment, Programme, State
from services.intake.domain.registrations import RegistrationRow, Withdrawal
from services.intake.store import accounts, waiting
from services.intake.store import participants as participant_store
from services.intake.store import people as people_store
from services.intake.store import programmes as programme_store
from shared.bus.reactions import Reactions
from shared.bus.work import Work
from shared.ids import new_id
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


async def draft_programme(programme: Programme, work: Work) -> None:
    """Write a new programme, and tell of it.

    Raises:
        WrongDates: Its dates contradict one another.
        NotACoordinator: It is a test for somebody who does not coordinate.
    """
    await people_store.lock(work)
    await _put(programmes.drafted(programme), work)


async def open_programme(programme_id: UUID, work: Work) -> Programme:
    """Let people register, and invite them if the programme says so.

    Raises:
        NoSuchProgramme: There is none with this id.
        IllegalMove: Its state does not lead there.
        EnrolmentOver: Its enrolment has ended.
    """
    return await _put(programmes.opened(await _to_change(programme_id, work), work.now), work)


async def close_programme(programme_id: UUID, work: Work) -> Programme:
    """Let nobody register any more.

    Raises:
        NoSuchProgramme: There is none with this id.
        IllegalMove: Its state does not lead there.
    """
    return await _put(programmes.moved(await _to_change(programme_id, work), State.CLOSED), work)


async def start_programme(programme_id: UUID, work: Work) -> Programme:
    """Let mentoring begin.

    Raises:
        NoSuchProgramme: There is none with this id.
        IllegalMove: Its state does not lead there.
    """
    return await _put(programmes.started(await _to_change(programme_id, work), work.now), work)


async def end_programme(programme_id: UUID, work: Work) -> Programme:
    """Let mentoring end.

    Raises:
        NoSuchProgramme: There is none with this id.
        IllegalMove: Its state does not lead there.
    """
    return await _put(programmes.ended(await _to_change(programme_id, work), work.now), work)


async def amend_programme(programme_id: UUID, changes: dict[str, Any], work: Work) -> Programme:
    """Change dates, rules or the name; tell of it if something differs.

    Raises:
        NoSuchProgramme: There is none with this id.
        HasEnded: It is over.
        Fixed: It is open, and people rely on what would change.
        WrongDates: The dates contradict one another.
        NotACoordinator: It is to be a test for somebody who does not coordinate.
    """
    held = await _to_change(programme_id, work)
    programme = programmes.amended(held, changes)
    return programme if programme == held else await _put(programme, work)


async def clone_programme(programme_id: UUID, changes: dict[str, Any], work: Work) -> Programme:
    """Draft another programme with the rules of this one.

    Raises:
        NoSuchProgramme: There is none with this id.
        WrongDates: The new dates contradict one another.
        NotACoordinator: It is to be a test for somebody who does not coordinate.
    """
    await people_store.lock(work)
    held = await programme_store.get(work, programme_id)
    return await _put(programmes.cloned(held, new_id(), changes), work)


async def move_programmes_by_date(work: Work) -> int:
    """Move the programmes whose time has come, each by one state; returns how many."""
    due_at = await programme_store.next_move(work)
    if due_at is None or due_at > work.now:
        return 0
    await people_store.lock(work)
    due = await programme_store.claim_due(work, work.now)
    for programme in due:
        await _put(by_date.moved_by_date(programme, work.now), work)
    return len(due)


async def _to_change(programme_id: UUID, work: Work) -> Programme:
    """Nobody writes people meanwhile: a change may invite all who are there."""
    await people_store.lock(work)
    return await programme_store.get_to_change(work, programme_id)


async def _put(programme: Programme, work: Work) -> Programme:
    if programme.test_for is not None:
        await accounts.check_coordinates(work, programme.test_for)
    await programme_store.put(work, programme)
    await campaign_handlers.enlist(programme, work)
    work.publish(programmes.told(programme))
    work.wake(PROGRAMMES)
    return programme


async def register(programme_id: UUID, rows: Rows[RegistrationRow], work: Work) -> Report:
    """Register people in an open programme, and tell of those who are new or differ.

    Raises:
        NoSuchProgramme: There is none with this id.
        NotOpen: Nobody can register in it now.
        RowsRefused: Some rows are wrong.
    """
    await people_store.lock_against_imports(work)
    programme = await programme_store.get_to_lean_on(work, programme_id)
    enrolment = programmes.enrolment_of(programme, work.now)
    settled = registrations.with_capacities(rows.whole, programme.policies.mentor_capacity)
    await participant_store.stage(work, settled, rows.named)
    if enrolment is Enrolment.OF_NEWCOMERS:
        await _refuse_who_came_in_time(programme, rows, work)
    await _refuse_wrong_rows(rows, work)
    new, changed = await participant_store.write_staged(work, programme_id, work.now)
    await waiting.end_by_file(work, programme_id)
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


async def _refuse_who_came_in_time(
    programme: Programme, rows: Rows[RegistrationRow], work: Work
) -> None:
    came_in_time = await participant_store.came_before(
        work, programme.programme_id, programme.enrolment_closes_at
    )
    for fault in registrations.no_newcomers(came_in_time):
        rows.faults.add(fault)


async def _refuse_wrong_rows(rows: Rows[RegistrationRow], work: Work) -> None:
    for fault in registrations.absent_people(await participant_store.absent_people(work)):
        rows.faults.add(fault)
    for fault in registrations.repeated_people(await participant_store.repeated_people(work)):
        rows.faults.add(fault)
    rows.faults.refuse()
