"""Letters put into words: one set of templates per language."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.notifications.domain.letter import Letter
from services.notifications.domain.plain import one_line
from services.notifications.domain.reasons import phrases

FALLBACK_LANGUAGE = "en"
NAMELESS = "…"
"""Stands for a name that holds nothing readable."""

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Words:
    """A letter as its reader sees it: the subject on one line, and the same body twice."""

    language: str
    subject: str
    text: str
    html: str


def put_into_words(letter: Letter) -> Words:
    """Say a letter in the recipient's language, or in English if nobody has translated it yet."""
    language = language_for(letter.locale, _languages())
    values = _values(letter, language)
    subject = one_line(_render(f"{language}/{letter.kind}.subject.j2", values))
    return Words(
        language=language,
        subject=subject,
        text=_render(f"{language}/{letter.kind}.txt.j2", values).strip() + "\n",
        html=_render(f"{language}/{letter.kind}.html.j2", values | {"subject": subject}),
    )


def language_for(locale: str, languages: frozenset[str]) -> str:
    """Choose the language of `languages` that a locale such as `de-AT` asks for."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    return language if language in languages else FALLBACK_LANGUAGE


def _values(letter: Letter, language: str) -> dict[str, object]:
    partner = _name(letter.partner.name) if letter.partner else ""
    said = [
        _render(f"{language}/reason.txt.j2", {"phrase": phrase, "partner": partner})
        for phrase in phrases(letter)
    ]
    values: dict[str, object] = {
        "language": language,
        "name": _name(letter.name),
        "partner": partner,
        "side": letter.side and letter.side.value,
        "reasons": said,
        "unplaced_reason": letter.unplaced_reason,
        "link": letter.link,
    }
    if letter.programme:
        values |= {
            "programme": one_line(letter.programme.name),
            "starts_on": letter.programme.starts_on,
            "ends_on": letter.programme.ends_on,
            "may_end_sooner": letter.programme.may_end_sooner,
            "may_continue": letter.programme.may_continue,
            "has_incentives": letter.programme.has_incentives,
            "opens_at": _there(letter.programme.opens_at, letter),
            "closes_at": _there(letter.closes_at, letter),
            "time_zone": letter.time_zone.replace("_", " "),
        }
    return values


def _there(instant: datetime | None, letter: Letter) -> datetime | None:
    """The instant on the recipient's wall clock."""
    return instant and instant.astimezone(ZoneInfo(letter.time_zone))


def _name(name: str) -> str:
    return one_line(name) or NAMELESS


def _render(template: str, values: dict[str, object]) -> str:
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        auto_reload=False,
    )


@cache
def _languages() -> frozenset[str]:
    return frozenset(folder.name for folder in _TEMPLATES.iterdir() if folder.is_dir())
