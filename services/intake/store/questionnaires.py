"""Questionnaires in the database, and those that are built in: each version for ever."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, LiteralString

from services.intake.domain.answers import Lists
from services.intake.domain.errors import IntakeError
from services.intake.domain.questionnaires import MOST_OPTIONS, CompanyList, Questionnaire, shaped
from shared.bus.work import Work

_DATA = Path(__file__).parents[1] / "data"

_ALL: LiteralString = """
    SELECT code, version, body -> 'name' ->> (body -> 'languages' ->> 0) AS name, changed_at,
           published_at
    FROM questionnaire ORDER BY code, version
"""

_ONE: LiteralString = """
    SELECT body::text AS body, published_at FROM questionnaire WHERE code = $1 AND version = $2
"""

_PUT_DRAFT: LiteralString = """
    INSERT INTO questionnaire (code, version, body, changed_at)
    SELECT $1, coalesce(max(version), 0) + 1, $2::text::jsonb, $3
    FROM questionnaire WHERE code = $1 AND published_at IS NOT NULL
    ON CONFLICT (code, version) DO UPDATE
        SET body = excluded.body, changed_at = excluded.changed_at
        WHERE questionnaire.published_at IS NULL
    RETURNING version
"""

_DRAFT: LiteralString = """
    SELECT version, body::text AS body FROM questionnaire
    WHERE code = $1 AND published_at IS NULL FOR UPDATE
"""

_PUBLISHED_CONSENTS: LiteralString = """
    SELECT body -> 'consent' AS consent FROM questionnaire
    WHERE code = $1 AND published_at IS NOT NULL AND body -> 'consent' ->> 'version' = $2
"""

_PUBLISH: LiteralString = """
    UPDATE questionnaire SET published_at = $3 WHERE code = $1 AND version = $2
"""


def _skipping_through(column: LiteralString) -> LiteralString:
    """Each value of an indexed column once: as many steps as values, however many people."""
    first = "SELECT " + column + " FROM person WHERE " + column  # noqa: S608 - a word of ours
    return (
        "WITH RECURSIVE step (value) AS (("  # noqa: S608 - a word of ours
        + first
        + " IS NOT NULL ORDER BY 1 LIMIT 1) UNION ALL SELECT ("
        + first
        + " > step.value ORDER BY 1 LIMIT 1) FROM step WHERE value IS NOT NULL"
        + ") SELECT value FROM step WHERE value IS NOT NULL LIMIT $1"
    )


_LISTS: Mapping[CompanyList, LiteralString] = {
    "departments": _skipping_through("department"),
    "education-fields": _skipping_through("education_field"),
    "time-zones": _skipping_through("time_zone"),
}


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a questionnaire, for a list; a draft has not been published."""

    code: str
    version: int
    name: str
    changed_at: datetime | None
    published_at: datetime | None
    built_in: bool = False


class NoSuchQuestionnaire(IntakeError):
    """There is no such questionnaire, or no such version."""

    def __init__(self, code: str, version: int | None = None) -> None:
        self.code = code
        self.version = version
        which = "" if version is None else f", version {version}"
        super().__init__(f"There is no questionnaire {code}{which}.")


class IsBuiltIn(IntakeError):
    """What is built in can't be changed; a copy under another code can."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"The questionnaire {code} is built in; save yours under another code.")


class NotPublished(IntakeError):
    """A programme can only use a version that has been published."""

    def __init__(self, code: str, version: int) -> None:
        self.code = code
        self.version = version
        super().__init__(f"Version {version} of the questionnaire {code} is a draft: publish it.")


async def versions(work: Work) -> list[Version]:
    """Every version of every questionnaire."""
    built_in = [
        Version(code, version, _name(body), None, None, built_in=True)
        for (code, version), body in _built_in().items()
    ]
    return built_in + [Version(**row) for row in await work.connection.fetch(_ALL)]


async def body_of(work: Work, code: str, version: int) -> tuple[str, bool]:
    """A version as it was sent in, as JSON; and whether it has been published.

    Raises:
        NoSuchQuestionnaire: There is none.
    """
    if (code, version) in _built_in():
        return _built_in()[code, version], True
    row = await work.connection.fetchrow(_ONE, code, version)
    if row is None:
        raise NoSuchQuestionnaire(code, version)
    return row["body"], row["published_at"] is not None


async def published(work: Work, code: str, version: int) -> Questionnaire:
    """A published version.

    Raises:
        NoSuchQuestionnaire: There is none.
        NotPublished: It is a draft.
    """
    body, is_published = await body_of(work, code, version)
    if not is_published:
        raise NotPublished(code, version)
    return _parsed(body)


def newest_built_in(code: str) -> int:
    """The newest version of a questionnaire that is built in."""
    return max(version for built, version in _built_in() if built == code)


async def put_draft(work: Work, code: str, body: Mapping[str, Any]) -> int:
    """Keep a draft, in place of the one before; returns the version that it will be.

    Raises:
        IsBuiltIn: This code is taken.
    """
    if any(code == built for built, _ in _built_in()):
        raise IsBuiltIn(code)
    version: int = await work.connection.fetchval(
        _PUT_DRAFT, code, json.dumps(body, ensure_ascii=False), work.now
    )
    return version


async def draft(work: Work, code: str) -> tuple[int, dict[str, Any]]:
    """The draft of a questionnaire, with the version that it will be, held until this unit ends.

    Raises:
        NoSuchQuestionnaire: There is none.
    """
    row = await work.connection.fetchrow(_DRAFT, code)
    if row is None:
        raise NoSuchQuestionnaire(code)
    return row["version"], json.loads(row["body"])


async def consents_published(work: Work, code: str, version: str) -> list[dict[str, Any]]:
    """The consents of this version that have been published with the questionnaire."""
    rows = await work.connection.fetch(_PUBLISHED_CONSENTS, code, version)
    return [json.loads(row["consent"]) for row in rows]


async def publish(work: Work, code: str, version: int) -> None:
    """Let a draft be a version that nobody can change any more."""
    await work.connection.execute(_PUBLISH, code, version, work.now)


async def company_lists(work: Work, questionnaire: Questionnaire) -> Lists:
    """The lists of the company that a questionnaire takes options from."""
    asked = {getattr(question, "options_from", None) for question in questionnaire.questions()}
    return {name: await _values(work, query) for name, query in _LISTS.items() if name in asked}


async def _values(work: Work, query: LiteralString) -> Sequence[str]:
    return [row["value"] for row in await work.connection.fetch(query, MOST_OPTIONS)]


@cache
def _built_in() -> Mapping[tuple[str, int], str]:
    """The JSON of what is built in: a file `code-version.json` each, none ever changed."""
    files = {}
    for file in sorted(_DATA.glob("*.json")):
        code, _, version = file.stem.rpartition("-")
        files[code, int(version)] = file.read_text()
    return files


@lru_cache(maxsize=64)
def _parsed(body: str) -> Questionnaire:
    return shaped(json.loads(body))


def _name(body: str) -> str:
    questionnaire = _parsed(body)
    return str(questionnaire.name[questionnaire.languages[0]])
