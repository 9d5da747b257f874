"""Sign-ups in the database: drafts, answers, the waiting list; and how programmes take people."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, LiteralString
from uuid import UUID

import asyncpg

from services.intake.domain.answers import Known
from services.intake.domain.person import NoSuchPerson
from services.intake.domain.registrations import Participant
from services.intake.domain.sign_ups import Enrolment, Registered, SignUp
from services.intake.store.participants import active
from shared.bus.work import Work
from shared.ids import new_id

_ENROLMENT: LiteralString = """
    SELECT questionnaire, version, places, waits_after_close FROM enrolment WHERE programme_id = $1
"""

_PIN: LiteralString = """
    INSERT INTO enrolment (programme_id, questionnaire, version, waits_after_close)
    VALUES ($1, $2, $3, false) ON CONFLICT (programme_id) DO NOTHING
"""

_PUT_ENROLMENT: LiteralString = """
    INSERT INTO enrolment (programme_id, questionnaire, version, places, waits_after_close)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (programme_id) DO UPDATE SET
        questionnaire = excluded.questionnaire, version = excluded.version,
        places = excluded.places, waits_after_close = excluded.waits_after_close
"""

_TAKEN: LiteralString = """
    SELECT count(*) FROM participant WHERE programme_id = $1 AND withdrawn_at IS NULL
"""

_KNOWN: LiteralString = """
    SELECT department, seniority, education_level, education_field, time_zone, locale,
           working_days
    FROM person WHERE person_id = $1
"""

_SIGN_UP: LiteralString = """
    SELECT draft::text AS draft, draft_saved_at, questionnaire, version,
           sign_up.answers::text AS answers, sent_at, consent_version, consented_at, entered_by,
           waiting_since, participant_id, withdrawn_at, paused_at
    FROM (VALUES ($1::uuid, $2::uuid)) AS asked (programme_id, person_id)
    LEFT JOIN sign_up USING (programme_id, person_id)
    LEFT JOIN participant USING (programme_id, person_id)
"""

_FED: LiteralString = """
    SELECT role, capacity, wanted_departments, interests, time_zone, locale, working_days
    FROM participant WHERE programme_id = $1 AND person_id = $2 AND withdrawn_at IS NULL
"""

_SAVE_DRAFT: LiteralString = """
    INSERT INTO sign_up (programme_id, person_id, draft, draft_saved_at)
    VALUES ($1, $2, $3::text::jsonb, $4)
    ON CONFLICT (programme_id, person_id) DO UPDATE
        SET draft = excluded.draft, draft_saved_at = excluded.draft_saved_at
"""

_SEND: LiteralString = """
    INSERT INTO sign_up AS held (programme_id, person_id, questionnaire, version, answers, sent_at,
                                 consent_version, consented_at, entered_by, waiting_since)
    VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $6, $8,
            CASE WHEN $9::boolean THEN $6::timestamptz END)
    ON CONFLICT (programme_id, person_id) DO UPDATE SET
        draft = NULL, draft_saved_at = NULL, leaving_reason = NULL,
        questionnaire = excluded.questionnaire, version = excluded.version,
        answers = excluded.answers, sent_at = excluded.sent_at,
        consent_version = excluded.consent_version, consented_at = excluded.consented_at,
        entered_by = excluded.entered_by,
        waiting_since = CASE WHEN $9::boolean
            THEN coalesce(held.waiting_since, excluded.waiting_since) END
"""

_REGISTER: LiteralString = """
    INSERT INTO participant AS held (participant_id, programme_id, person_id, role, capacity,
        wanted_departments, interests, time_zone, locale, working_days, education_level,
        education_field, answers, registered_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::text::jsonb, $14)
    ON CONFLICT (programme_id, person_id) DO UPDATE SET
        role = excluded.role, capacity = excluded.capacity,
        wanted_departments = excluded.wanted_departments, interests = excluded.interests,
        time_zone = excluded.time_zone, locale = excluded.locale,
        working_days = excluded.working_days, education_level = excluded.education_level,
        education_field = excluded.education_field, answers = excluded.answers,
        registered_at = excluded.registered_at, withdrawn_at = NULL, withdrawn_because = NULL,
        paused_at = CASE WHEN held.withdrawn_at IS NULL THEN held.paused_at END
    WHERE (held.role, held.capacity, held.wanted_departments, held.interests, held.time_zone,
           held.locale, held.working_days, held.education_level, held.education_field,
           held.answers, held.withdrawn_at)
        IS DISTINCT FROM
          (excluded.role, excluded.capacity, excluded.wanted_departments, excluded.interests,
           excluded.time_zone, excluded.locale, excluded.working_days, excluded.education_level,
           excluded.education_field, excluded.answers, NULL)
    RETURNING participant_id
"""

_FIRST_WAITING: LiteralString = """
    SELECT person_id, questionnaire, version, answers::text AS answers FROM sign_up
    WHERE programme_id = $1 AND waiting_since IS NOT NULL
    ORDER BY waiting_since, person_id LIMIT $2 FOR UPDATE
"""

_WAIT_NO_LONGER: LiteralString = """
    UPDATE sign_up SET waiting_since = NULL WHERE programme_id = $1 AND person_id = $2
"""

_AHEAD: LiteralString = """
    SELECT count(*) FROM sign_up
    WHERE programme_id = $1 AND waiting_since IS NOT NULL AND (waiting_since, person_id) < ($2, $3)
"""

_FORGET: LiteralString = "DELETE FROM sign_up WHERE programme_id = $1 AND person_id = $2"

_NOTE_REASON: LiteralString = """
    INSERT INTO sign_up (programme_id, person_id, leaving_reason) VALUES ($1, $2, $3)
    ON CONFLICT (programme_id, person_id) DO UPDATE SET leaving_reason = excluded.leaving_reason
"""

_PAUSE: LiteralString = """
    UPDATE participant SET paused_at = $2
    WHERE participant_id = $1 AND (paused_at IS NULL) <> ($2::timestamptz IS NULL)
    RETURNING participant_id
"""

_PLACE: LiteralString = """
    SELECT programme_id, person_id FROM participant WHERE participant_id = $1
"""

_OFFERED: LiteralString = """
    SELECT programme.programme_id, name, state, enrolment_closes_at, starts_on, ends_on,
           draft IS NOT NULL AS drafted, waiting_since,
           participant_id, withdrawn_at, paused_at,
           coalesce(waits_after_close, false) AS waits_after_close
    FROM programme
    LEFT JOIN enrolment ON enrolment.programme_id = programme.programme_id
    LEFT JOIN sign_up ON sign_up.programme_id = programme.programme_id
        AND sign_up.person_id = $1
    LEFT JOIN participant ON participant.programme_id = programme.programme_id
        AND participant.person_id = $1
    WHERE state IN ('open', 'closed', 'running')
    ORDER BY enrolment_closes_at, programme.programme_id
"""

_PAGE: LiteralString = """
    SELECT person.person_id, person.name, person.department, participant.role, draft_saved_at,
           sent_at, entered_by, waiting_since, participant_id, withdrawn_at, paused_at,
           draft IS NOT NULL AS drafted
    FROM person
    LEFT JOIN sign_up ON sign_up.person_id = person.person_id AND sign_up.programme_id = $1
    LEFT JOIN participant ON participant.person_id = person.person_id
        AND participant.programme_id = $1
    WHERE ($2::uuid IS NULL OR person.person_id > $2)
        AND (NOT $4 OR sign_up.person_id IS NOT NULL OR participant_id IS NOT NULL)
    ORDER BY person.person_id LIMIT $3
"""


async def enrolment_of(work: Work, programme_id: UUID) -> Enrolment | None:
    """How a programme takes people in, if that has been settled."""
    row = await work.connection.fetchrow(_ENROLMENT, programme_id)
    return None if row is None else Enrolment(**row)


async def settled_enrolment(
    work: Work, programme_id: UUID, otherwise: Enrolment, *, alone: bool = False
) -> Enrolment:
    """How a programme takes people in, settled now if it was not, and held until this unit ends.

    Where places are counted, one unit at a time may go on; `alone` asks for that in any case.
    """
    held = await enrolment_of(work, programme_id)
    if held is None:
        await work.connection.execute(
            _PIN, programme_id, otherwise.questionnaire, otherwise.version
        )
    is_counted = held is not None and held.places is not None
    lock: LiteralString = " FOR UPDATE" if alone or is_counted else " FOR SHARE"
    row = await work.connection.fetchrow(_ENROLMENT + lock, programme_id)
    assert row is not None  # noqa: S101 - it was there, or has just been put there
    return Enrolment(**row)


async def put_enrolment(work: Work, programme_id: UUID, enrolment: Enrolment) -> None:
    """Settle how a programme takes people in."""
    await work.connection.execute(_PUT_ENROLMENT, programme_id, *asdict(enrolment).values())


async def taken(work: Work, programme_id: UUID) -> int:
    """How many take part."""
    return int(await work.connection.fetchval(_TAKEN, programme_id))


async def known_of(work: Work, person_id: UUID) -> Known:
    """What HR knows of a person.

    Raises:
        NoSuchPerson: There is nobody of this id.
    """
    row = await work.connection.fetchrow(_KNOWN, person_id)
    if row is None:
        raise NoSuchPerson
    return Known(**{**row, "working_days": tuple(row["working_days"])})


async def sign_up_of(work: Work, programme_id: UUID, person_id: UUID) -> SignUp:
    """What a person has written down for a programme, and where it has led."""
    row = await work.connection.fetchrow(_SIGN_UP, programme_id, person_id)
    assert row is not None  # noqa: S101 - outer joins to one row
    values = dict(row)
    for name in ("draft", "answers"):
        values[name] = None if values[name] is None else json.loads(values[name])
    return SignUp(**values)


async def registered_values(work: Work, programme_id: UUID, person_id: UUID) -> dict[str, Any]:
    """What is registered of a person, by what feeds it; nothing of who does not take part."""
    row = await work.connection.fetchrow(_FED, programme_id, person_id)
    return {} if row is None else dict(row)


async def save_draft(
    work: Work, programme_id: UUID, person_id: UUID, answers: Mapping[str, Any]
) -> None:
    """Keep answers for later."""
    await work.connection.execute(_SAVE_DRAFT, programme_id, person_id, _json(answers), work.now)


async def send(  # noqa: PLR0913, PLR0917 - all that is kept of what was sent
    work: Work,
    programme_id: UUID,
    person_id: UUID,
    enrolment: Enrolment,
    answers: Mapping[str, Any],
    consent_version: str,
    entered_by: str | None,
    *,
    waits: bool,
) -> None:
    """Keep answers that were sent; who waits already keeps their place in the queue."""
    await work.connection.execute(
        _SEND, programme_id, person_id, enrolment.questionnaire, enrolment.version,
        _json(answers), work.now, consent_version, entered_by, waits,
    )  # fmt: skip


async def register(
    work: Work, programme_id: UUID, person_id: UUID, registered: Registered
) -> Participant | None:
    """Let somebody take part, or take part otherwise; None if that says nothing new."""
    *values, codes, numbers = registered
    answers = _json({"codes": codes, "numbers": numbers}) if codes or numbers else "{}"
    participant_id = await work.connection.fetchval(
        _REGISTER, new_id(), programme_id, person_id, *values, answers, work.now
    )
    if participant_id is None:
        return None
    [participant] = await active(work, [participant_id])
    return participant


async def first_waiting(
    work: Work, programme_id: UUID, most: int
) -> Sequence[tuple[UUID, str, int, dict[str, Any]]]:
    """The first of the queue: who, and what they answered to which version of a questionnaire."""
    rows = await work.connection.fetch(_FIRST_WAITING, programme_id, most)
    return [
        (row["person_id"], row["questionnaire"], row["version"], json.loads(row["answers"]))
        for row in rows
    ]


async def wait_no_longer(work: Work, programme_id: UUID, person_id: UUID) -> None:
    """Take somebody off the waiting list; their answers stay."""
    await work.connection.execute(_WAIT_NO_LONGER, programme_id, person_id)


async def ahead_of(work: Work, programme_id: UUID, person_id: UUID, held: SignUp) -> int | None:
    """How many wait in front of somebody; None for who does not wait."""
    if held.waiting_since is None:
        return None
    return int(await work.connection.fetchval(_AHEAD, programme_id, held.waiting_since, person_id))


async def forget(work: Work, programme_id: UUID, person_id: UUID) -> None:
    """Forget what a person wrote down for a programme."""
    await work.connection.execute(_FORGET, programme_id, person_id)


async def note_reason(work: Work, programme_id: UUID, person_id: UUID, reason: str) -> None:
    """Keep why somebody left, in their own words; nobody is told."""
    await work.connection.execute(_NOTE_REASON, programme_id, person_id, reason)


async def pause(work: Work, participant_id: UUID, *, paused: bool) -> Participant | None:
    """Let a participant pause, or come back; None if that is so already."""
    changed = await work.connection.fetchval(_PAUSE, participant_id, work.now if paused else None)
    if changed is None:
        return None
    [participant] = await active(work, [participant_id])
    return participant


async def place_of(work: Work, participant_id: UUID) -> tuple[UUID, UUID] | None:
    """The programme and the person of a participant; None if there is no such."""
    row = await work.connection.fetchrow(_PLACE, participant_id)
    return None if row is None else (row["programme_id"], row["person_id"])


async def offered_to(work: Work, person_id: UUID) -> list[asyncpg.Record]:
    """The programmes that are going on, and how a person stands to each."""
    return list(await work.connection.fetch(_OFFERED, person_id))


async def page(
    work: Work, programme_id: UUID, after: UUID | None, limit: int, *, answered: bool
) -> list[asyncpg.Record]:
    """People in the order of their ids, and how each stands to a programme."""
    return list(await work.connection.fetch(_PAGE, programme_id, after, limit, answered))


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
