"""How long to wait before a mail is tried again, and when to give it up."""

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
PATIENCE = timedelta(days=5)
"""RFC 5321 4.5.4.1 asks for at least four to five days of trying."""

_DOUBLINGS_TO_LONGEST = 6


def next_attempt(attempts: int, now: datetime) -> datetime:
    """Say when to try again after so many attempts that were put off, counted from 1.

    The pause doubles with every attempt, up to five minutes.
    """
    doublings = min(max(attempts, 1) - 1, _DOUBLINGS_TO_LONGEST)
    return now + min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def is_hopeless(first_attempt_at: datetime, now: datetime) -> bool:
    """Say whether a mail that was first tried then, and is put off once more, is given up."""
    return now - first_attempt_at >= PATIENCE
