"""When a programme's people are matched."""

from uuid import UUID

from services.matching.domain.errors import MatchingError

MATCHABLE = frozenset({"open", "closed", "running"})


class ProgrammeNotMatchable(MatchingError):
    """A programme's state does not allow matching."""

    def __init__(self, programme_id: UUID, state: str) -> None:
        self.programme_id = programme_id
        self.state = state
        super().__init__(
            f"Programme {programme_id} is {state}; "
            "people are matched while it is open, closed for enrolment, or running."
        )


def check_matchable(programme_id: UUID, state: str) -> None:
    """Check that a programme's people may be matched now, and pairs be formed.

    Raises:
        ProgrammeNotMatchable: It has not opened yet, has ended, or is in a state unknown here.
    """
    if state not in MATCHABLE:
        raise ProgrammeNotMatchable(programme_id, state)
