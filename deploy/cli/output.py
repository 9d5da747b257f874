"""How commands speak: tables and sentences for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

console = Console()
errors = Console(stderr=True)


class CommandFailed(Exception):
    """A command can't do what was asked; the sentence says why and what to do."""

    def __init__(self, sentence: str, details: Sequence[str] = (), **extra: Any) -> None:
        self.sentence = sentence
        self.details = list(details)
        self.extra = extra
        super().__init__(sentence)


def print_json(value: Any) -> None:
    """Print a value as JSON, for programs."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_json_line(value: Any) -> None:
    """Print a value as one line of JSON, for a stream of them."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def say(sentence: str) -> None:
    """Print a sentence as it is."""
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], whole: str | None = None
) -> None:
    """Print rows under their columns; where there are none, say so.

    The column that `whole` names is copied from: it is never folded, however narrow the terminal.
    """
    if not rows:
        say(f"{title}: none yet.")
        return
    table = Table(title=title, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == whole)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table, markup=False)


def print_facts(facts: Mapping[str, object]) -> None:
    """Print names with their values, one a line."""
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        say(f"{name.ljust(width)}  {value}")


def complain(failure: CommandFailed) -> None:
    """Print why a command failed, to standard error."""
    errors.print(f"Error: {failure.sentence}", style="red", markup=False, soft_wrap=True)
    for detail in failure.details:
        errors.print(f"  {detail}", markup=False, highlight=False, soft_wrap=True)
