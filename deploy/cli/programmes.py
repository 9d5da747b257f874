"""Commands for programmes: make them, look at them, move them on."""

from typing import Annotated, Any
from uuid import UUID

import typer

from deploy.cli.files import (
    CsvFile,
    Mapping,
    MappingFile,
    print_report,
    read_mapping,
    send_file,
)
from deploy.cli.installation import Api, the_installation
from deploy.cli.output import (
    CommandFailed,
    Json,
    console,
    print_facts,
    print_json,
    print_table,
    say,
)
from deploy.cli.programme_ids import ProgrammeId
from deploy.cli.programme_words import (
    facts_of,
    listed,
    local,
    what_opening_does,
)

programmes = typer.Typer(no_args_is_help=True, help="Make, list, fill and move on programmes.")


Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before people are invited.")]


@programmes.command("list")
def list_programmes(as_json: Json = False) -> None:
    """List the programmes: name, state and dates, and the id that other commands take."""
    with the_installation().api("intake") as intake:
        rows = list(intake.pages("/v1/programmes"))
    if as_json:
        print_json(rows)
    elif not rows:
        say("There is no programme yet: make one with `tandem programme create NAME`.")
    for row in [] if as_json else rows:
        for line in listed(row):
            say(line)


@programmes.command("show")
def show_programme(programme: ProgrammeId, as_json: Json = False) -> None:
    """Show a programme: its dates, its rules, and who waits in its pool."""
    installation = the_installation()
    with installation.api("intake") as intake, installation.api("matching") as matching:
        facts = intake.get(f"/v1/programmes/{programme}")
        pool = matching.get(f"/v1/programmes/{programme}/pool")
    if as_json:
        print_json(facts | {"pool": pool})
        return
    print_facts(facts_of(facts) | {"in the pool": f"{pool['participants']} participants"})


@programmes.command("campaign")
def show_campaign(programme: ProgrammeId, as_json: Json = False) -> None:
    """Show how a programme invites: which step goes to how many people, and when."""
    with the_installation().api("intake") as intake:
        shown = intake.get(f"/v1/programmes/{programme}")
        campaign = intake.get(f"/v1/programmes/{programme}/campaign")
    if as_json:
        print_json(campaign)
        return
    zone = shown["time_zone"]
    rows = [
        (
            step["step"] + (f" {step['number']}" if step["step"] == "reminder" else ""),
            step["people"],
            step["told"],
            step["first_at"] and local(step["first_at"], zone),
            step["last_at"] and local(step["last_at"], zone),
        )
        for step in campaign["steps"]
    ]
    print_table(f"Steps ({zone})", ["step", "at most", "told", "from", "to"], rows)
    say(f"{campaign['registered']} have registered, {campaign['declined']} have declined.")


@programmes.command("register")
def register_participants(
    programme: ProgrammeId,
    file: CsvFile,
    words: Mapping = None,
    mapping: MappingFile = None,
    as_json: Json = False,
) -> None:
    """Register participants from a CSV file: role, capacity, interests, wanted departments."""
    path = f"/v1/programmes/{programme}/registrations/imports"
    with the_installation().api("intake") as intake:
        report = send_file(intake, path, file, read_mapping(words or [], mapping))
    print_report(file, report, as_json=as_json)


@programmes.command("open")
def open_a_programme(programme: ProgrammeId, yes: Yes = False, as_json: Json = False) -> None:
    """Let people join. If it invites people, this says how many are mailed, and asks."""
    with the_installation().api("intake") as intake:
        changed = open_asking_first(intake, str(programme), yes=yes, as_json=as_json)
    say_what_changed(changed, "is open for enrolment", as_json=as_json)


@programmes.command("close")
def close_programme(programme: ProgrammeId, as_json: Json = False) -> None:
    """Close enrolment: nobody can join any more. It can be opened again until it runs."""
    _move(programme, "close", "is closed for enrolment", as_json=as_json)


@programmes.command("run")
def run_programme(programme: ProgrammeId, as_json: Json = False) -> None:
    """Let mentoring begin today, instead of on the programme's first day."""
    _move(programme, "start", "is running", as_json=as_json)


@programmes.command("end")
def end_programme(
    programme: ProgrammeId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Let mentoring end today, instead of after the last day. An end is for good."""
    if not (yes or as_json):
        ask_first("An end is for good", "End it for good?")
    _move(programme, "end", "has ended", as_json=as_json)


def open_programme(intake: Api, request: dict[str, Any]) -> dict[str, Any]:
    """Create a programme and open its enrolment."""
    created = intake.post("/v1/programmes", json=request)
    opened: dict[str, Any] = intake.post(f"/v1/programmes/{created['programme_id']}/open")
    return opened


def open_asking_first(intake: Api, programme: str, *, yes: bool, as_json: bool) -> dict[str, Any]:
    """Open a programme; if that mails people, say whom and ask."""
    if not (yes or as_json):
        held = intake.get(f"/v1/programmes/{programme}")
        steps = intake.get(f"/v1/programmes/{programme}/campaign")["steps"]
        said = what_opening_does(steps, held["name"])
        if said:
            say(said)
            ask_first("Opening it mails people", "Open it?")
    opened: dict[str, Any] = intake.post(f"/v1/programmes/{programme}/open")
    return opened


def ask_first(why: str, question: str) -> None:
    """Go on only if somebody says yes.

    Raises:
        CommandFailed: Nobody can be asked.
    """
    if not console.is_terminal:
        raise CommandFailed(f"{why}: it needs --yes where nobody can be asked.")
    typer.confirm(question, abort=True)


def _move(programme: UUID, move: str, is_now: str, *, as_json: bool) -> None:
    with the_installation().api("intake") as intake:
        changed = intake.post(f"/v1/programmes/{programme}/{move}")
    say_what_changed(changed, is_now, as_json=as_json)


def say_what_changed(programme: dict[str, Any], is_now: str, *, as_json: bool) -> None:
    """Print a programme that has changed, as JSON or in one sentence."""
    if as_json:
        print_json(programme)
    else:
        say(f"{programme['name']} {is_now}.")
