"""From a file's bytes to its lines of text."""

import codecs
import io
from collections.abc import Iterable, Iterator

from services.intake.domain.errors import IntakeError

LONGEST_LINE = 1_000_000
"""In characters; longer means that the file is no table."""

_BYTE_ORDER_MARK = "\ufeff"


class FileRefused(IntakeError):
    """A file as a whole can't be read as a table.

    Attributes:
        code: A stable word for programs.
        facts: What a program may want to know besides.
    """

    code = "file-refused"

    def __init__(self, sentence: str, **facts: object) -> None:
        self.facts = facts
        super().__init__(sentence)


class NotUtf8(FileRefused):
    """The file has another encoding than UTF-8; `byte` is the first bad one, counted from 1."""

    code = "bad-encoding"

    def __init__(self, byte: int) -> None:
        self.byte = byte
        super().__init__(
            f"The file is not UTF-8: byte {byte} (counted from 1) does not belong there. "
            "Save it as “CSV UTF-8” and send it again.",
            byte=byte,
        )


class LineTooLong(FileRefused):
    """A line goes on for ever, so the file is not a CSV table."""

    code = "not-a-table"

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(
            f"Line {line} has more than {LONGEST_LINE:,} characters: this is not a CSV table.",
            line=line,
        )


def lines_of(chunks: Iterable[bytes]) -> Iterator[str]:
    r"""Decode a file in UTF-8, with a byte order mark or without, line by line.

    Every kind of line end becomes `\n`.

    Raises:
        NotUtf8: It has another encoding.
        LineTooLong: A line has more than `LONGEST_LINE` characters.
    """
    rest = ""
    number = 0
    for text in _texts(chunks):
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            number += 1
            yield line + "\n"
        if len(rest) > LONGEST_LINE:
            raise LineTooLong(number + 1)
    if rest:
        yield rest


def _texts(chunks: Iterable[bytes]) -> Iterator[str]:
    utf8 = codecs.getincrementaldecoder("utf-8")()
    decoder = io.IncrementalNewlineDecoder(utf8, translate=True)
    bytes_before = 0
    at_start = True
    for chunk in chunks:
        text = _decoded(decoder, chunk, bytes_before, final=False)
        bytes_before += len(chunk)
        if text:
            yield text.removeprefix(_BYTE_ORDER_MARK) if at_start else text
            at_start = False
    yield _decoded(decoder, b"", bytes_before, final=True)


def _decoded(
    decoder: io.IncrementalNewlineDecoder, chunk: bytes, bytes_before: int, *, final: bool
) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        # The decoder's object is what it held back of the chunks before, and this chunk.
        began = bytes_before + len(chunk) - len(error.object)
        raise NotUtf8(began + error.start + 1) from None
