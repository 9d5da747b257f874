"""A programme's pool as one problem to solve."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import asyncpg

from services.matching.domain.problem import Mentee, Mentor, Problem
from services.matching.domain.terms import Traits, weights_of
from services.matching.store.pool import ProgrammeUnknown
from shared.bus.work import Work

_PROGRAMME: LiteralString = """
    SELECT weights::text AS weights, published_runs FROM programme WHERE programme_id = $1
"""

_MENTORS: LiteralString = """
    SELECT participant_id, person_id, profile::text AS profile, greatest(0, capacity - (
        SELECT count(*) FROM pair WHERE mentor_id = participant_id AND ended_at IS NULL
    ))::int AS places
    FROM candidate WHERE active AND programme_id = $1 AND role IN ('mentor', 'both')
    ORDER BY participant_id
"""

_MENTEES: LiteralString = """
    SELECT participant_id, person_id, profile::text AS profile FROM candidate
    WHERE active AND programme_id = $1 AND role IN ('mentee', 'both') AND NOT EXISTS (
        SELECT FROM pair WHERE mentee_id = participant_id AND ended_at IS NULL
    )
    ORDER BY participant_id
"""

# A withdrawal ends a pair from outside; the two may well meet again if the participant comes back.
_PARTED: LiteralString = """
    SELECT DISTINCT mentee_id, mentor_id FROM pair
    WHERE programme_id = $1 AND end_reason <> 'withdrawn'
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a match run works on.

    Attributes:
        problem: Active mentors with their free places, active mentees without a mentor, and as
            forbidden those who were a pair in this programme already.
        published_runs: How many runs of the programme were published by then; a proposal is stale
            once there are more.
    """

    problem: Problem
    published_runs: int


async def load_snapshot(work: Work, programme_id: UUID) -> Snapshot:
    """Load the pool from one consistent view: `work` is a reading unit.

    Raises:
        ProgrammeUnknown: The programme is not known.
        WeightOutOfBounds: Its policy gives a term an impossible weight.
    """
    programme = await work.connection.fetchrow(_PROGRAMME, programme_id)
    if programme is None:
        raise ProgrammeUnknown(programme_id)
    mentors = await work.connection.fetch(_MENTORS, programme_id)
    mentees = await work.connection.fetch(_MENTEES, programme_id)
    parted = await work.connection.fetch(_PARTED, programme_id)
    problem = Problem(
        mentees=_mentees(mentees),
        mentors=_mentors(mentors),
        weights=weights_of(json.loads(programme["weights"])),
        forbidden=frozenset((row["mentee_id"], row["mentor_id"]) for row in parted),
    )
    return Snapshot(problem, programme["published_runs"])


def _mentees(rows: Sequence[asyncpg.Record]) -> tuple[Mentee, ...]:
    return tuple(
        Mentee(row["participant_id"], row["person_id"], _traits(row["profile"])) for row in rows
    )


def _mentors(rows: Sequence[asyncpg.Record]) -> tuple[Mentor, ...]:
    return tuple(
        Mentor(row["participant_id"], row["person_id"], row["places"], _traits(row["profile"]))
        for row in rows
    )


def _traits(profile: str) -> Traits:
    answers: dict[str, Any] = json.loads(profile)
    return Traits(
        department=answers["department"],
        wanted_departments=frozenset(answers["wanted_departments"]),
        seniority=answers["seniority"],
        interests=frozenset(answers["interests"]),
        education_field=answers["education_field"],
    )
