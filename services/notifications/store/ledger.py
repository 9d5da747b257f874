"""The delivery ledger's way out: deliveries are claimed with a lease, and come back with a result.

Leases and pauses are in real time, which the caller gives; `finished_at` is the domain's.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

import asyncpg

from services.notifications.domain.letter import (
    CodedReason,
    Kind,
    Letter,
    Partner,
    Programme,
    Side,
)
from services.notifications.store.queue import settle
from shared.bus.work import Cause, Work

FALLBACK_LOCALE = "en"
FALLBACK_TIME_ZONE = "UTC"

_WHAT_IS_DUE: LiteralString = """
    SELECT EXISTS (SELECT FROM delivery WHERE state = 'due' AND next_attempt_at <= $1)
               AS deliveries,
           EXISTS (SELECT FROM delivery WHERE state = 'sending' AND lease_until <= $1) AS leases
"""

_ANY_ON_ITS_WAY: LiteralString = """
    SELECT EXISTS (SELECT FROM delivery WHERE state = 'due')
        OR EXISTS (SELECT FROM delivery WHERE state = 'sending')
"""

_EXPIRE: LiteralString = """
    UPDATE delivery SET state = 'due', lease = NULL, lease_until = NULL
    WHERE id IN (
        SELECT id FROM delivery WHERE state = 'sending' AND lease_until <= $1
        ORDER BY id FOR UPDATE SKIP LOCKED
    )
    RETURNING id
"""

_CLAIM: LiteralString = """
    WITH next AS (
        SELECT id FROM delivery WHERE state = 'due' AND next_attempt_at <= $1
        ORDER BY urgent DESC, next_attempt_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE delivery AS d SET state = 'sending', lease = $3, lease_until = $4
        FROM next WHERE d.id = next.id
        RETURNING d.*
    )
    SELECT claimed.id, claimed.kind, claimed.side, claimed.reasons, claimed.unplaced_reason,
           claimed.subject_id, claimed.participant_id, claimed.programme_id, claimed.attempts,
           claimed.first_attempt_at, claimed.void_after,
           claimed.correlation_id, claimed.causation_id, claimed.traceparent,
           coalesce(claimed.recipient_id, participant.person_id) AS person_id,
           coalesce(participant.locale, claimed.locale, anywhere.locale) AS locale,
           participant.department, claimed.closes_at, claimed.time_zone,
           contact.name, contact.email,
           programme.name AS programme, programme.starts_on, programme.ends_on,
           programme.opens_at, programme.may_end_sooner, programme.may_continue,
           programme.has_incentives,
           claimed.partner_id, partner.department AS partner_department,
           partners.name AS partner_name
    FROM claimed
    LEFT JOIN participant ON participant.participant_id = claimed.participant_id
    LEFT JOIN contact
        ON contact.person_id = coalesce(claimed.recipient_id, participant.person_id)
    LEFT JOIN LATERAL (
        SELECT locale FROM participant AS other WHERE other.person_id = claimed.recipient_id
        ORDER BY participant_id DESC LIMIT 1
    ) AS anywhere ON TRUE
    LEFT JOIN programme ON programme.programme_id = claimed.programme_id
    LEFT JOIN participant AS partner ON partner.participant_id = claimed.partner_id
    LEFT JOIN contact AS partners ON partners.person_id = partner.person_id
    ORDER BY claimed.urgent DESC, claimed.next_attempt_at, claimed.id
"""

_RECORD: LiteralString = """
    UPDATE delivery AS d
    SET state = r.state,
        attempts = d.attempts + r.tried::int,
        first_attempt_at =
            CASE WHEN r.tried THEN coalesce(d.first_attempt_at, $6) ELSE d.first_attempt_at END,
        next_attempt_at = coalesce(r.next_attempt_at, d.next_attempt_at),
        failure = r.failure,
        finished_at = CASE WHEN r.state IN ('sent', 'failed', 'cancelled')
            THEN $7::timestamptz END,
        lease = NULL,
        lease_until = NULL
    FROM unnest($1::uuid[], $2::text[], $3::bool[], $4::timestamptz[], $5::text[])
        AS r (id, state, tried, next_attempt_at, failure)
    WHERE d.id = r.id AND d.lease = $8
    RETURNING d.id
"""


class State(StrEnum):
    """Where a delivery stands; the last three are final."""

    WAITING = "waiting"
    DUE = "due"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Due:
    """Whether there are deliveries to claim, and claims that were not brought back in time."""

    deliveries: bool
    leases: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that one worker has for a while.

    Attributes:
        subject_id: What it tells of.
        participant_id: Who is told, if it is about a programme.
        person_id: Who is told; None when that is not known any more.
        programme_id: Which programme it is about; None if it is about none.
        letter: What to send; None when what it needs is not known any more.
        attempts: How often a server has put it off.
        first_attempt_at: When that was first, in real time.
        void_after: It is no use to anybody after this real time.
        cause: The story that led to it.
    """

    id: UUID
    kind: Kind
    subject_id: UUID
    participant_id: UUID | None
    person_id: UUID | None
    programme_id: UUID | None
    letter: Letter | None
    attempts: int
    first_attempt_at: datetime | None
    void_after: datetime | None
    cause: Cause


@dataclass(frozen=True, slots=True)
class Result:
    """How a claimed delivery comes back: as sent, failed, held, or due again.

    Attributes:
        tried: Whether a server was asked; an attempt is counted then.
        next_attempt_at: Not before this real time; None leaves it as it was.
        failure: Why it failed.
    """

    claim: Claim
    state: State
    tried: bool = False
    next_attempt_at: datetime | None = None
    failure: str | None = None


async def what_is_due(work: Work, at: datetime) -> Due:
    """Look whether there is something to do at this real time."""
    row = await work.connection.fetchrow(_WHAT_IS_DUE, at)
    return Due(deliveries=bool(row and row["deliveries"]), leases=bool(row and row["leases"]))


async def any_on_its_way(work: Work) -> bool:
    """Whether a delivery is due, or a worker has it."""
    return bool(await work.connection.fetchval(_ANY_ON_ITS_WAY))


async def expire_leases(work: Work, at: datetime) -> None:
    """Take back what workers claimed and did not bring back in time.

    The unit must have had its turn.
    """
    rows = await work.connection.fetch(_EXPIRE, at)
    await settle(work, [row["id"] for row in rows])


async def claim(
    work: Work, lease: UUID, *, at: datetime, until: datetime, limit: int
) -> list[Claim]:
    """Take up to `limit` due deliveries that nobody else has, in the order in which they go."""
    rows = await work.connection.fetch(_CLAIM, at, limit, lease, until)
    return [_claim(row) for row in rows]


async def record(work: Work, lease: UUID, results: Sequence[Result], at: datetime) -> list[Result]:
    """Bring claimed deliveries back; returns those that were still held under this lease.

    The unit must have had its turn if any is due again.
    """
    rows = await work.connection.fetch(
        _RECORD,
        [result.claim.id for result in results],
        [result.state for result in results],
        [result.tried for result in results],
        [result.next_attempt_at for result in results],
        [result.failure for result in results],
        at,
        work.now,
        lease,
    )
    recorded = {row["id"] for row in rows}
    kept = [result for result in results if result.claim.id in recorded]
    await settle(work, [result.claim.id for result in kept if result.state is State.DUE])
    return kept


def _claim(row: asyncpg.Record) -> Claim:
    return Claim(
        id=row["id"],
        kind=Kind(row["kind"]),
        subject_id=row["subject_id"],
        participant_id=row["participant_id"],
        person_id=row["person_id"],
        programme_id=row["programme_id"],
        letter=_letter(row) if _is_complete(row) else None,
        attempts=row["attempts"],
        first_attempt_at=row["first_attempt_at"],
        void_after=row["void_after"],
        cause=Cause(row["correlation_id"], row["causation_id"], row["traceparent"]),
    )


def _is_complete(row: asyncpg.Record) -> bool:
    partner_is_known = row["partner_id"] is None or row["partner_name"] is not None
    programme_is_known = row["programme_id"] is None or row["programme"] is not None
    return row["email"] is not None and programme_is_known and partner_is_known


def _letter(row: asyncpg.Record) -> Letter:
    return Letter(
        delivery_id=row["id"],
        kind=Kind(row["kind"]),
        name=row["name"],
        address=row["email"],
        locale=row["locale"] or FALLBACK_LOCALE,
        side=row["side"] and Side(row["side"]),
        department=row["department"],
        programme=_programme(row),
        partner=_partner(row),
        reasons=tuple(
            CodedReason(reason["term"], reason["points"], tuple(reason["codes"]))
            for reason in json.loads(row["reasons"])
        ),
        unplaced_reason=row["unplaced_reason"],
        closes_at=row["closes_at"],
        time_zone=row["time_zone"] or FALLBACK_TIME_ZONE,
    )


def _programme(row: asyncpg.Record) -> Programme | None:
    if row["programme_id"] is None:
        return None
    return Programme(
        row["programme"],
        row["starts_on"],
        row["ends_on"],
        row["opens_at"],
        row["may_end_sooner"],
        row["may_continue"],
        row["has_incentives"],
    )


def _partner(row: asyncpg.Record) -> Partner | None:
    if row["partner_id"] is None:
        return None
    return Partner(row["partner_name"], row["partner_department"])
