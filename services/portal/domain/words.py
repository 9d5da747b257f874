"""Dates and reasons in words, as pages show them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def day(when: date | str) -> str:
    """A day, also as an API writes it, such as `3 March 2027`."""
    if isinstance(when, str):
        when = date.fromisoformat(when)
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def moment(instant: datetime, zone: str) -> str:
    """An instant where its reader is, such as `Wednesday, 3 March 2027, 10:00 (Vienna time)`."""
    there = instant.astimezone(ZoneInfo(zone))
    return f"{_DAYS[there.weekday()]}, {day(there)}, {there:%H:%M} ({place(zone)} time)"


def place(zone: str) -> str:
    """The place for which a time zone is named: `America/New_York` is New York."""
    return zone.rpartition("/")[2].replace("_", " ")


def instant_of(text: str) -> datetime:
    """The instant of an API's answer."""
    return datetime.fromisoformat(text)


def listed(items: Sequence[str]) -> str:
    """Items as a sentence names them: `a, b and c`."""
    if len(items) < 2:  # noqa: PLR2004 - one item needs no "and"
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def readable(code: str) -> str:
    """A code as a reader may see it: `public-speaking` becomes `public speaking`."""
    return code.replace("-", " ").replace("_", " ") if code.islower() else code


def reason_in_words(reason: Mapping[str, Any], partner: str, *, to_mentee: bool) -> str | None:
    """One reason why two people were matched, told to one of them.

    None for a reason that is newer than these words.
    """
    codes = listed([readable(code) for code in reason["codes"]])
    sentences = {
        "department": f"You both work in {codes}.",
        "interests": f"You share an interest in {codes}.",
        "education": f"You both studied {codes}.",
    }
    if to_mentee:
        sentences |= {
            "wanted-department": f"{partner} works in {codes}, which you want to get to know.",
            "seniority": f"{partner} works at a more senior level than you.",
        }
    else:
        sentences |= {
            "wanted-department": f"You work in {codes}, which {partner} wants to get to know.",
            "seniority": f"You work at a more senior level than {partner}.",
        }
    return sentences.get(str(reason["term"]))


def share(part: int, whole: int) -> str:
    """A part of a whole in per cent; empty where there is no whole."""
    return f"{round(100 * part / whole)} %" if whole else ""
