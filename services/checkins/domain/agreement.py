"""What a pair holds to when it has not agreed on anything itself."""

from dataclasses import dataclass
from datetime import date

CADENCE = "twice-a-month"
CHANNELS = ("video", "phone")


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a pair holds to.

    Attributes:
        cadence: A code for how often the two meet.
        channels: Codes for by what they meet, the first one first, then the back-up in order.
    """

    cadence: str
    channels: tuple[str, ...]
    expected_end: date
    may_outlive_programme: bool


def default_agreement(programme_ends_on: date) -> Agreement:
    """Twice a month by video, else by phone, until the programme's end."""
    return Agreement(CADENCE, CHANNELS, programme_ends_on, may_outlive_programme=False)
