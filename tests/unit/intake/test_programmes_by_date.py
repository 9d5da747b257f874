"""How programmes go on by themselves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.intake.domain.by_date import end_instant, first_instant, moved_by_date, next_move
from services.intake.domain.errors import IntakeError
from services.intake.domain.programmes import (
    Kind,
    Programme,
    State,
    ended,
    moved,
    moves_of,
    opened,
    started,
)
from tandem_events import Policies

OPENS = datetime(2026, 3, 1, 9, tzinfo=UTC)
CLOSES = datetime(2026, 3, 20, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def a_programme(state: State, **other: object) -> Programme:
    made = Programme(
        UUID(int=1), "Spring", state, OPENS, CLOSES, date(2026, 3, 29), date(2026, 10, 24),
        Policies(), time_zone=BERLIN,
    )  # fmt: skip
    return replace(made, **other)  # type: ignore[arg-type]


class TestNextMove:
    def test_starts_and_ends_with_the_days_where_the_programme_is(self) -> None:
        """Its first night is an hour shorter, and the one after its last an hour longer."""
        closed, running = a_programme(State.CLOSED), a_programme(State.RUNNING)

        assert next_move(closed) == (datetime(2026, 3, 28, 23, tzinfo=UTC), State.RUNNING)
        assert next_move(running) == (datetime(2026, 10, 24, 22, tzinfo=UTC), State.ENDED)

    def test_of_a_day_without_midnight_is_when_the_clocks_have_changed(self) -> None:
        begins = first_instant(date(2026, 4, 24), "Africa/Cairo")

        assert begins == datetime(2026, 4, 23, 22, tzinfo=UTC)

    def test_opens_a_draft_only_if_that_was_scheduled(self) -> None:
        assert next_move(a_programme(State.DRAFT)) is None
        assert next_move(a_programme(State.DRAFT, opens_by_date=True)) == (OPENS, State.OPEN)

    def test_of_a_scheduled_draft_whose_enrolment_is_over_gives_the_opening_up(self) -> None:
        late = moved_by_date(a_programme(State.DRAFT, opens_by_date=True), CLOSES)

        assert late == a_programme(State.DRAFT)

    def test_lets_an_always_open_programme_run_without_closing(self) -> None:
        always = a_programme(
            State.OPEN, kind=Kind.ALWAYS_OPEN, enrolment_closes_at=CLOSES + timedelta(days=100)
        )

        assert next_move(always) == (datetime(2026, 3, 28, 23, tzinfo=UTC), State.RUNNING)


class ALifeByHandAndByDate(RuleBasedStateMachine):
    """Whatever a coordinator does and however time passes, the moves are legal and it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.now = OPENS - timedelta(days=5)
        self.programme = a_programme(State.DRAFT, opens_by_date=True)
        self.seen = [State.DRAFT]

    @rule(move=st.sampled_from([opened, started, ended, "close"]))
    def by_hand(self, move: Callable[[Programme, datetime], Programme] | str) -> None:
        act = move if callable(move) else (lambda programme, _now: moved(programme, State.CLOSED))
        try:
            self._become(act(self.programme, self.now))
        except IntakeError:
            return

    @rule(kind=st.sampled_from(Kind))
    @precondition(lambda self: self.programme.state is State.DRAFT)
    def of_another_kind(self, kind: Kind) -> None:
        self.programme = replace(self.programme, kind=kind)

    @rule(hours=st.integers(1, 24 * 40))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for _ in State:
            self._become(moved_by_date(self.programme, self.now))

    @invariant()
    def nothing_is_due_after_time_has_passed(self) -> None:
        after = moved_by_date(self.programme, self.now)
        assert after.state is self.programme.state or self._has_just_been_moved_by_hand()

    @invariant()
    def a_programme_past_its_last_day_says_so(self) -> None:
        started_once = State.RUNNING in self.seen
        if started_once and self.now >= end_instant(self.programme):
            assert self.programme.state is State.ENDED or self._has_just_been_moved_by_hand()

    def _become(self, programme: Programme) -> None:
        before, after = self.programme.state, programme.state
        assert after is before or after in moves_of(self.programme.kind, before)
        self.programme = programme
        if after is not before:
            self.seen.append(after)
            self.moved_at = self.now

    def _has_just_been_moved_by_hand(self) -> bool:
        return self.moved_at == self.now


TestALifeByHandAndByDate = ALifeByHandAndByDate.TestCase
