"""Files that people bring in: a CSV file, and where its columns belong."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.installation import Api
from deploy.cli.output import CommandFailed, print_json, say

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


def print_report(file: Path, report: dict[str, Any], *, as_json: bool) -> None:
    """Print what became of a file's rows."""
    if as_json:
        print_json(report)
    else:
        counts = ", ".join(f"{count} {in_words(what)}" for what, count in report.items())
        say(f"{file.name}: {counts}.")


def in_words(name: str) -> str:
    """A field's name as people read it."""
    return name.replace("_", " ")


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
