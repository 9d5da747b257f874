"""What a mail server's answer means for a delivery."""

import re
from dataclasses import dataclass
from enum import StrEnum

_ENHANCED = re.compile(r"\s*[245]\.(\d{1,3})\.\d{1,3}\b")
_ADDRESSING = 1
_NO_SUCH_MAILBOX = frozenset({550, 551, 553})
_NOT_ABOUT_THE_MAIL = frozenset({421, 503, 530, 534, 535, 538})
_REFUSED_FOR_GOOD = 500


class Step(StrEnum):
    """Which command the server answered."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    MESSAGE = "message"


class Verdict(StrEnum):
    """What becomes of the delivery.

    SENT: the server took the mail. LATER: try again after a pause. REFUSED and NO_SUCH_ADDRESS:
    never try again. INTERRUPTED: no answer came, so nobody knows; try again after a pause.
    SERVER_TROUBLE: the answer is not about this mail; none can go now.
    """

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused-by-server"
    NO_SUCH_ADDRESS = "invalid-address"
    INTERRUPTED = "interrupted"
    SERVER_TROUBLE = "server-trouble"

    @property
    def is_an_answer(self) -> bool:
        """Whether the server spoke about this mail: it can be talked to."""
        return self not in {Verdict.INTERRUPTED, Verdict.SERVER_TROUBLE}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A server's answer other than yes.

    Attributes:
        code: The SMTP reply code, 400 to 599.
        text: The reply's text, which may begin with an enhanced status code (RFC 3463).
    """

    step: Step
    code: int
    text: str


def verdict_on(refusal: Refusal) -> Verdict:
    """Say what a refusal means.

    A refused sender, or a server that closes or wants a password, would
    refuse every other mail too: no recipient is blamed for it.
    """
    if refusal.step is Step.SENDER or refusal.code in _NOT_ABOUT_THE_MAIL:
        return Verdict.SERVER_TROUBLE
    if refusal.code < _REFUSED_FOR_GOOD:
        return Verdict.LATER
    return Verdict.NO_SUCH_ADDRESS if _is_about_the_address(refusal) else Verdict.REFUSED


def _is_about_the_address(refusal: Refusal) -> bool:
    enhanced = _ENHANCED.match(refusal.text)
    if enhanced:
        return int(enhanced[1]) == _ADDRESSING
    return refusal.step is Step.RECIPIENT and refusal.code in _NO_SUCH_MAILBOX
