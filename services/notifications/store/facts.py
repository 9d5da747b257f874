"""Copies of what others tell: contacts, participants, programmes, and which pairs have ended.

Each row keeps the highest sequence of its subject; an end keeps the sequence alone.
"""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from shared.bus.reactions import Ended, Told
from shared.bus.work import Work
from tandem_events import PairEnded, ParticipantRegistered, PersonContact, ProgrammeChanged

_KEEP_CONTACTS: LiteralString = """
    INSERT INTO contact AS held (person_id, sequence, name, email)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[])
    ON CONFLICT (person_id) DO UPDATE
    SET sequence = excluded.sequence, name = excluded.name, email = excluded.email
    WHERE excluded.sequence > held.sequence
    RETURNING person_id
"""

_FORGET_CONTACTS: LiteralString = """
    INSERT INTO contact AS held (person_id, sequence)
    SELECT * FROM unnest($1::uuid[], $2::bigint[])
    ON CONFLICT (person_id) DO UPDATE
    SET sequence = excluded.sequence, name = NULL, email = NULL
    WHERE excluded.sequence > held.sequence
    RETURNING person_id
"""

_KEEP_PARTICIPANTS: LiteralString = """
    INSERT INTO participant AS held (participant_id, sequence, person_id, programme_id, role,
                                     locale, time_zone, department)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[],
                         $6::text[], $7::text[], $8::text[])
    ON CONFLICT (participant_id) DO UPDATE
    SET sequence = excluded.sequence, person_id = excluded.person_id,
        programme_id = excluded.programme_id, role = excluded.role, locale = excluded.locale,
        time_zone = excluded.time_zone, department = excluded.department
    WHERE excluded.sequence > held.sequence
"""

_FORGET_PARTICIPANTS: LiteralString = """
    INSERT INTO participant AS held (participant_id, sequence)
    SELECT * FROM unnest($1::uuid[], $2::bigint[])
    ON CONFLICT (participant_id) DO UPDATE
    SET sequence = excluded.sequence, person_id = NULL, programme_id = NULL, role = NULL,
        locale = NULL, time_zone = NULL, department = NULL
    WHERE excluded.sequence > held.sequence
"""

_KEEP_PROGRAMMES: LiteralString = """
    INSERT INTO programme AS held (programme_id, sequence, name, starts_on, ends_on, opens_at,
                                   may_end_sooner, may_continue, has_incentives, test_for)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::date[], $5::date[],
                         $6::timestamptz[], $7::bool[], $8::bool[], $9::bool[], $10::uuid[])
    ON CONFLICT (programme_id) DO UPDATE
    SET sequence = excluded.sequence, name = excluded.name, starts_on = excluded.starts_on,
        ends_on = excluded.ends_on, opens_at = excluded.opens_at,
        may_end_sooner = excluded.may_end_sooner, may_continue = excluded.may_continue,
        has_incentives = excluded.has_incentives, test_for = excluded.test_for
    WHERE excluded.sequence > held.sequence
"""

_KEEP_ENDED_PAIRS: LiteralString = """
    INSERT INTO ended_pair (pair_id, ended_at)
    SELECT * FROM unnest($1::uuid[], $2::timestamptz[])
    ON CONFLICT DO NOTHING
"""


async def keep_contacts(work: Work, told: Sequence[Told[PersonContact]]) -> list[UUID]:
    """Keep how people can be reached; returns the people of whom something is new."""
    rows = await work.connection.fetch(
        _KEEP_CONTACTS,
        [item.event.person_id for item in told],
        [item.sequence for item in told],
        [item.event.name for item in told],
        [item.event.email for item in told],
    )
    return [row["person_id"] for row in rows]


async def forget_contacts(work: Work, ended: Sequence[Ended]) -> list[UUID]:
    """Remove people's names and addresses for good; returns who was known, or new."""
    rows = await work.connection.fetch(
        _FORGET_CONTACTS,
        [UUID(item.subject) for item in ended],
        [item.sequence for item in ended],
    )
    return [row["person_id"] for row in rows]


async def keep_participants(work: Work, told: Sequence[Told[ParticipantRegistered]]) -> None:
    """Keep who takes part in what, as whom."""
    await work.connection.execute(
        _KEEP_PARTICIPANTS,
        [item.event.participant_id for item in told],
        [item.sequence for item in told],
        [item.event.person_id for item in told],
        [item.event.programme_id for item in told],
        [item.event.role for item in told],
        [item.event.locale for item in told],
        [item.event.time_zone for item in told],
        [item.event.profile.department for item in told],
    )


async def forget_participants(work: Work, ended: Sequence[Ended]) -> None:
    """Forget everything about registrations but that they were."""
    await work.connection.execute(
        _FORGET_PARTICIPANTS,
        [UUID(item.subject) for item in ended],
        [item.sequence for item in ended],
    )


async def keep_programmes(work: Work, told: Sequence[Told[ProgrammeChanged]]) -> None:
    """Keep the programmes' names, dates and rules, and for whom alone a test is."""
    await work.connection.execute(
        _KEEP_PROGRAMMES,
        [item.event.programme_id for item in told],
        [item.sequence for item in told],
        [item.event.name for item in told],
        [item.event.starts_on for item in told],
        [item.event.ends_on for item in told],
        [item.event.enrolment_opens_at for item in told],
        [item.event.policies.may_end_sooner for item in told],
        [item.event.policies.may_continue for item in told],
        [bool(item.event.incentives) for item in told],
        [item.event.test_for for item in told],
    )


async def keep_ended_pairs(work: Work, told: Sequence[Told[PairEnded]]) -> None:
    """Keep which pairs have ended, whether their beginning is known yet or not."""
    await work.connection.execute(
        _KEEP_ENDED_PAIRS,
        [item.event.pair_id for item in told],
        [item.event.ended_at for item in told],
    )
