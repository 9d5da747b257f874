"""A table of text as rows of values, with every fault noted."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from services.intake.domain.cells import WrongCell
from services.intake.domain.decoding import FileRefused
from services.intake.domain.faults import Fault, Faults
from services.intake.domain.mapping import Binding, Field, Mapped, bind

MOST_ROWS = 250_000
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says.

    Attributes:
        number: The spreadsheet row, counted from 1 with the header.
        values: The values of the fields that could be read, by the field's name.
        complete: Whether all could be read.
    """

    number: int
    values: dict[str, Any]
    complete: bool


class EmptyFile(FileRefused):
    """There is nothing in the file."""

    code = "empty-file"

    def __init__(self) -> None:
        super().__init__("The file is empty; it needs a header and at least one row.")


class NoRows(FileRefused):
    """The file has a header and nothing below it."""

    code = "no-rows"

    def __init__(self) -> None:
        super().__init__("The file has a header but no row below it.")


class BrokenQuoting(FileRefused):
    """A row's quotation marks do not match, so nothing after it can be read."""

    code = "broken-quoting"

    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__(
            f"Row {row} can't be read: a quotation mark is opened and not closed, "
            "or closed inside a cell, or the cell goes on for ever.",
            row=row,
        )


class NulCharacter(FileRefused):
    """A NUL character, which no text has: the file is damaged or has another encoding."""

    code = "nul-character"

    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__(
            f"Row {row} holds a NUL character: the file is damaged, or not saved as “CSV UTF-8”.",
            row=row,
        )


class TooManyRows(FileRefused):
    """The table is longer than one import may be."""

    code = "too-many-rows"

    def __init__(self) -> None:
        super().__init__(f"The file has more than {MOST_ROWS:,} rows; split it.", limit=MOST_ROWS)


def read_sheet(
    lines: Iterable[str], fields: Sequence[Field], mapped: Mapped, faults: Faults
) -> Iterator[Row]:
    """Read a table row by row; rows that are wholly empty are passed over.

    Args:
        lines: The table, each line with its line end.
        fields: What to read.
        mapped: Where it comes from, if not from columns with the fields' names.
        faults: Takes what is wrong in single rows.

    Raises:
        FileRefused: The table as a whole can't be read.
    """
    records = _records(lines)
    header = next(records, None)
    if header is None:
        raise EmptyFile
    number, titles = header
    bindings = bind(titles, fields, mapped)
    for number, record in records:
        if len(record) == len(titles):
            yield _row(number, record, bindings, faults)
        else:
            reason = f"has {len(record)} cells where the header has {len(titles)}"
            faults.add(Fault(number, None, reason))
    if number == header[0]:
        raise NoRows


def _records(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The records that are not empty, each with its spreadsheet row."""
    iterator = iter(lines)
    first = next(iterator, "")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(chain([first], iterator), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, record in enumerate(reader, start=1):
            if number > MOST_ROWS + 1:
                raise TooManyRows
            if any("\x00" in cell for cell in record):
                raise NulCharacter(number)
            if any(cell and not cell.isspace() for cell in record):
                yield number, record
    except csv.Error:
        raise BrokenQuoting(number + 1) from None


def _row(number: int, record: Sequence[str], bindings: Sequence[Binding], faults: Faults) -> Row:
    values: dict[str, Any] = {}
    for binding in bindings:
        try:
            values[binding.field.name] = _value(record, binding)
        except WrongCell as error:
            faults.add(Fault(number, binding.field.name, error.reason))
    return Row(number, values, complete=len(values) == len(bindings))


def _value(record: Sequence[str], binding: Binding) -> Any:
    if binding.index is None:
        return binding.constant
    cell = record[binding.index]
    text = binding.values.get(cell.strip(), cell) if binding.values else cell
    if text and not text.isspace():
        return binding.field.read(text)
    if binding.field.required:
        raise WrongCell("is empty")
    return binding.field.otherwise
