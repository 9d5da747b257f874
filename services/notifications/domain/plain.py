"""Text that people wrote, made fit for one line of a mail."""

import unicodedata

_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp", "Zs"})


def one_line(text: str) -> str:
    """Return the text on one line: control characters and spaces become single spaces.

    Marks that turn the direction of the text around them are left out; joiners stay, since
    names in some scripts need them.
    """
    letters = (" " if unicodedata.category(letter) in _BREAKING else letter for letter in text)
    return " ".join("".join(letter for letter in letters if letter not in _BIDI_CONTROLS).split())
