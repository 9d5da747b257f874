"""Mail addresses: which of them a mail server can be given."""

import re

_LONGEST_ADDRESS = 254
_LONGEST_LOCAL_PART = 64
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class UnusableAddress(ValueError):
    """No mail server can be given this address. The sentence doesn't repeat it."""

    def __init__(self) -> None:
        super().__init__("The mail address is not of a form that a mail server can be given.")


def routable(address: str) -> str:
    """Return the address as it goes into SMTP commands and headers: ASCII, with an IDNA domain.

    Quoted local parts, address literals and local parts outside ASCII are refused: hardly any
    server takes them, and they are how commands and headers are smuggled in.

    Raises:
        UnusableAddress: It is not such an address.
    """
    local_part, at, domain = address.strip(" ").rpartition("@")
    if not at or len(local_part) > _LONGEST_LOCAL_PART or not _LOCAL_PART.fullmatch(local_part):
        raise UnusableAddress
    result = f"{local_part}@{_ascii_domain(domain)}"
    if len(result) > _LONGEST_ADDRESS:
        raise UnusableAddress
    return result


def _ascii_domain(domain: str) -> str:
    try:
        name = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise UnusableAddress from None
    if not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise UnusableAddress
    return name
