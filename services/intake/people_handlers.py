"""What intake does when people come, differ, leave and come back: decide, record, tell.

Whoever leaves is withdrawn from every programme that has not ended, coordinates no longer, and what
was told of their address ends: nobody can write to them by mistake. Whoever comes back is the same
person; their registrations stay withdrawn until they are registered again, under the same ids.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.intake import campaign_handlers, signing_up
from services.intake.domain import registrations
from services.intake.domain.faults import Rows
from services.intake.domain.imports import MOST_DIFFERENCES_LISTED, Preview, check_leaving
from services.intake.domain.people import PersonRow, taken_elsewhere
from services.intake.domain.person import (
    Details,
    NumberTaken,
    Person,
    amended,
    changed_fields,
    check_version,
)
from services.intake.domain.registrations import Withdrawal
from services.intake.handlers import tell_of_withdrawal
from services.intake.store import accounts, differences, waiting
from services.intake.store import participants as participant_store
from services.intake.store import people as people_store
from services.intake.store import person as person_store
from shared.bus.work import Work
from shared.ids import new_id
from tandem_events import PersonContact

INVITED_BY = frozenset({"department", "time_zone", "working_days"})
"""What decides whether and when somebody is invited."""


@dataclass(frozen=True, slots=True)
class PeopleReport:
    """What became of a file of people; who left was not in it."""

    rows: int
    new: int
    back: int
    changed: int
    left: int

    @property
    def unchanged(self) -> int:
        """How many rows said nothing new."""
        return self.rows - self.new - self.back - self.changed


async def import_people(
    rows: Rows[PersonRow], work: Work, *, full: bool = False, confirmed: int | None = None
) -> PeopleReport:
    """Write the people that are new, differ or come back, and tell of them.

    Args:
        rows: The file.
        work: The unit of work.
        full: Whether the file lists everybody, so that who is absent from it leaves.
        confirmed: How many may leave, if they are more than a tenth.

    Raises:
        RowsRefused: Rows are wrong in themselves, or an address belongs to somebody else.
        TooManyLeaving: More than a tenth would leave, and not as many were confirmed.
    """
    await people_store.lock(work)
    await _stage_or_refuse(rows, work, full=full)
    leavers = await _let_the_absent_leave(confirmed, work) if full else []
    written = await people_store.write_staged(work, work.now)
    async for contact in people_store.written_contacts(work):
        work.publish(contact)
    async for participant in participant_store.of_written_people(work):
        work.publish(registrations.told(participant))
    await campaign_handlers.enlist_written_people(work)
    return PeopleReport(len(rows), written.new, written.back, written.changed, len(leavers))


async def preview_people(rows: Rows[PersonRow], work: Work, *, full: bool) -> Preview:
    """Say what importing a file would change; changes nothing.

    Raises:
        RowsRefused: Rows are wrong in themselves, or an address belongs to somebody else.
    """
    await people_store.lock_against_imports(work)
    await _stage_or_refuse(rows, work, full=full)
    counts = await differences.compare(work, full=full)
    listed = await differences.first(work, MOST_DIFFERENCES_LISTED)
    return Preview(len(rows), counts, await differences.active(work), listed)


async def add_person(details: Details, work: Work, *, active: bool = True) -> Person:
    """Write somebody new, and tell of them; a leaver with that number is changed, as a re-hire.

    Raises:
        NumberTaken: Somebody who has not left has the employee number.
        AddressTaken: Somebody else who has not left has the address.
    """
    await people_store.lock_against_imports(work)
    await person_store.claim(work, details)
    held = await person_store.find_to_change(work, details.employee_number)
    if held is not None and held.left_at is None:
        raise NumberTaken(held.person_id)
    if held is not None:
        return await _change(held, amended(held, details, active=active, now=work.now), work)
    person = Person(new_id(), details, None if active else work.now, version=1)
    await person_store.check_free(work, person)
    await person_store.put(work, person)
    if active:
        work.publish(_contact(person))
        await campaign_handlers.enlist_people([person.person_id], work)
    return person


async def replace_person(
    person_id: UUID, details: Details, work: Work, *, active: bool, expected: int | None = None
) -> Person:
    """Write a person who is known, whole, and tell what differs; nothing differs, nothing happens.

    Args:
        person_id: Who.
        details: All that HR says of them.
        work: The unit of work.
        active: Whether they are with the company; so they leave, come back, or neither.
        expected: The version that the caller has seen; None writes whatever it is.

    Raises:
        NoSuchPerson: There is nobody with this id.
        StaleVersion: Somebody has changed them since.
        NumberTaken: Somebody else has the employee number.
        AddressTaken: Somebody else who has not left has the address.
    """
    await (people_store.lock_against_imports(work) if active else people_store.lock(work))
    await person_store.claim(work, details)
    held = await person_store.get_to_change(work, person_id)
    check_version(held, expected)
    return await _change(held, amended(held, details, active=active, now=work.now), work)


async def leave(person_ids: Sequence[UUID], work: Work) -> list[UUID]:
    """Note that people have left, and tell; returns those who had not before, in order."""
    await people_store.lock(work)
    left = await person_store.leave(work, person_ids)
    await _end_what_leavers_had(left, work)
    return left


async def come_back(person_ids: Sequence[UUID], work: Work) -> list[UUID]:
    """Note that people who left are back as they were, and tell; returns who they are, in order.

    Raises:
        AddressTaken: The address of one of them has been given to somebody else.
    """
    await people_store.lock(work)
    contacts = await person_store.come_back(work, person_ids)
    for contact in contacts:
        work.publish(contact)
    back = [contact.person_id for contact in contacts]
    await campaign_handlers.enlist_people(back, work)
    return back


async def _stage_or_refuse(rows: Rows[PersonRow], work: Work, *, full: bool) -> None:
    await people_store.stage(work, rows)
    if not full:  # who is absent from a full file leaves, and their address is free
        for fault in taken_elsewhere(await people_store.clashes(work)):
            rows.faults.add(fault)
    rows.faults.refuse()


async def _let_the_absent_leave(confirmed: int | None, work: Work) -> list[UUID]:
    leavers = await differences.absent(work)
    check_leaving(len(leavers), await differences.active(work), confirmed)
    await person_store.leave(work, leavers)
    await _end_what_leavers_had(leavers, work)
    return leavers


async def _change(held: Person, person: Person, work: Work) -> Person:
    if person == held:
        return held
    await person_store.check_free(work, person)
    await person_store.put(work, person)
    changed = changed_fields(held.details, person.details)
    if "employee_number" in changed:
        before, after = held.details.employee_number, person.details.employee_number
        await person_store.move_reports(work, before, after)
    if person.left_at is None:
        await _tell_of_change(held, person, changed, work)
    elif held.left_at is None:
        await _end_what_leavers_had([person.person_id], work)
    return person


async def _tell_of_change(
    held: Person, person: Person, changed: frozenset[str], work: Work
) -> None:
    if held.left_at is not None or not changed.isdisjoint({"name", "email"}):
        work.publish(_contact(person))
    for participant in await participant_store.of_changed_person(work, person.person_id, changed):
        work.publish(registrations.told(participant))
    if held.left_at is not None or not changed.isdisjoint(INVITED_BY):
        await campaign_handlers.enlist_people([person.person_id], work)


async def _end_what_leavers_had(person_ids: Sequence[UUID], work: Work) -> None:
    await waiting.leave(work, person_ids)
    withdrawn = await participant_store.withdraw_leavers(work, person_ids)
    for ended in withdrawn:
        tell_of_withdrawal(**ended, reason=Withdrawal.LEFT_COMPANY, work=work)
    places = Counter(ended["programme_id"] for ended in withdrawn)
    for programme_id, number in sorted(places.items()):
        await signing_up.give_places(programme_id, number, work)
    for person_id in person_ids:
        work.retire(PersonContact, person_id)
    await accounts.dismiss(work, person_ids)


def _contact(person: Person) -> PersonContact:
    details = person.details
    return PersonContact(person_id=person.person_id, name=details.name, email=details.email)
