"""The waiting lists in the database, for many people at a time."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from shared.bus.work import Work

_LEAVE: LiteralString = """
    DELETE FROM sign_up WHERE person_id = ANY($1) AND waiting_since IS NOT NULL
"""

_END_BY_FILE: LiteralString = """
    UPDATE sign_up SET waiting_since = NULL FROM staged_registration AS staged
    WHERE sign_up.programme_id = $1 AND sign_up.person_id = staged.person_id
        AND waiting_since IS NOT NULL
"""


async def leave(work: Work, person_ids: Sequence[UUID]) -> None:
    """Let people wait for no programme any more, and forget what they had answered."""
    await work.connection.execute(_LEAVE, person_ids)


async def end_by_file(work: Work, programme_id: UUID) -> None:
    """Let those wait no longer whom the staged registrations let take part."""
    await work.connection.execute(_END_BY_FILE, programme_id)
