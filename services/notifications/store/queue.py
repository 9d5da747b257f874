"""The delivery ledger's way in: what is queued, and whether it waits, is due or is cancelled.

`_SETTLE` is the one place that decides this, from the facts as they stand, whichever came first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from services.notifications.domain.letter import Kind, Side
from shared.bus.work import Cause, Work

CHANNEL = "deliveries"
"""Workers that send are woken here."""

# Two units that each see only their own half of what completes a delivery would both leave it
# waiting. Whoever adds deliveries or facts takes this lock before anything else in its unit.
_ONE_AT_A_TIME: LiteralString = (
    "SELECT pg_advisory_xact_lock(hashtext('tandem.notifications.settle'))"
)

_ENQUEUE: LiteralString = """
    INSERT INTO delivery (id, kind, subject_id, programme_id, participant_id, side, partner_id,
                          pair_id, reasons, unplaced_reason, correlation_id, causation_id,
                          traceparent)
    SELECT id, kind, subject_id, programme_id, participant_id, side, partner_id, pair_id,
           reasons::jsonb, unplaced_reason, correlation_id, causation_id, traceparent
    FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[],
                $7::uuid[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::text[],
                $13::text[])
        AS d (id, kind, subject_id, programme_id, participant_id, side, partner_id, pair_id,
              reasons, unplaced_reason, correlation_id, causation_id, traceparent)
    ORDER BY kind, subject_id, participant_id
    ON CONFLICT DO NOTHING
    RETURNING id
"""

_ENQUEUE_TO_PERSON: LiteralString = """
    INSERT INTO delivery (id, kind, subject_id, recipient_id, reasons, urgent, void_after,
                          correlation_id, causation_id, traceparent)
    VALUES ($1, $2, $3, $4, '[]', TRUE, $5, $6, $7, $8)
    ON CONFLICT DO NOTHING RETURNING id
"""

_ENQUEUE_INVITATIONS: LiteralString = """
    INSERT INTO delivery (id, kind, subject_id, programme_id, recipient_id, closes_at, time_zone,
                          locale, reasons, correlation_id, causation_id, traceparent)
    SELECT id, kind, subject_id, programme_id, recipient_id, closes_at, time_zone, locale, '[]',
           correlation_id, causation_id, traceparent
    FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[],
                $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
        AS d (id, kind, subject_id, programme_id, recipient_id, closes_at, time_zone, locale,
              correlation_id, causation_id, traceparent)
    ORDER BY kind, subject_id, recipient_id
    ON CONFLICT DO NOTHING
    RETURNING id
"""

_SETTLE: LiteralString = """
    WITH known AS (
        SELECT d.id, d.kind, d.state,
               ended.pair_id IS NOT NULL
                   OR coalesce(programme.test_for
                       <> coalesce(d.recipient_id, participant.person_id), FALSE)
                   OR (d.closes_at IS NOT NULL AND EXISTS (
                       SELECT FROM participant AS own WHERE own.person_id = d.recipient_id
                           AND own.programme_id = d.programme_id)) AS is_over,
               contact.email IS NOT NULL
                   AND (d.programme_id IS NULL OR programme.programme_id IS NOT NULL)
                   AND (d.partner_id IS NULL OR partners.email IS NOT NULL) AS is_complete
        FROM delivery AS d
        LEFT JOIN ended_pair AS ended ON ended.pair_id =
            CASE d.kind WHEN 'pair-formed' THEN d.subject_id ELSE d.pair_id END
        LEFT JOIN participant ON participant.participant_id = d.participant_id
        LEFT JOIN contact ON contact.person_id = coalesce(d.recipient_id, participant.person_id)
        LEFT JOIN programme ON programme.programme_id = d.programme_id
        LEFT JOIN participant AS partner ON partner.participant_id = d.partner_id
        LEFT JOIN contact AS partners ON partners.person_id = partner.person_id
        WHERE d.id = ANY($1) AND d.state IN ('waiting', 'due', 'held')
    ), settled AS (
        SELECT id, CASE WHEN is_over THEN 'cancelled' WHEN is_complete THEN 'due'
                        ELSE 'waiting' END AS state
        FROM known
    ), locked AS (
        SELECT d.id, settled.state FROM delivery AS d JOIN settled USING (id)
        WHERE d.state <> settled.state AND d.state IN ('waiting', 'due', 'held')
        ORDER BY d.id FOR NO KEY UPDATE OF d
    )
    UPDATE delivery AS d
    SET state = locked.state,
        finished_at = CASE WHEN locked.state = 'cancelled' THEN $2::timestamptz END
    FROM locked WHERE d.id = locked.id AND d.state IN ('waiting', 'due', 'held')
"""

_RESTING_OF_PEOPLE: LiteralString = """
    SELECT d.id FROM participant
    JOIN delivery AS d USING (participant_id)
    WHERE participant.person_id = ANY($1) AND d.state IN ('waiting', 'due', 'held')
    UNION
    SELECT d.id FROM participant
    JOIN delivery AS d ON d.partner_id = participant.participant_id
    WHERE participant.person_id = ANY($1) AND d.state IN ('waiting', 'due', 'held')
    UNION
    SELECT id FROM delivery
    WHERE recipient_id = ANY($1) AND state IN ('waiting', 'due', 'held')
"""

_RESTING_OF_PARTICIPANTS: LiteralString = """
    SELECT id FROM delivery
    WHERE participant_id = ANY($1) AND state IN ('waiting', 'due', 'held')
    UNION
    SELECT id FROM delivery
    WHERE partner_id = ANY($1) AND state IN ('waiting', 'due', 'held')
    UNION
    SELECT d.id FROM participant
    JOIN delivery AS d ON d.recipient_id = participant.person_id
    WHERE participant.participant_id = ANY($1) AND d.state IN ('waiting', 'due', 'held')
"""

_WAITING_OF_PROGRAMMES: LiteralString = """
    SELECT id FROM delivery WHERE programme_id = ANY($1) AND state = 'waiting'
"""

_RESTING_OF_PAIRS: LiteralString = """
    SELECT id FROM delivery
    WHERE kind = 'pair-formed' AND subject_id = ANY($1) AND state IN ('waiting', 'due', 'held')
    UNION
    SELECT id FROM delivery
    WHERE pair_id = ANY($1) AND state IN ('waiting', 'due', 'held')
"""

_FORGET_SIGN_INS: LiteralString = """
    DELETE FROM delivery WHERE kind = 'sign-in' AND void_after < $1 AND state <> 'sending'
"""

_RELEASE_HELD: LiteralString = "UPDATE delivery SET state = 'due' WHERE state = 'held'"


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One person to be told one thing.

    Attributes:
        subject_id: What they are told of: the pair, the match run or the check-in.
        side: What they are in the pair; None if it goes by a word that is not known here.
        pair_id: It is void when this pair ends; the one it tells of, where `subject_id` is not.
        reasons: Why the pair was matched, as a JSON array of coded reasons.
        cause: The story that this delivery continues.
    """

    id: UUID
    kind: Kind
    subject_id: UUID
    programme_id: UUID
    participant_id: UUID
    side: Side | None
    cause: Cause
    partner_id: UUID | None = None
    pair_id: UUID | None = None
    reasons: str = "[]"
    unplaced_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ToPerson:
    """One person to be told something at once that no programme is concerned with.

    Attributes:
        void_after: It is no use to anybody after this real time.
    """

    id: UUID
    kind: Kind
    subject_id: UUID
    person_id: UUID
    void_after: datetime
    cause: Cause


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """One person to be told that they can join a programme.

    Attributes:
        closes_at: Until when they can sign up.
        time_zone: Where they are.
        locale: In which language they read.
    """

    id: UUID
    kind: Kind
    subject_id: UUID
    programme_id: UUID
    person_id: UUID
    closes_at: datetime
    time_zone: str
    locale: str
    cause: Cause


async def take_turn(work: Work) -> None:
    """Wait until no other unit changes what deliveries depend on; call it first in the unit."""
    await work.connection.execute(_ONE_AT_A_TIME)


async def enqueue(work: Work, deliveries: Sequence[NewDelivery]) -> None:
    """Queue what is not queued yet; nobody is told the same thing twice."""
    rows = await work.connection.fetch(
        _ENQUEUE,
        [d.id for d in deliveries],
        [d.kind for d in deliveries],
        [d.subject_id for d in deliveries],
        [d.programme_id for d in deliveries],
        [d.participant_id for d in deliveries],
        [d.side for d in deliveries],
        [d.partner_id for d in deliveries],
        [d.pair_id for d in deliveries],
        [d.reasons for d in deliveries],
        [d.unplaced_reason for d in deliveries],
        [d.cause.correlation_id for d in deliveries],
        [d.cause.causation_id for d in deliveries],
        [d.cause.traceparent for d in deliveries],
    )
    await settle(work, [row["id"] for row in rows])


async def enqueue_invitations(work: Work, invitations: Sequence[NewInvitation]) -> None:
    """Queue what is not queued yet; nobody is told the same thing twice."""
    rows = await work.connection.fetch(
        _ENQUEUE_INVITATIONS,
        [d.id for d in invitations],
        [d.kind for d in invitations],
        [d.subject_id for d in invitations],
        [d.programme_id for d in invitations],
        [d.person_id for d in invitations],
        [d.closes_at for d in invitations],
        [d.time_zone for d in invitations],
        [d.locale for d in invitations],
        [d.cause.correlation_id for d in invitations],
        [d.cause.causation_id for d in invitations],
        [d.cause.traceparent for d in invitations],
    )
    await settle(work, [row["id"] for row in rows])


async def enqueue_to_person(work: Work, delivery: ToPerson) -> None:
    """Queue what somebody waits for, before everything else."""
    queued = await work.connection.fetchval(
        _ENQUEUE_TO_PERSON,
        delivery.id,
        delivery.kind,
        delivery.subject_id,
        delivery.person_id,
        delivery.void_after,
        delivery.cause.correlation_id,
        delivery.cause.causation_id,
        delivery.cause.traceparent,
    )
    if queued is not None:
        await settle(work, [queued])


async def settle_those_of_people(work: Work, person_ids: Sequence[UUID]) -> None:
    """Decide anew on the deliveries that go to these people or name them."""
    await _settle_found(work, _RESTING_OF_PEOPLE, person_ids)


async def settle_those_of_participants(work: Work, participant_ids: Sequence[UUID]) -> None:
    """Decide anew on the deliveries that go to these participants or name them."""
    await _settle_found(work, _RESTING_OF_PARTICIPANTS, participant_ids)


async def settle_those_of_programmes(work: Work, programme_ids: Sequence[UUID]) -> None:
    """Decide anew on the deliveries that wait to hear of these programmes."""
    await _settle_found(work, _WAITING_OF_PROGRAMMES, programme_ids)


async def settle_those_of_pairs(work: Work, pair_ids: Sequence[UUID]) -> None:
    """Decide anew on the deliveries that tell of these pairs."""
    await _settle_found(work, _RESTING_OF_PAIRS, pair_ids)


async def settle(work: Work, delivery_ids: Sequence[UUID]) -> None:
    """Decide which of these deliveries wait, are due or are cancelled, and wake the senders.

    A delivery that is on its way or finished is left alone. The unit must have had its turn.
    """
    if delivery_ids:
        await work.connection.execute(_SETTLE, delivery_ids, work.now)
        work.wake(CHANNEL)


async def release_held(work: Work) -> None:
    """Have every held delivery looked at again: the list of safe mode may have changed."""
    await work.connection.execute(_RELEASE_HELD)


async def forget_sign_ins(work: Work, void_before: datetime) -> None:
    """Delete what the ledger holds of sign-ins that were of no use any more by this real time."""
    await work.connection.execute(_FORGET_SIGN_INS, void_before)


async def _settle_found(work: Work, found_by: LiteralString, ids: Sequence[UUID]) -> None:
    rows = await work.connection.fetch(found_by, ids)
    await settle(work, [row["id"] for row in rows])
