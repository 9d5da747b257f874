"""What all of checkins' own errors have in common."""


class CheckinsError(Exception):
    """Something that was asked of checkins can't be done; the message is a full sentence."""
