"""Which sentences tell a person why they were matched. The templates hold the words."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from services.notifications.domain.letter import CodedReason, Letter, Side
from services.notifications.domain.plain import one_line

_SLUG = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence to be said.

    Attributes:
        key: Which sentence; each language has a template for it.
        items: What it names, readable, in the order of the codes; may be empty.
    """

    key: str
    items: tuple[str, ...] = ()


def phrases(letter: Letter) -> list[Phrase]:
    """Say the reasons of a pair to one of its partners, the weightiest first.

    A term that is newer than these rules is left out.
    """
    weighty = sorted(letter.reasons, key=lambda reason: (-reason.points, reason.term))
    known = [reason for reason in weighty if reason.term in _PHRASES_OF]
    return [phrase for reason in known for phrase in _PHRASES_OF[reason.term](reason, letter)]


def readable(code: str) -> str:
    """Make words of a code: `public-speaking` becomes `public speaking`, `R&D` stays."""
    plain = one_line(code)
    return re.sub("[-_]", " ", plain) if _SLUG.fullmatch(plain) else plain


def department_name(code: str) -> str:
    """Make a department's name of its code: `human-resources` becomes `Human resources`."""
    name = readable(code)
    return name[:1].upper() + name[1:]


def _same_department(reason: CodedReason, _letter: Letter) -> list[Phrase]:
    return [Phrase("same-department", _names(department_name, reason.codes))]


def _wanted_department(reason: CodedReason, letter: Letter) -> list[Phrase]:
    """Tell where the mentor works from what she only knows; each is a sentence of its own."""
    own = letter.department if letter.side is Side.MENTOR else _partners_department(letter)
    works_in = [code for code in reason.codes if code == own]
    knows = [code for code in reason.codes if code != own]
    groups = [("works-in-wanted-department", works_in), ("knows-wanted-department", knows)]
    return [
        Phrase(f"{letter.side}-{key}", _names(department_name, codes))
        for key, codes in groups
        if codes
    ]


def _partners_department(letter: Letter) -> str | None:
    return letter.partner.department if letter.partner else None


def _seniority(_reason: CodedReason, letter: Letter) -> list[Phrase]:
    return [Phrase(f"{letter.side}-seniority")]


def _interests(reason: CodedReason, _letter: Letter) -> list[Phrase]:
    return [Phrase("shared-interests", _names(readable, reason.codes))]


def _education(reason: CodedReason, _letter: Letter) -> list[Phrase]:
    return [Phrase("same-education", _names(readable, reason.codes))]


def _names(name: Callable[[str], str], codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(filter(None, map(name, codes)))


_PHRASES_OF: dict[str, Callable[[CodedReason, Letter], Sequence[Phrase]]] = {
    "department": _same_department,
    "wanted-department": _wanted_department,
    "seniority": _seniority,
    "interests": _interests,
    "education": _education,
}
