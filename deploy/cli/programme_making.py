"""Commands that make and change programmes."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from deploy.cli.installation import the_installation
from deploy.cli.output import CommandFailed, Json, console, print_json, say
from deploy.cli.programme_ids import ProgrammeId
from deploy.cli.programme_words import dates_from, name_later, years_later
from deploy.cli.programmes import (
    Yes,
    ask_first,
    open_asking_first,
    programmes,
    say_what_changed,
)

__all__ = ["programmes"]


class KindOfProgramme(StrEnum):
    """For whom enrolment goes on while it is running."""

    YEARLY = "yearly"
    CAMPAIGN = "campaign"
    ALWAYS_OPEN = "always-open"


Day = typer.Option(formats=["%Y-%m-%d"])
Instant = typer.Option(
    formats=["%Y-%m-%d", "%Y-%m-%d %H:%M"], help="On the wall clock of the programme's zone."
)
Zone = Annotated[str, typer.Option(help="Where its days begin and end, such as Europe/Berlin.")]


@programmes.command("create")
def create_programme(  # noqa: PLR0913, PLR0917 - a command line has options
    name: Annotated[str, typer.Argument(help="What people will read, such as Mentoring 2027.")],
    weeks: Annotated[int, typer.Option(help="How long it runs.", min=1, max=520)] = 52,
    enrolment_days: Annotated[int, typer.Option(help="How long people can join.", min=1)] = 14,
    mentor_capacity: Annotated[int, typer.Option(help="Mentees a mentor takes.", min=1)] = 1,
    kind: Annotated[
        KindOfProgramme, typer.Option(help="Who can still join while it is running.")
    ] = KindOfProgramme.CAMPAIGN,
    time_zone: Zone = "UTC",
    opens: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Opens by itself on this day.")
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Do not open it yet.")] = False,
    invite: Annotated[
        bool, typer.Option("--invite", help="Mail people: invitation, reminders, last call.")
    ] = False,
    department: Annotated[
        list[str] | None, typer.Option(help="Whom it is for. Repeatable; else for all.")
    ] = None,
    may_continue: Annotated[bool, typer.Option(help="Pairs may go on afterwards.")] = False,
    test_for: Annotated[
        UUID | None, typer.Option(help="A test: mails nobody but this coordinator.")
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Create a programme and open it for enrolment from now on.

    With --opens it stays a draft until that day, and with --draft until you open it. Nobody is
    invited by mail unless you say --invite.
    """
    if invite and not (yes or as_json or draft or opens or console.is_terminal):
        raise CommandFailed("Inviting mails people: it needs --yes where nobody can be asked.")
    zone = _zone(time_zone)
    begins = opens.replace(tzinfo=zone) if opens else datetime.now(UTC)
    request: dict[str, Any] = {
        "name": name,
        **dates_from(begins, weeks, enrolment_days),
        "policies": {"mentor_capacity": mentor_capacity, "may_continue": may_continue},
        "kind": kind.value,
        "time_zone": time_zone,
        "opens_by_date": opens is not None,
        "audience": department or [],
        "invites": invite,
        "test_for": test_for and str(test_for),
    }
    with the_installation().api("intake") as intake:
        programme = intake.post("/v1/programmes", json=request)
        if not (draft or opens):
            programme = open_asking_first(
                intake, programme["programme_id"], yes=yes, as_json=as_json
            )
    if as_json:
        print_json(programme)
    elif programme["state"] == "open":
        say(f"{name} is open for enrolment. Its id: {programme['programme_id']}")
    else:
        when = f"opens by itself on {opens:%Y-%m-%d}" if opens else "is a draft"
        say(f"{name} {when}. Its id: {programme['programme_id']}")


@programmes.command("clone")
def clone_programme(
    programme: ProgrammeId,
    name: Annotated[
        str | None, typer.Option(help="Else the old one, with its year counted on.")
    ] = None,
    years: Annotated[int, typer.Option(help="How much later it is.", min=1, max=20)] = 1,
    as_json: Json = False,
) -> None:
    """Draft last year's programme anew: the same rules, all dates a year later."""
    with the_installation().api("intake") as intake:
        last = intake.get(f"/v1/programmes/{programme}")
        request = {"name": name or name_later(last["name"], years), **years_later(last, years)}
        clone = intake.post(f"/v1/programmes/{programme}/clone", json=request)
    say_what_changed(
        clone, f"is a draft of the same rules. Its id: {clone['programme_id']}", as_json=as_json
    )


@programmes.command("amend")
def amend_programme(  # noqa: PLR0913, PLR0917 - a command line has options
    programme: ProgrammeId,
    name: Annotated[str | None, typer.Option()] = None,
    enrolment_opens: Annotated[datetime | None, Instant] = None,
    enrolment_closes: Annotated[datetime | None, Instant] = None,
    starts: Annotated[datetime | None, Day] = None,
    ends: Annotated[datetime | None, Day] = None,
    time_zone: Annotated[str | None, typer.Option()] = None,
    department: Annotated[
        list[str] | None, typer.Option(help="Whom it is for, instead of before. Repeatable.")
    ] = None,
    opens_by_date: Annotated[
        bool | None, typer.Option(help="Whether a draft opens by itself.")
    ] = None,
    invite: Annotated[bool | None, typer.Option(help="Whether it mails people.")] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Change a programme's name, dates or rules; what you do not name stays.

    Example: tandem programme amend ID --enrolment-closes "2027-02-12 18:00" --ends 2027-12-17
    """
    with the_installation().api("intake") as intake:
        held = intake.get(f"/v1/programmes/{programme}")
        zone = _zone(time_zone or held["time_zone"])
        changes = {
            "name": name,
            "enrolment_opens_at": _instant(enrolment_opens, zone),
            "enrolment_closes_at": _instant(enrolment_closes, zone),
            "starts_on": _day(starts),
            "ends_on": _day(ends),
            "time_zone": time_zone,
            "audience": department or None,
            "opens_by_date": opens_by_date,
            "invites": invite,
        }
        named = {field: value for field, value in changes.items() if value is not None}
        if not named:
            raise CommandFailed("Nothing was named that is to change: see --help.")
        mails_at_once = invite and held["state"] in {"open", "running"}
        if mails_at_once and not (yes or as_json):
            ask_first("This invites people by mail", f"Invite people to {held['name']} by mail?")
        changed = intake.patch(f"/v1/programmes/{programme}", json=named)
    say_what_changed(changed, "is changed", as_json=as_json)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise CommandFailed(f"{name} is no time zone: name one such as Europe/Berlin.") from None


def _instant(given: datetime | None, zone: ZoneInfo) -> str | None:
    return given.replace(tzinfo=zone).isoformat() if given else None


def _day(given: datetime | None) -> str | None:
    return f"{given:%Y-%m-%d}" if given else None
