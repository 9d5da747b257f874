"""Notices programs that crash, and those that keep crashing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from deploy.embedded.errors import CannotStart
from deploy.embedded.files import last_lines
from deploy.up.supervision import State

TOO_MANY_STARTS = 3
WITHIN_SECONDS = 60


@dataclass
class Watch:
    """Remembers each program's starts, to tell one crash from many."""

    _starts: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def notice(self, states: Iterable[State]) -> Iterator[str]:
        """Take in what the supervisor says; yield a sentence per program started again."""
        for state in states:
            starts = self._starts[state.name]
            if not state.started or starts[-1:] == [state.started]:
                continue
            starts.append(state.started)
            if self.keeps_crashing(state):
                yield complaint(state)
            elif len(starts) > 1:
                yield f"{state.name} stopped and was started again."

    def keeps_crashing(self, state: State) -> bool:
        """Say whether a program was started too often in a short time, or was given up."""
        starts = self._starts[state.name]
        recent = [start for start in starts if start > starts[-1] - WITHIN_SECONDS]
        return state.has_given_up or len(recent) >= TOO_MANY_STARTS

    def refuse_crashing(self, states: Iterable[State]) -> None:
        """Raise for the first program that keeps crashing."""
        states = list(states)
        list(self.notice(states))
        for state in states:
            if self.keeps_crashing(state):
                raise CannotStart(complaint(state))


def complaint(state: State) -> str:
    """Name the program that keeps crashing, its log, and what the log ends with."""
    return f"{state.name} keeps crashing: see {state.log}, which ends with\n{last_lines(state.log)}"
