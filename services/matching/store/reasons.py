"""Reasons as the database keeps them: a JSON list of term, points and codes."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from services.matching.domain.terms import Reason


def as_json(reasons: Sequence[Reason]) -> str:
    """The reasons as a JSON list."""
    return json.dumps([asdict(reason) for reason in reasons])


def from_json(text: str) -> tuple[Reason, ...]:
    """The reasons of a JSON list."""
    return tuple(
        Reason(item["term"], item["points"], tuple(item["codes"])) for item in json.loads(text)
    )
