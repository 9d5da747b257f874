"""Text from outside: what PostgreSQL and JSON can hold, and nothing else."""

from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints


class UnstorableText(ValueError):
    """A text holds a NUL or half of a surrogate pair."""

    def __init__(self) -> None:
        super().__init__("must not contain NUL characters or broken Unicode (lone surrogates)")


def storable(value: str) -> str:
    """Return the text unchanged.

    Raises:
        UnstorableText: It holds a NUL or a lone surrogate.
    """
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise UnstorableText
    return value


def text(max_length: int, min_length: int = 1) -> Any:
    """A pydantic type: trimmed text within bounds that can be stored."""
    return Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=min_length, max_length=max_length),
        AfterValidator(storable),
    ]
