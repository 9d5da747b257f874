"""Check-ins: announced, answered; and the sessions that answers tell of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

import asyncpg

from services.checkins.domain.answers import Answers
from services.checkins.domain.errors import CheckinsError
from services.checkins.domain.rounds import end_of_programme
from services.checkins.store.turns import Turn
from shared.bus.work import Work

_ANNOUNCE: LiteralString = """
    INSERT INTO checkin (checkin_id, pair_id, programme_id, participant_id, partner_id, round,
                         due_at, announced_at)
    SELECT c.*, $8 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[],
                               $6::smallint[], $7::timestamptz[]) AS c
"""

_FIELDS: LiteralString = """
    SELECT checkin_id, pair_id, checkin.programme_id, participant_id, person_id,
           checkin.partner_id, round, checkin.due_at, answered_at, lesson, goal, goal_rating, met,
           rating AS session_rating, last_goal, turn.due_at AS next_due_at,
           coalesce(turn.time_zone, participant.time_zone) AS time_zone,
           pair.ended_at AS pair_ended_at, programme.ends_on AS programme_ends_on,
           NOT EXISTS (
               SELECT FROM checkin AS later
               WHERE later.pair_id = checkin.pair_id
                   AND later.participant_id = checkin.participant_id
                   AND later.round > checkin.round
           ) AS is_newest
    FROM checkin
    JOIN pair USING (pair_id)
    LEFT JOIN programme ON programme.programme_id = checkin.programme_id
    LEFT JOIN participant USING (participant_id)
    LEFT JOIN turn USING (pair_id, participant_id)
    LEFT JOIN session_rating USING (session_id, participant_id)
    LEFT JOIN LATERAL (
        SELECT goal FROM checkin AS earlier
        WHERE earlier.pair_id = checkin.pair_id
            AND earlier.participant_id = checkin.participant_id
            AND earlier.round < checkin.round AND earlier.answered_at IS NOT NULL
        ORDER BY earlier.round DESC LIMIT 1
    ) AS last_answered (last_goal) ON TRUE
"""

_ONE: LiteralString = _FIELDS + " WHERE checkin_id = $1"

_ONE_TO_ANSWER: LiteralString = "SELECT FROM checkin WHERE checkin_id = $1 FOR UPDATE"

_OF_PERSON: LiteralString = (
    _FIELDS + " WHERE person_id = $1 ORDER BY checkin.due_at DESC, checkin_id LIMIT $2"
)

_NEXT_OF_PERSON: LiteralString = """
    SELECT due_at, turn.time_zone FROM participant JOIN turn USING (participant_id)
    WHERE person_id = $1 AND due_at IS NOT NULL ORDER BY due_at LIMIT 1
"""

_ANSWER: LiteralString = """
    UPDATE checkin SET answered_at = $2, lesson = $3, goal = $4, goal_rating = $5, met = $6,
        session_id = $7
    WHERE checkin_id = $1
"""

_SESSION: LiteralString = """
    INSERT INTO session AS held (session_id, pair_id, programme_id, round) VALUES ($1, $2, $3, $4)
    ON CONFLICT (pair_id, round) DO UPDATE SET round = held.round
    RETURNING session_id
"""

_RATE: LiteralString = """
    INSERT INTO session_rating (session_id, participant_id, rating, rated_at)
    VALUES ($1, $2, $3, $4)
"""


class CheckinUnknown(CheckinsError):
    """There is no check-in of this id, or it is somebody else's."""

    def __init__(self, checkin_id: UUID) -> None:
        self.checkin_id = checkin_id
        super().__init__(f"There is no check-in {checkin_id}.")


class AlreadyAnswered(CheckinsError):
    """A check-in is answered once."""

    def __init__(self, checkin_id: UUID, answered_at: datetime) -> None:
        self.checkin_id = checkin_id
        self.answered_at = answered_at
        super().__init__(f"Check-in {checkin_id} has been answered already.")


@dataclass(frozen=True, slots=True)
class Checkin:
    """One partner asked once, with the answers if there are any.

    Attributes:
        person_id: Who is asked; None if that is not known any more.
        last_goal: The goal that this partner named the last time.
        next_due_at: When this partner is asked next; None if never.
        time_zone: Where this partner is; None if that is not known any more.
        is_newest: Whether this partner has not been asked about the pair since.
    """

    checkin_id: UUID
    pair_id: UUID
    programme_id: UUID
    participant_id: UUID
    person_id: UUID | None
    partner_id: UUID
    round: int
    due_at: datetime
    answered_at: datetime | None
    lesson: str | None
    goal: str | None
    goal_rating: int | None
    met: bool | None
    session_rating: int | None
    last_goal: str | None
    next_due_at: datetime | None
    time_zone: str | None
    pair_ended_at: datetime | None
    programme_ends_on: date | None
    is_newest: bool

    def is_over_at(self, now: datetime) -> bool:
        """Whether the pair has ended by then, or the programme's last day passed there."""
        if self.pair_ended_at is not None or self.programme_ends_on is None:
            return True
        return now >= end_of_programme(self.programme_ends_on, self.time_zone or "UTC")


async def announce(work: Work, checkins: Sequence[tuple[UUID, Turn]]) -> None:
    """Write down that these turns, each under its check-in's id, are asked now."""
    turns = [turn for _, turn in checkins]
    await work.connection.execute(
        _ANNOUNCE,
        [checkin_id for checkin_id, _ in checkins],
        [turn.pair_id for turn in turns],
        [turn.programme_id for turn in turns],
        [turn.participant_id for turn in turns],
        [turn.partner_id for turn in turns],
        [turn.round for turn in turns],
        [turn.due_at for turn in turns],
        work.now,
    )


async def get(work: Work, checkin_id: UUID) -> Checkin:
    """The check-in.

    Raises:
        CheckinUnknown: There is none.
    """
    return _found(await work.connection.fetchrow(_ONE, checkin_id), checkin_id)


async def get_to_answer(work: Work, checkin_id: UUID) -> Checkin:
    """The check-in, which nobody else can answer until this unit ends.

    Raises:
        CheckinUnknown: There is none.
        AlreadyAnswered: It has been answered.
    """
    await work.connection.execute(_ONE_TO_ANSWER, checkin_id)
    checkin = await get(work, checkin_id)
    if checkin.answered_at is not None:
        raise AlreadyAnswered(checkin_id, checkin.answered_at)
    return checkin


async def of_person(work: Work, person_id: UUID, limit: int) -> list[Checkin]:
    """A person's newest check-ins, in all programmes, the newest first."""
    return [
        Checkin(**dict(row)) for row in await work.connection.fetch(_OF_PERSON, person_id, limit)
    ]


async def next_of_person(work: Work, person_id: UUID) -> asyncpg.Record | None:
    """When somebody is asked next in any programme, and their zone (due_at, time_zone)."""
    return await work.connection.fetchrow(_NEXT_OF_PERSON, person_id)


async def keep_answers(
    work: Work, checkin: Checkin, answers: Answers, session_id: UUID | None
) -> None:
    """Write the answers down."""
    await work.connection.execute(
        _ANSWER,
        checkin.checkin_id,
        work.now,
        answers.lesson,
        answers.goal,
        answers.goal_rating,
        answers.met,
        session_id,
    )


async def rate_session(work: Work, checkin: Checkin, new_id: UUID, rating: int) -> UUID:
    """Write down how a partner found the session of this round; returns the session's id."""
    session_id: UUID = await work.connection.fetchval(
        _SESSION, new_id, checkin.pair_id, checkin.programme_id, checkin.round
    )
    await work.connection.execute(_RATE, session_id, checkin.participant_id, rating, work.now)
    return session_id


def _found(row: asyncpg.Record | None, checkin_id: UUID) -> Checkin:
    if row is None:
        raise CheckinUnknown(checkin_id)
    return Checkin(**dict(row))
