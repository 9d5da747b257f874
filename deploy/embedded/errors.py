"""What the embedded servers say when they cannot do their work."""


class CannotStart(Exception):
    """Something a person must put right first; its text is one sentence saying what."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
