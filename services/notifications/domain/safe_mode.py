"""Safe mode: until HR goes live, only the people on a list get mail."""

from dataclasses import dataclass
from typing import Self

from services.notifications.domain.addresses import UnusableAddress, routable


class WrongMailOnlyTo(ValueError):
    """An entry of the list is neither an address nor an @domain; `entry` says which."""

    def __init__(self, entry: str) -> None:
        self.entry = entry
        super().__init__(
            f"{entry!r} is neither a mail address (ana@example.com) nor a domain (@example.com)."
        )


@dataclass(frozen=True, slots=True)
class MailOnlyTo:
    """Who may get mail.

    Attributes:
        addresses: Whole addresses, in lower case.
        domains: What stands after the @, in lower case; a domain does not include those below it.
    """

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a comma-separated list of addresses and @domains; an empty one permits everyone.

        Raises:
            WrongMailOnlyTo: An entry is neither.
        """
        entries = [entry.strip() for entry in text.split(",") if entry.strip()]
        whole = {_normal(entry, entry) for entry in entries if not entry.startswith("@")}
        domains = {_normal(f"x{entry}", entry) for entry in entries if entry.startswith("@")}
        return cls(frozenset(whole), frozenset(domain.removeprefix("x@") for domain in domains))

    def permits(self, address: str) -> bool:
        """Say whether mail may go to this routable address."""
        if not self.addresses and not self.domains:
            return True
        normal = address.lower()
        return normal in self.addresses or normal.rpartition("@")[2] in self.domains


def _normal(address: str, entry: str) -> str:
    try:
        return routable(address).lower()
    except UnusableAddress:
        raise WrongMailOnlyTo(entry) from None
