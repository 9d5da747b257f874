"""Programmes in words, as lines that fit a narrow terminal, and the requests that make them."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

_YEAR = re.compile(r"\b(20\d\d)\b")
_INSTANTS = ("enrolment_opens_at", "enrolment_closes_at")
_DAYS = ("starts_on", "ends_on")


def listed(programme: dict[str, Any]) -> Iterator[str]:
    """A programme in three lines: its name, where it stands, its id."""
    kind = programme["kind"] + (", test" if programme["test_for"] else "")
    closes = local(programme["enrolment_closes_at"], programme["time_zone"])
    yield f"{programme['name']} ({kind})"
    yield (
        f"  {programme['state']}, {programme['starts_on']} to {programme['ends_on']}, "
        f"enrolment until {closes}"
    )
    yield f"  {programme['programme_id']}"


def facts_of(programme: dict[str, Any]) -> dict[str, object]:
    """A programme by the names of what is said of it."""
    zone = programme["time_zone"]
    policies = programme["policies"]
    checkins = policies["checkins"]
    campaign = programme["campaign"]
    opening = "by itself" if programme["opens_by_date"] else "by hand"
    facts: dict[str, object] = {
        "name": programme["name"],
        "id": programme["programme_id"],
        "kind": programme["kind"],
        "state": programme["state"] + (f", opens {opening}" if _is_draft(programme) else ""),
        "enrolment": " to ".join(local(programme[each], zone) for each in _INSTANTS),
        "mentoring": f"{programme['starts_on']} to {programme['ends_on']} ({zone})",
        "pairs": f"{_may(policies['may_end_sooner'])} end sooner, "
        f"{_may(policies['may_continue'])} go on afterwards",
        "capacity": f"{policies['mentor_capacity']} mentees a mentor, unless a mentor says else",
        "check-ins": f"every {checkins['every_months']} month(s), first weekday "
        f"{checkins['weekday']} (1 is Monday), at {checkins['hour']}:00",
        "for": ", ".join(programme["audience"]) or "all departments",
        "invites": f"at {campaign['hour']}:00; see `tandem programme campaign`"
        if campaign
        else "nobody",
        "incentives": "; ".join(each["text"] for each in programme["incentives"]) or "none",
    }
    if programme["test_for"]:
        facts["test"] = f"mails nobody but coordinator {programme['test_for']}"
    return facts


def local(instant: str, zone: str) -> str:
    """An instant on the wall clock of a time zone."""
    return f"{datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def dates_from(opens: datetime, weeks: int, enrolment_days: int) -> dict[str, str]:
    """The dates of a programme whose enrolment opens then."""
    closes = opens + timedelta(days=enrolment_days)
    return {
        "enrolment_opens_at": opens.isoformat(),
        "enrolment_closes_at": closes.isoformat(),
        "starts_on": closes.date().isoformat(),
        "ends_on": (closes + timedelta(weeks=weeks)).date().isoformat(),
    }


def years_later(programme: dict[str, Any], years: int) -> dict[str, str]:
    """The dates of a programme so many years later, at the same hours of its own wall clock."""
    zone = ZoneInfo(programme["time_zone"])
    later = relativedelta(years=years)
    dates = {
        each: (datetime.fromisoformat(programme[each]).astimezone(zone) + later).isoformat()
        for each in _INSTANTS
    }
    days = {
        each: (datetime.fromisoformat(programme[each]) + later).date().isoformat() for each in _DAYS
    }
    return dates | days


def name_later(name: str, years: int) -> str:
    """A name with the years in it so many years later: Mentoring 2027 becomes Mentoring 2028."""
    return _YEAR.sub(lambda year: str(int(year[1]) + years), name)


def what_opening_does(steps: list[dict[str, Any]], name: str) -> str | None:
    """Who is told what when a programme opens; None if nobody is."""
    to_come = [step for step in steps if step["people"] and step["step"] != "announcement"]
    if not to_come:
        return None
    most = max(step["people"] for step in to_come)
    reminders = sum(step["step"] == "reminder" for step in to_come)
    last = " and a last call" if to_come[-1]["step"] == "last-call" else ""
    return (
        f"Opening {name} invites {most} people by mail, with up to {reminders} reminders{last} "
        "to those who do not answer."
    )


def _is_draft(programme: dict[str, Any]) -> bool:
    return bool(programme["state"] == "draft")


def _may(permitted: bool) -> str:
    return "may" if permitted else "may not"
