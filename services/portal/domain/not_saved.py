"""Why answers could not be saved; whoever wrote them sees their words again, and the reason."""

from collections.abc import Mapping
from enum import StrEnum


class NotSaved(StrEnum):
    """A reason; the page `checkin-not-saved` has the words for each."""

    SIGNED_OUT = "signed-out"
    OTHER_ROLE = "other-role"
    FOREIGN_PAGE = "foreign-page"
    ANSWERED = "answered"
    NOT_YOURS = "not-yours"
    LINK_BROKEN = "link-broken"
    LINK_EXPIRED = "link-expired"
    REFUSED = "refused"
    AWAY = "away"
    MISTAKE = "mistake"

    @property
    def status(self) -> int:
        """The HTTP status that says the same to programs."""
        return _STATUS[self]

    @property
    def can_be_sent_again(self) -> bool:
        """Whether the same words, sent again from the page that shows them, can be saved."""
        return self in _PASSING


_STATUS: Mapping[NotSaved, int] = {
    NotSaved.SIGNED_OUT: 403,
    NotSaved.OTHER_ROLE: 403,
    NotSaved.FOREIGN_PAGE: 403,
    NotSaved.ANSWERED: 409,
    NotSaved.NOT_YOURS: 404,
    NotSaved.LINK_BROKEN: 404,
    NotSaved.LINK_EXPIRED: 410,
    NotSaved.REFUSED: 422,
    NotSaved.AWAY: 503,
    NotSaved.MISTAKE: 500,
}

_PASSING = frozenset(
    {
        NotSaved.SIGNED_OUT,
        NotSaved.FOREIGN_PAGE,
        NotSaved.REFUSED,
        NotSaved.AWAY,
        NotSaved.MISTAKE,
    }
)
