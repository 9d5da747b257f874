"""Commands that bring in people from files."""

from typing import Annotated, Any

import typer

from deploy.cli.files import (
    CsvFile,
    Mapping,
    MappingFile,
    in_words,
    print_report,
    read_mapping,
    send_file,
)
from deploy.cli.installation import the_installation
from deploy.cli.output import CommandFailed, Json, print_table, say

TOO_MANY_LEAVING = "too-many-leaving"

Full = Annotated[
    bool, typer.Option("--full", help="The file lists everybody: who is absent from it leaves.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would change; changes nothing.")
]
ConfirmLeaving = Annotated[
    int | None,
    typer.Option(
        help="With --full: how many leave, if they are more than a tenth of all.",
        min=0,
        metavar="NUMBER",
    ),
]

imports = typer.Typer(no_args_is_help=True, help="Bring in people.")


@imports.command("people")
def import_people(  # noqa: PLR0913, PLR0917 - a command's options
    file: CsvFile,
    words: Mapping = None,
    mapping: MappingFile = None,
    full: Full = False,
    dry_run: DryRun = False,
    confirm_leaving: ConfirmLeaving = None,
    as_json: Json = False,
) -> None:
    """Import people from a CSV file: all rows, or none and a report of every bad one.

    Example: tandem import people staff.csv --map employee_number=ID --map email=Mail
    """
    if confirm_leaving is not None and not full:
        raise typer.BadParameter("--confirm-leaving goes with --full.")
    fields = {"full": full, "dry_run": dry_run, "confirm_leaving": confirm_leaving}
    mapped = read_mapping(words or [], mapping)
    with the_installation().api("intake") as intake:
        try:
            report = send_file(intake, "/v1/people/imports", file, mapped, **fields)
        except CommandFailed as failure:
            raise _in_words_of_the_command(failure) from None
    if dry_run and not as_json:
        _print_preview(report)
    else:
        print_report(file, report, as_json=as_json)


def _print_preview(preview: dict[str, Any]) -> None:
    kinds = ("new", "changed", "coming_back", "leaving", "unchanged")
    counts = ", ".join(f"{preview[kind]} {in_words(kind)}" for kind in kinds)
    say(f"Nothing was changed. The file lists {preview['rows']} people: {counts}.")
    rows = [
        (each["kind"], each["row"], each["employee_number"], each["name"], _changes(each))
        for each in preview["differences"]
    ]
    print_table("What would change", ["what", "row", "number", "name", "fields"], rows)
    if preview["needs_confirm_leaving"]:
        say(f"So many leave only if you add --confirm-leaving {preview['leaving']}.")


def _changes(difference: dict[str, Any]) -> str:
    if difference["kind"] == "new":
        return ""
    return "; ".join(
        f"{field}: {_value(change['from'])} → {_value(change['to'])}"
        for field, change in difference["changes"].items()
    )


def _value(value: object) -> str:
    if isinstance(value, list):
        return ";".join(map(str, value))
    return "(empty)" if value is None else str(value)


def _in_words_of_the_command(failure: CommandFailed) -> CommandFailed:
    problem = failure.extra.get("problem", {})
    if problem.get("code") != TOO_MANY_LEAVING:
        return failure
    leaving, active = problem["leaving"], problem["active"]
    return CommandFailed(
        f"{leaving} of {active} people are not in the file and would leave. Nothing was changed. "
        f"See who they are with --dry-run; if they have left, add --confirm-leaving {leaving}.",
        failure.details,
        **failure.extra,
    )
