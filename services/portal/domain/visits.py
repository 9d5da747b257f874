"""Rules about whoever visits: where they are sent on, how often they try, how long they stay."""

import re
from datetime import datetime, timedelta

SESSION_LIFE = timedelta(hours=12)
LINK_LIFE = timedelta(minutes=10)
WINDOW = timedelta(minutes=10)
MOST_PER_ADDRESS = 3
MOST_PER_SOURCE = 30

_OUR_PAGE = re.compile(r"/(?![/\\])[\x21-\x7e]*")
_LOOKS_LIKE_AN_ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")


def our_page(path: str) -> str:
    """A page of ours to go on to; the first one for whatever leads elsewhere."""
    return path if _OUR_PAGE.fullmatch(path) else "/"


def looks_like_an_address(text: str) -> bool:
    """Whether it is worth looking for somebody with this mail address."""
    return bool(_LOOKS_LIKE_AN_ADDRESS.fullmatch(text))


def is_over(asked_at: datetime, now: datetime) -> bool:
    """Whether a link that was asked for then is no longer good."""
    return now - asked_at > LINK_LIFE
