"""What all of intake's refusals have in common."""


class IntakeError(Exception):
    """Something that was asked of intake can't be done; the message is a full sentence."""
