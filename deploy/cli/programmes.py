"""Commands of a coordinator's work: programmes, matching, pairs."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from deploy.cli.installation import Api, Installation, the_installation
from deploy.cli.output import (
    CommandFailed,
    Json,
    console,
    print_facts,
    print_json,
    print_table,
    say,
)
from deploy.cli.waiting import wait_for

ProgrammeId = Annotated[
    UUID, typer.Argument(help="The programme's id: see `tandem programme list`.")
]
RunId = Annotated[UUID, typer.Argument(help="The match run's id, as `tandem match run` prints it.")]
Mapping = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="field=Column for a column with another header, or field:=value for all rows. "
        "Repeatable.",
        metavar="FIELD=COLUMN",
    ),
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", help="A JSON file with the mapping, for values as well as columns."),
]
CsvFile = Annotated[Path, typer.Argument(help="A CSV file with a header row.")]

programmes = typer.Typer(no_args_is_help=True, help="Open, list and fill programmes.")
matches = typer.Typer(no_args_is_help=True, help="Compute, read and publish matches.")


@programmes.command("create")
def create_programme(
    name: Annotated[str, typer.Argument(help="What people will read, such as Mentoring 2027.")],
    weeks: Annotated[int, typer.Option(help="How long it runs.", min=1, max=520)] = 52,
    enrolment_days: Annotated[int, typer.Option(help="How long people can join.", min=1)] = 14,
    mentor_capacity: Annotated[int, typer.Option(help="Mentees a mentor takes.", min=1)] = 1,
    as_json: Json = False,
) -> None:
    """Create a programme and open it for enrolment from now on."""
    request = programme_request(name, datetime.now(UTC), weeks, enrolment_days, mentor_capacity)
    with the_installation().api("intake") as intake:
        programme = open_programme(intake, request)
    if as_json:
        print_json(programme)
    else:
        say(f"{name} is open for enrolment. Its id: {programme['programme_id']}")


@programmes.command("list")
def list_programmes(as_json: Json = False) -> None:
    """List the programmes with their states and dates."""
    with the_installation().api("intake") as intake:
        rows = list(intake.pages("/v1/programmes"))
    if as_json:
        print_json(rows)
        return
    columns = ["programme_id", "name", "state", "starts_on", "ends_on"]
    print_table(
        "Programmes",
        columns,
        [[row[column] for column in columns] for row in rows],
        whole="programme_id",
    )


@programmes.command("show")
def show_programme(programme: ProgrammeId, as_json: Json = False) -> None:
    """Show a programme: its dates, its rules, and who waits in its pool."""
    installation = the_installation()
    with installation.api("intake") as intake, installation.api("matching") as matching:
        facts = intake.get(f"/v1/programmes/{programme}")
        facts["pool"] = matching.get(f"/v1/programmes/{programme}/pool")
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)


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
    if as_json:
        print_json(report)
    else:
        say(f"{file.name}: " + ", ".join(f"{count} {what}" for what, count in report.items()) + ".")


@programmes.command("close")
def close_programme(programme: ProgrammeId, as_json: Json = False) -> None:
    """Close enrolment: nobody can join any more."""
    with the_installation().api("intake") as intake:
        changed = intake.post(f"/v1/programmes/{programme}/close")
    if as_json:
        print_json(changed)
    else:
        say(f"Enrolment to {changed['name']} is closed.")


@matches.command("run")
def run_match(programme: ProgrammeId, as_json: Json = False) -> None:
    """Compute the best matches of everyone who waits. Nobody is told until you publish."""
    with the_installation().api("matching") as matching:
        run = start_and_wait(matching, programme)
    if as_json:
        print_json(run)
    else:
        print_facts(run)
        if not run["placed"]:
            say(_why_nobody_was_placed(run))
        say(f"Read it: tandem match show {run['run_id']}")
        say(f"Publish it: tandem match publish {run['run_id']}")


@matches.command("show")
def show_match(
    run: RunId,
    limit: Annotated[int, typer.Option(help="How many pairs to show.", min=1)] = 20,
    as_json: Json = False,
) -> None:
    """Show a match run: its pairs with their points and reasons, and who got no partner."""
    installation = the_installation()
    with installation.api("matching") as matching:
        facts = matching.get(f"/v1/runs/{run}")
        pairs = list(matching.pages(f"/v1/runs/{run}/proposals"))
        unplaced = list(matching.pages(f"/v1/runs/{run}/unplaced"))
    if as_json:
        print_json({"run": facts, "pairs": pairs, "unplaced": unplaced})
        return
    print_facts(facts)
    print_pairs("Best pairs", pairs[:limit], names_of(installation, pairs[:limit]))
    if len(pairs) > limit:
        say(f"… and {len(pairs) - limit} more (--limit {len(pairs)} shows all).")


@matches.command("publish")
def publish_match(
    run: RunId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Publish a match run: the pairs begin, and both partners of each are told by mail.

    It first says who will be told what, and asks. Where nobody can be asked it needs --yes (or
    --json, which programs ask for).
    """
    if not (yes or as_json or console.is_terminal):
        raise CommandFailed("Publishing mails people: it needs --yes where nobody can be asked.")
    with the_installation().api("matching") as matching:
        if not (yes or as_json):
            say(_what_publishing_does(matching.get(f"/v1/runs/{run}")))
            typer.confirm("Publish?", abort=True)
        published = matching.post(f"/v1/runs/{run}/publish")
    if as_json:
        print_json(published)
    else:
        print_facts(published)


def list_pairs(
    programme: ProgrammeId,
    limit: Annotated[int, typer.Option(help="How many to show.", min=1)] = 50,
    as_json: Json = False,
) -> None:
    """List a programme's pairs with the reasons why they were matched."""
    installation = the_installation()
    with installation.api("matching") as matching:
        pairs = list(matching.pages(f"/v1/programmes/{programme}/pairs"))
    if as_json:
        print_json(pairs)
        return
    print_pairs(f"{len(pairs)} pairs", pairs[:limit], names_of(installation, pairs[:limit]))
    if len(pairs) > limit:
        say(f"… and {len(pairs) - limit} more (--limit {len(pairs)} shows all).")


def programme_request(
    name: str, now: datetime, weeks: int, enrolment_days: int, mentor_capacity: int
) -> dict[str, Any]:
    """The request that creates a programme whose enrolment starts now."""
    closes = now + timedelta(days=enrolment_days)
    return {
        "name": name,
        "enrolment_opens_at": now.isoformat(),
        "enrolment_closes_at": closes.isoformat(),
        "starts_on": closes.date().isoformat(),
        "ends_on": (closes + timedelta(weeks=weeks)).date().isoformat(),
        "policies": {"mentor_capacity": mentor_capacity},
    }


def open_programme(intake: Api, request: dict[str, Any]) -> dict[str, Any]:
    """Create a programme and open its enrolment."""
    created = intake.post("/v1/programmes", json=request)
    opened: dict[str, Any] = intake.post(f"/v1/programmes/{created['programme_id']}/open")
    return opened


def send_file(
    intake: Api, path: str, file: Path, mapping: dict[str, Any], **fields: bool | int | None
) -> dict[str, Any]:
    """Upload a CSV file with its column mapping and other fields of the form; returns the report.

    Raises:
        CommandFailed: The file can't be read, or was refused; the details say row and column.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file} can't be read: {error.strerror}.") from None
    data = {name: json.dumps(value) for name, value in fields.items() if value is not None}
    if mapping:
        data["mapping"] = json.dumps(mapping)
    report: dict[str, Any] = intake.post(
        path, files={"file": (file.name, content, "text/csv")}, data=data
    )
    return report


def read_mapping(words: list[str], file: Path | None = None) -> dict[str, Any]:
    """The API's mapping, from a JSON file and from `field=Column` and `field:=constant`.

    Raises:
        CommandFailed: A word is neither, or the file is no JSON object.
    """
    mapping = _mapping_of(file) if file else {}
    for word in words:
        field, equals, target = word.partition("=")
        if not (field and equals and target):
            raise CommandFailed(f"--map {word} is not FIELD=COLUMN or FIELD:=VALUE.")
        if field.endswith(":"):
            mapping[field[:-1]] = {"constant": target}
        else:
            mapping[field] = {"column": target}
    return mapping


def _mapping_of(file: Path) -> dict[str, Any]:
    try:
        mapping = json.loads(file.read_text())
    except OSError as error:
        raise CommandFailed(f"{file} can't be read: {error.strerror}.") from None
    except ValueError:
        raise CommandFailed(f"{file} is not JSON.") from None
    if not isinstance(mapping, dict):
        raise CommandFailed(f"{file} is not a JSON object of fields.")
    return mapping


def start_and_wait(matching: Api, programme: UUID) -> dict[str, Any]:
    """Start a match run and wait for its proposal.

    Raises:
        CommandFailed: The run failed.
    """
    run_id = matching.post(f"/v1/programmes/{programme}/runs")["run_id"]
    run: dict[str, Any] = wait_for(
        lambda: matching.get(f"/v1/runs/{run_id}"),
        lambda run: run["state"] not in {"queued", "running"},
        "Computing the best matches",
    )
    if run["state"] == "failed":
        raise CommandFailed(f"The match run failed: {run['failure']}")
    return run


def names_of(installation: Installation, pairs: list[dict[str, Any]]) -> dict[str, str]:
    """The names of the participants in these pairs, by participant id; intake knows them."""
    ids = sorted({pair[side] for pair in pairs for side in ("mentor_id", "mentee_id")})
    names: dict[str, str] = {}
    with installation.api("intake") as intake:
        for begin in range(0, len(ids), 500):
            answer = intake.post("/v1/participants/lookup", json={"ids": ids[begin : begin + 500]})
            names |= {item["participant_id"]: item["name"] for item in answer["items"]}
    return names


def print_pairs(title: str, pairs: list[dict[str, Any]], names: dict[str, str]) -> None:
    """Print pairs by name, with what speaks for each."""
    rows = [
        (
            names.get(pair["mentor_id"], pair["mentor_id"]),
            names.get(pair["mentee_id"], pair["mentee_id"]),
            sum(reason["points"] for reason in pair["reasons"]),
            "; ".join(_reason(reason) for reason in pair["reasons"]),
        )
        for pair in pairs
    ]
    print_table(title, ["mentor", "mentee", "points", "why"], rows)


def _what_publishing_does(run: dict[str, Any]) -> str:
    placed, unplaced = run["placed"] or 0, run["unplaced"] or 0
    return (
        f"This forms {placed} pairs and writes to both partners of each; "
        f"{unplaced} mentees are told that they have no mentor yet."
    )


def _why_nobody_was_placed(run: dict[str, Any]) -> str:
    if not run["mentees"]:
        return "Nobody waits for a mentor in this programme: there is nothing to publish yet."
    if not run["places"]:
        return "No mentor has a free place. Publishing tells the mentees that they have no mentor."
    return "Nobody suits anybody. Publishing tells the mentees that they have no mentor."


def _reason(reason: dict[str, Any]) -> str:
    codes = ", ".join(reason["codes"])
    return f"{reason['term']} {reason['points']}" + (f" ({codes})" if codes else "")
