"""What the API shows of the ledger: ids, states and counts, no names and no addresses."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from services.notifications.store.queue import settle, take_turn
from shared.bus.work import Work

_LIST: LiteralString = """
    SELECT d.id, d.kind, d.subject_id, d.programme_id, d.participant_id, d.state, d.attempts,
           d.failure, d.finished_at
    FROM delivery AS d
    WHERE d.programme_id = $1 AND ($2::text IS NULL OR d.state = $2)
        AND ($3::uuid IS NULL OR d.id > $3)
    ORDER BY d.id LIMIT $4
"""

_COUNTS: LiteralString = """
    SELECT kind, state, count(*) AS deliveries FROM delivery
    WHERE programme_id = $1 GROUP BY kind, state ORDER BY kind, state
"""

_RETRY: LiteralString = """
    UPDATE delivery
    SET state = 'due', failure = NULL, finished_at = NULL, attempts = 0, first_attempt_at = NULL,
        next_attempt_at = '-infinity'
    WHERE id = $1 AND state = 'failed'
    RETURNING id
"""

_STATE: LiteralString = "SELECT state FROM delivery WHERE id = $1"


class DeliveryUnknown(LookupError):
    """There is no delivery of this id."""

    def __init__(self, delivery_id: UUID) -> None:
        self.delivery_id = delivery_id
        super().__init__(f"There is no delivery {delivery_id}.")


class NotFailed(ValueError):
    """Only a delivery that has failed can be tried again by hand."""

    def __init__(self, delivery_id: UUID, state: str) -> None:
        self.delivery_id = delivery_id
        self.state = state
        super().__init__(f"Delivery {delivery_id} has not failed: it is {state}.")


async def deliveries(
    work: Work, programme_id: UUID, *, state: str | None, after: UUID | None, limit: int
) -> Sequence[asyncpg.Record]:
    """A programme's deliveries in the order in which they were queued, a page at a time."""
    return await work.connection.fetch(_LIST, programme_id, state, after, limit)


async def counts(work: Work, programme_id: UUID) -> Sequence[asyncpg.Record]:
    """How many of a programme's deliveries there are of each kind and state."""
    return await work.connection.fetch(_COUNTS, programme_id)


async def retry(work: Work, delivery_id: UUID) -> None:
    """Have a failed delivery tried again from the beginning.

    Raises:
        DeliveryUnknown: There is none of this id.
        NotFailed: It is in another state.
    """
    await take_turn(work)
    if await work.connection.fetchval(_RETRY, delivery_id) is None:
        state = await work.connection.fetchval(_STATE, delivery_id)
        raise NotFailed(delivery_id, state) if state else DeliveryUnknown(delivery_id)
    await settle(work, [delivery_id])
