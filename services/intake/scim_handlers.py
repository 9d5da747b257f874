"""What intake does when an HR system pushes people by SCIM: decide, record, tell.

What is told, and what becomes of registrations, is what people_handlers do for every writer.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from services.intake import people_handlers
from services.intake.domain.scim.facts import Facts, facts_of, is_id, manager_of
from services.intake.domain.scim.users import ShownUser, check_match
from services.intake.store import scim_users
from shared.bus.work import Work

Change = Callable[[Any], Any]
"""From a user as it is to the user as it shall be."""


async def create_user(user: Any, work: Work) -> ShownUser:
    """Write a new user; somebody with that employee number who has left is a re-hire.

    Raises:
        UserNameTaken: The userName is somebody else's.
        NumberTaken: Somebody who has not left has the employee number.
        AddressTaken: Somebody else who has not left has the address.
        InvalidValueException: An attribute does not make a value that can be kept.
    """
    facts = await _facts(user, work)
    await scim_users.claim_name(work, facts.user_name, None)
    person = await people_handlers.add_person(facts.details, work, active=facts.active)
    await scim_users.put(work, person.person_id, facts, person.version - 1)
    return await scim_users.get(work, person.person_id)


async def change_user(
    person_id: UUID, change: Change, if_match: str | None, work: Work
) -> ShownUser:
    """Change a user as it is when nobody else changes it; nothing differs, nothing happens.

    Args:
        person_id: Who.
        change: Given the user as it is, returns it as it shall be.
        if_match: The versions that the caller has seen, as an If-Match header; None is any.
        work: The unit of work.

    Raises:
        NoSuchUser: There is none with this id.
        ChangedMeanwhile: The caller has seen another version.
        StaleVersion: Another writer than SCIM came between: do it again.
        UserNameTaken: The userName is somebody else's.
        NumberTaken: Somebody else has the employee number.
        AddressTaken: Somebody else who has not left has the address.
        InvalidValueException: An attribute does not make a value that can be kept.
    """
    await scim_users.lock_user(work, person_id)
    found = await scim_users.get(work, person_id)
    check_match(if_match, found.version)
    facts = await _facts(change(found.user), work)
    await scim_users.claim_name(work, facts.user_name, person_id)
    await people_handlers.replace_person(
        person_id, facts.details, work, active=facts.active, expected=found.version
    )
    await scim_users.put(work, person_id, facts, found.version)
    return await scim_users.get(work, person_id)


async def delete_user(person_id: UUID, if_match: str | None, work: Work) -> None:
    """Let a person leave, and show them to SCIM no longer.

    Raises:
        NoSuchUser: There is none with this id.
        ChangedMeanwhile: The caller has seen another version.
    """
    await scim_users.lock_user(work, person_id)
    found = await scim_users.get(work, person_id)
    check_match(if_match, found.version)
    await people_handlers.leave([person_id], work)
    await scim_users.delete(work, person_id)


async def _facts(user: Any, work: Work) -> Facts:
    """What a user says; a manager's id becomes their employee number."""
    manager = manager_of(user)
    manager_id = manager and is_id(manager)
    number = await scim_users.number_of(work, manager_id) if manager_id else None
    return facts_of(user, number or manager)
