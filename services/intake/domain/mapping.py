"""Where the values of our fields come from in somebody else's table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from services.intake.domain.cells import WrongCell
from services.intake.domain.decoding import FileRefused


@dataclass(frozen=True, slots=True)
class Source:
    """Where one field's text comes from.

    Attributes:
        column: The header of a column; None means the field's own name, unless it is constant.
        constant: A text that every row has, in place of a column.
        values: Words of the file in our words; others stay as they are.
    """

    column: str | None = None
    constant: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


Mapped: TypeAlias = Mapping[str, Source]
"""The source of each field that does not come from a column with the field's own name."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of ours.

    Attributes:
        read: Makes a value of a cell's text, or raises WrongCell.
        required: Whether every row must say it.
        otherwise: The value when a row, or the whole table, does not say it.
    """

    name: str
    read: Callable[[str], Any]
    required: bool = False
    otherwise: Any = None


@dataclass(frozen=True, slots=True)
class Binding:
    """A field bound to a table: the index of its column, or None and the value of every row."""

    field: Field
    index: int | None
    values: Mapping[str, str]
    constant: Any


class UnknownFields(FileRefused):
    """A mapping speaks of fields that do not exist."""

    code = "bad-mapping"

    def __init__(self, names: Iterable[str], known: Iterable[str]) -> None:
        self.names = sorted(names)
        super().__init__(
            f"The mapping names fields that do not exist: {_quoted(self.names)}. "
            f"The fields are {_quoted(known)}.",
            fields=self.names,
        )


class WrongConstant(FileRefused):
    """A mapping gives a field a constant that it can't have."""

    code = "bad-mapping"

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        super().__init__(f"The mapping's constant for “{name}” {reason}.", fields=[name])


class WrongHeader(FileRefused):
    """The table's header lacks columns that are needed, or has one of them twice."""

    code = "wrong-header"

    def __init__(
        self, missing: Sequence[str], repeated: Sequence[str], found: Sequence[str]
    ) -> None:
        self.missing = list(missing)
        self.repeated = list(repeated)
        self.found = list(found)
        lacks = [f"The header lacks {_quoted(missing)}."] if missing else []
        twice = [f"The header has {_quoted(repeated)} more than once."] if repeated else []
        super().__init__(
            " ".join([*lacks, *twice, f"It has {_quoted(found)}."]),
            missing=self.missing,
            repeated=self.repeated,
            found=self.found,
        )


def column_of(name: str, mapped: Mapped) -> str:
    """The header of the column that a field comes from."""
    source = mapped.get(name, Source())
    return source.column or name


def bind(header: Sequence[str], fields: Sequence[Field], mapped: Mapped) -> list[Binding]:
    """Find every field's column by its header, whatever its case and surrounding blanks.

    Raises:
        UnknownFields: The mapping speaks of other fields.
        WrongConstant: A constant is no value of its field.
        WrongHeader: Columns are missing or ambiguous.
    """
    unknown = mapped.keys() - {field.name for field in fields}
    if unknown:
        raise UnknownFields(unknown, [field.name for field in fields])
    headers = [_key(title) for title in header]
    _check_header(header, headers, fields, mapped)
    return [_binding(field, headers, mapped.get(field.name, Source())) for field in fields]


def _check_header(
    header: Sequence[str], headers: Sequence[str], fields: Sequence[Field], mapped: Mapped
) -> None:
    columns = [
        (column_of(field.name, mapped), field.required or field.name in mapped)
        for field in fields
        if mapped.get(field.name, Source()).constant is None
    ]
    missing = [name for name, needed in columns if needed and _key(name) not in headers]
    repeated = [name for name, _ in columns if headers.count(_key(name)) > 1]
    if missing or repeated:
        raise WrongHeader(list(dict.fromkeys(missing)), list(dict.fromkeys(repeated)), header)


def _binding(field: Field, headers: Sequence[str], source: Source) -> Binding:
    if source.constant is not None:
        return Binding(field, None, {}, _constant(field, source.constant))
    key = _key(source.column or field.name)
    index = headers.index(key) if key in headers else None
    return Binding(field, index, source.values, field.otherwise)


def _constant(field: Field, text: str) -> Any:
    if not text.strip():
        if field.required:
            raise WrongConstant(field.name, "is empty")
        return field.otherwise
    try:
        return field.read(text)
    except WrongCell as error:
        raise WrongConstant(field.name, error.reason) from None


def _key(title: str) -> str:
    return title.strip().casefold()


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
