"""What all of matching's own errors have in common."""


class MatchingError(Exception):
    """Matching cannot do what it was asked; the message is a full sentence for a coordinator."""
