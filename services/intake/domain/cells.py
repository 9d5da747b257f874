"""From the text of one cell to a value, or a reason why not."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from zoneinfo import available_timezones

from services.intake.domain.errors import IntakeError

LONGEST_NAME = 200
LONGEST_CODE = 80
LONGEST_EMAIL = 254
MOST_CODES = 20
SEPARATOR = ";"

_UNWRITABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")


class WrongCell(IntakeError):
    """A cell's text does not make a value; `reason` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The value {reason}.")


def plain(value: str) -> str:
    """Trim a text and bring it to Unicode's composed form, so that equal texts are equal.

    Raises:
        WrongCell: It holds control characters, line breaks or lone surrogates.
    """
    if not value.isprintable():
        _refuse_unwritable(value)
    return unicodedata.normalize("NFC", value).strip()


def text_up_to(longest: int) -> Callable[[str], str]:
    """A reader of texts of 1 to `longest` characters."""

    def read(value: str) -> str:
        text = plain(value)
        if len(text) > longest:
            raise WrongCell(f"has {len(text)} characters; at most {longest} can be kept")
        return text

    return read


name = text_up_to(LONGEST_NAME)
code = lru_cache(maxsize=4096)(text_up_to(LONGEST_CODE))


def email(value: str) -> str:
    """Read an e-mail address: one, plain ASCII, with a domain that has a dot.

    Raises:
        WrongCell: It is none.
    """
    text = plain(value)
    if len(text) > LONGEST_EMAIL:
        raise WrongCell(f"has {len(text)} characters; an address has {LONGEST_EMAIL} at most")
    if not _EMAIL.fullmatch(text) or len(text.partition("@")[0]) > 64:  # noqa: PLR2004 - RFC 5321
        raise WrongCell("is not an e-mail address such as ana@example.com (no accents)")
    return text


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds."""

    @lru_cache(maxsize=4096)
    def read(value: str) -> int:
        text = plain(value)
        if not _WHOLE_NUMBER.fullmatch(text) or not lowest <= int(text) <= highest:
            raise WrongCell(f"is not a whole number from {lowest} to {highest}")
        return int(text)

    return read


@lru_cache(maxsize=4096)
def time_zone(value: str) -> str:
    """Read the name of an IANA time zone.

    Raises:
        WrongCell: There is no such zone.
    """
    text = plain(value)
    if text not in _time_zones():
        raise WrongCell("is not a time zone such as Europe/Berlin")
    return text


@lru_cache(maxsize=4096)
def locale(value: str) -> str:
    """Read a language with an optional script and country, such as `pt-BR`.

    Raises:
        WrongCell: It has another form.
    """
    text = plain(value).replace("_", "-")
    if not _LOCALE.fullmatch(text):
        raise WrongCell("is not a language tag such as en or pt-BR")
    return text


@lru_cache(maxsize=4096)
def codes(value: str) -> tuple[str, ...]:
    """Read codes separated by semicolons, each once, in their order.

    Raises:
        WrongCell: One is too long, or there are too many.
    """
    return several_codes(tuple(value.split(SEPARATOR)))


def several_codes(values: tuple[str, ...]) -> tuple[str, ...]:
    """Read codes that are apart already; empty and repeated ones are left out.

    Raises:
        WrongCell: One is too long, or there are too many.
    """
    read = tuple(dict.fromkeys(text for text in map(code, values) if text))
    if len(read) > MOST_CODES:
        raise WrongCell(f"names {len(read)} values; at most {MOST_CODES} can be kept")
    return read


@lru_cache(maxsize=4096)
def working_days(value: str) -> tuple[int, ...]:
    """Read days of the week separated by semicolons: 1 is Monday, 7 is Sunday.

    Raises:
        WrongCell: There is none, or something else than a day.
    """
    days = tuple(sorted({text.strip() for text in value.split(SEPARATOR) if text.strip()}))
    if not days or not set(days) <= set("1234567"):
        raise WrongCell("does not name working days such as 1;2;3;4;5 (1 is Monday)")
    return tuple(int(day) for day in days)


def one_of(*words: str) -> Callable[[str], str]:
    """A reader of words out of a few, whatever their case."""

    def read(value: str) -> str:
        text = plain(value).casefold()
        if text not in words:
            raise WrongCell(f"is none of {', '.join(words)}")
        return text

    return read


def _refuse_unwritable(value: str) -> None:
    if "\x00" in value:
        raise WrongCell("holds a NUL character")
    if any(unicodedata.category(letter) in _UNWRITABLE for letter in value.strip()):
        raise WrongCell("holds line breaks, control characters or broken Unicode")


@cache
def _time_zones() -> frozenset[str]:
    # The zones' names are data of the standard library; walking its files once is no I/O of ours.
    return frozenset(available_timezones())
