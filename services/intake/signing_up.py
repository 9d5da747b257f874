"""What intake does when somebody signs up, waits, pauses or leaves: decide, record, tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.intake import handlers
from services.intake.domain.answers import Known, form_for
from services.intake.domain.answers import drafted as draft_of
from services.intake.domain.programmes import NoSuchProgramme, Programme, State
from services.intake.domain.questionnaires import Questionnaire
from services.intake.domain.registrations import NoSuchParticipant, Withdrawal, told
from services.intake.domain.sign_ups import (
    DEFAULT,
    Enrolment,
    NotTakingPart,
    SignUp,
    Standing,
    Way,
    checked_sign_up,
    registration_of,
    way_in,
)
from services.intake.store import people as people_store
from services.intake.store import programmes as programme_store
from services.intake.store import questionnaires, sign_ups
from shared.bus.store import audit
from shared.bus.work import Work
from shared.ids import new_id

_TAKING_PART = (Standing.REGISTERED, Standing.PAUSED)
_GOING_ON = (State.OPEN, State.CLOSED, State.RUNNING)
_EVERYBODY = 100_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """All there is about one person and one programme.

    Attributes:
        form: The questionnaire as this person is asked it.
        taken: How many take part; 0 where no limit makes it matter.
    """

    programme: Programme
    enrolment: Enrolment
    questionnaire: Questionnaire
    form: Questionnaire
    known: Known
    held: SignUp
    taken: int


@dataclass(frozen=True, slots=True)
class Submission:
    """Answers as they are sent.

    Attributes:
        consent: The version of the consent that was given.
        entered_by: The coordinator who enters them after a talk; None for the person.
    """

    answers: Mapping[str, Any]
    consent: str | None
    entered_by: str | None = None


async def sheet_of(programme_id: UUID, person_id: UUID, work: Work) -> Sheet:
    """Look at a person's sheet.

    Raises:
        NoSuchProgramme: There is none that people may see.
        NoSuchPerson: There is nobody of this id.
    """
    programme = await programme_store.get(work, programme_id)
    enrolment = await enrolment_of(programme_id, work)
    return await _sheet(programme, enrolment, person_id, work)


async def enrolment_of(programme_id: UUID, work: Work) -> Enrolment:
    """How a programme takes people in; what is built in as long as nothing has been settled."""
    return await sign_ups.enrolment_of(work, programme_id) or _built_in()


async def save_draft(
    programme_id: UUID, person_id: UUID, answers: Mapping[str, Any], work: Work
) -> None:
    """Keep answers for later, right or wrong.

    Raises:
        NoSuchProgramme: There is none that people may see.
        NotOpen: Nobody can sign up in it now.
        AnswersRefused: Something can't be kept at all.
    """
    sheet = await _held_sheet(programme_id, person_id, work)
    _way(sheet, work)
    await sign_ups.save_draft(work, programme_id, person_id, draft_of(sheet.form, answers))


async def sign_up(
    programme_id: UUID, person_id: UUID, submission: Submission, work: Work
) -> Standing:
    """Let somebody take part, or wait, by their answers; tell of who takes part.

    Raises:
        NoSuchProgramme: There is none that people may see.
        NotOpen: Nobody can sign up in it now.
        AnswersRefused: An answer is missing or wrong, or the consent is.
    """
    await people_store.lock_against_imports(work)
    sheet = await _held_sheet(programme_id, person_id, work)
    way = _way(sheet, work)
    answers = checked_sign_up(sheet.form, submission.answers, submission.consent)
    await sign_ups.send(
        work, programme_id, person_id, sheet.enrolment, answers, str(submission.consent),
        submission.entered_by, waits=way is Way.WAIT,
    )  # fmt: skip
    if submission.entered_by is not None:
        await _note_who_entered(programme_id, person_id, submission.entered_by, work)
    if way is Way.WAIT:
        return Standing.WAITING
    await _register(sheet.programme, person_id, sheet.questionnaire, answers, work)
    return Standing.PAUSED if sheet.held.standing is Standing.PAUSED else Standing.REGISTERED


async def leave(programme_id: UUID, person_id: UUID, reason: str | None, work: Work) -> None:
    """Let somebody leave by their own wish; the reason in words is kept here and told nobody.

    Raises:
        NoSuchProgramme: There is none that people may see.
        NotTakingPart: They neither take part nor wait.
    """
    await people_store.lock_against_imports(work)
    sheet = await _held_sheet(programme_id, person_id, work, alone=True)
    if sheet.held.standing is Standing.WAITING:
        await sign_ups.forget(work, programme_id, person_id)
        return
    participant_id = _participant(sheet.held)
    await handlers.withdraw(participant_id, Withdrawal.OWN_WISH, work)
    if reason is not None:
        await sign_ups.note_reason(work, programme_id, person_id, reason)
    await move_up(sheet.programme, sheet.enrolment, 1, work)


async def withdraw(participant_id: UUID, reason: Withdrawal, work: Work) -> None:
    """Let a participant leave, and give their place to the first who waits.

    Raises:
        NoSuchParticipant: There is none with this id.
        AlreadyWithdrawn: They have left before.
    """
    await people_store.lock_against_imports(work)
    place = await sign_ups.place_of(work, participant_id)
    if place is None:
        raise NoSuchParticipant(participant_id)
    programme, enrolment = await _alone_with(place[0], work)
    await handlers.withdraw(participant_id, reason, work)
    await move_up(programme, enrolment, 1, work)


async def give_places(programme_id: UUID, number: int, work: Work) -> None:
    """Give places that have become free to the first who wait."""
    programme, enrolment = await _alone_with(programme_id, work)
    await move_up(programme, enrolment, number, work)


async def pause(programme_id: UUID, person_id: UUID, work: Work, *, paused: bool) -> None:
    """Let a participant get no new pair for now, or again; tell of it if that differs.

    Raises:
        NoSuchProgramme: There is none that people may see.
        NotTakingPart: They do not take part.
    """
    await people_store.lock_against_imports(work)
    sheet = await _held_sheet(programme_id, person_id, work)
    participant = await sign_ups.pause(work, _participant(sheet.held), paused=paused)
    if participant is not None:
        work.publish(told(participant))


async def put_enrolment(programme_id: UUID, enrolment: Enrolment, work: Work) -> Enrolment:
    """Settle how a programme takes people in; new places go to those who wait.

    Raises:
        NoSuchProgramme: There is none with this id.
        NoSuchQuestionnaire: There is no such version.
        NotPublished: It is a draft.
    """
    await people_store.lock_against_imports(work)
    programme = await programme_store.get_to_lean_on(work, programme_id)
    await questionnaires.published(work, enrolment.questionnaire, enrolment.version)
    before = await sign_ups.settled_enrolment(work, programme_id, _built_in(), alone=True)
    await sign_ups.put_enrolment(work, programme_id, enrolment)
    if before.places is not None and before.places != enrolment.places:
        await move_up(programme, enrolment, _EVERYBODY, work)
    return enrolment


async def move_up(programme: Programme, enrolment: Enrolment, most: int, work: Work) -> None:
    """Let the first who wait take part, as far as there are places.

    Args:
        programme: Held by this unit, as is its enrolment.
        enrolment: How it takes people in.
        most: How many places have become free, if there is no limit.
        work: The unit.
    """
    if programme.state not in _GOING_ON:
        return
    programme_id = programme.programme_id
    free = enrolment.free(await _taken(programme_id, enrolment, work))
    number = most if free is None else min(free, most)
    for person_id, code, version, answers in await sign_ups.first_waiting(
        work, programme_id, number
    ):
        questionnaire = await questionnaires.published(work, code, version)
        await sign_ups.wait_no_longer(work, programme_id, person_id)
        read = {name: tuple(v) if isinstance(v, list) else v for name, v in answers.items()}
        await _register(programme, person_id, questionnaire, read, work)


async def _alone_with(programme_id: UUID, work: Work) -> tuple[Programme, Enrolment]:
    programme = await programme_store.get_to_lean_on(work, programme_id)
    enrolment = await sign_ups.settled_enrolment(work, programme_id, _built_in(), alone=True)
    return programme, enrolment


async def _held_sheet(
    programme_id: UUID, person_id: UUID, work: Work, *, alone: bool = False
) -> Sheet:
    programme = await programme_store.get_to_lean_on(work, programme_id)
    enrolment = await sign_ups.settled_enrolment(work, programme_id, _built_in(), alone=alone)
    return await _sheet(programme, enrolment, person_id, work)


async def _sheet(programme: Programme, enrolment: Enrolment, person_id: UUID, work: Work) -> Sheet:
    programme_id = programme.programme_id
    if programme.state is State.DRAFT:
        raise NoSuchProgramme(programme_id)
    known = await sign_ups.known_of(work, person_id)
    questionnaire = await questionnaires.published(work, enrolment.questionnaire, enrolment.version)
    lists = await questionnaires.company_lists(work, questionnaire)
    return Sheet(
        programme=programme,
        enrolment=enrolment,
        questionnaire=questionnaire,
        form=form_for(questionnaire, lists, known),
        known=known,
        held=await sign_ups.sign_up_of(work, programme_id, person_id),
        taken=await _taken(programme_id, enrolment, work),
    )


async def _taken(programme_id: UUID, enrolment: Enrolment, work: Work) -> int:
    """How many take part, if it matters."""
    return 0 if enrolment.places is None else await sign_ups.taken(work, programme_id)


async def _register(
    programme: Programme,
    person_id: UUID,
    questionnaire: Questionnaire,
    answers: Mapping[str, Any],
    work: Work,
) -> None:
    known = await sign_ups.known_of(work, person_id)
    of_a_mentor = programme.policies.mentor_capacity
    registered = registration_of(questionnaire, answers, known, of_a_mentor)
    participant = await sign_ups.register(work, programme.programme_id, person_id, registered)
    if participant is not None:
        work.publish(told(participant))


async def _note_who_entered(programme_id: UUID, person_id: UUID, who: str, work: Work) -> None:
    details = {"programme_id": str(programme_id)}
    action, at = "sign-up.entered", datetime.now(UTC)
    entry = audit.Entry(new_id(), at, who, action, str(person_id), details)
    await audit.note(work.connection, entry)


def _way(sheet: Sheet, work: Work) -> Way:
    return way_in(sheet.programme, sheet.enrolment, sheet.taken, sheet.held.standing, work.now)


def _participant(held: SignUp) -> UUID:
    if held.standing not in _TAKING_PART or held.participant_id is None:
        raise NotTakingPart
    return held.participant_id


def _built_in() -> Enrolment:
    return Enrolment(DEFAULT, questionnaires.newest_built_in(DEFAULT))
