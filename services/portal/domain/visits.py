"""Rules about whoever visits: where they are sent on, how often they try, how long they stay."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

SESSION_LIFE = timedelta(hours=12)
LINK_LIFE = timedelta(minutes=10)
WINDOW = timedelta(minutes=10)
MOST_PER_ADDRESS = 3
MOST_PER_HOST = 300
"""A company may sit behind one address, and all of it wants to sign in on the first morning."""

_OUR_PAGE = re.compile(r"/(?![/\\])[\x21-\x7e]*")
_PORT_BEHIND = re.compile(r"(?:\[([^]]*)]|([0-9.]+))(?::\d+)?")
_LOOKS_LIKE_AN_ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")


def our_page(path: str) -> str:
    """A page of ours to go on to; the first one for whatever leads elsewhere."""
    return path if _OUR_PAGE.fullmatch(path) else "/"


def looks_like_an_address(text: str) -> bool:
    """Whether it is worth looking for somebody with this mail address."""
    return bool(_LOOKS_LIKE_AN_ADDRESS.fullmatch(text))


def host_of(peer: str, forwarded_for: str, proxies: Iterable[IPv4Network | IPv6Network]) -> str:
    """Where a request comes from.

    That is the address that connects. If it is a proxy that we trust, it is the one that the proxy
    has added last to X-Forwarded-For, and so on from the right; what stands further left, anybody
    may have written.
    """
    trusted, host = tuple(proxies), _address(peer)
    if host is None:
        return peer
    for word in reversed(forwarded_for.split(",")):
        before = _address(word)
        if before is None or not any(host in network for network in trusted):
            break
        host = before
    return str(host)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    found = _PORT_BEHIND.fullmatch(text.strip())
    bare = (found[1] or found[2] or "") if found else text.strip()
    with suppress(ValueError):
        address = ip_address(bare)
        return getattr(address, "ipv4_mapped", None) or address
    return None


def is_over(asked_at: datetime, now: datetime) -> bool:
    """Whether a link that was asked for then is no longer good."""
    return now - asked_at > LINK_LIFE
