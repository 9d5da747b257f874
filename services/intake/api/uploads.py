"""A CSV file with its mapping, as a form brings them."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, BinaryIO, TypeVar

from fastapi import File, Form, UploadFile
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator

from services.intake.api.models import Asked
from services.intake.domain.decoding import lines_of
from services.intake.domain.faults import Rows
from services.intake.domain.mapping import Mapped, Source
from shared.problems import Problem
from shared.text import storable

R = TypeVar("R")
Word = Annotated[str, Field(max_length=500), AfterValidator(storable)]

_CHUNK_BYTES = 256 * 1024
_LONGEST_MAPPING = 100_000

CsvFile = Annotated[UploadFile, File(description="A CSV table in UTF-8, with a header.")]
MappingText = Annotated[
    str,
    Form(
        max_length=_LONGEST_MAPPING,
        description=(
            'JSON: where fields come from, such as {"email": "Mail", "time_zone": {"constant": '
            '"Europe/Berlin"}, "department": {"column": "Dept", "values": {"R&D": "Research"}}}. '
            "A field that is not named comes from the column with its own name."
        ),
    ),
]


class SourceAsked(Asked):
    """A field's source: a column, with words to translate if need be, or a constant."""

    column: Word | None = None
    constant: Word | None = None
    values: dict[str, Word] = Field(default={}, max_length=2000)

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "SourceAsked":
        if self.constant is not None and (self.column is not None or self.values):
            message = "a constant stands alone, without column and values"
            raise ValueError(message)
        return self


_MAPPING: TypeAdapter[dict[str, Word | SourceAsked]] = TypeAdapter(dict[str, Word | SourceAsked])


def mapping_of(json: str) -> Mapped:
    """Read a mapping.

    Raises:
        Problem: It has another form.
    """
    try:
        asked = _MAPPING.validate_json(json)
    except ValidationError as error:
        errors = [
            {"pointer": "/mapping/" + "/".join(map(str, item["loc"])), "reason": item["msg"]}
            for item in error.errors(include_input=False, include_url=False)
        ]
        detail = "The mapping is not of its form; `errors` says where and why."
        raise Problem(422, "Mapping refused", detail, "bad-mapping", errors=errors) from None
    return {field: _source(source) for field, source in asked.items()}


async def read_table(
    file: UploadFile, mapped: Mapped, read: Callable[[Iterable[str], Mapped], Rows[R]]
) -> Rows[R]:
    """Read the rows of an uploaded table, outside the event loop."""
    return await asyncio.to_thread(lambda: read(lines_of(_chunks(file.file)), mapped))


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


def _source(asked: Word | SourceAsked) -> Source:
    if isinstance(asked, str):
        return Source(column=asked)
    return Source(asked.column, asked.constant, asked.values)
