"""The states of a programme."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.programmes import (
    MOVES,
    EnrolmentOver,
    HasEnded,
    IllegalMove,
    NotOpen,
    Programme,
    State,
    WrongDates,
    amended,
    check_enrolment,
    drafted,
    moved,
    opened,
    told,
)
from tandem_events import Policies

OPENS = datetime(2026, 3, 1, tzinfo=UTC)
CLOSES = datetime(2026, 3, 29, tzinfo=UTC)
JUST_BEFORE = timedelta(microseconds=1)


def a_programme(state: State = State.DRAFT) -> Programme:
    return Programme(
        UUID(int=1), "Spring", state, OPENS, CLOSES, date(2026, 4, 1), date(2026, 12, 1),
        Policies(),
    )  # fmt: skip


states = st.sampled_from(State)


class TestMoved:
    @given(states, states)
    def test_goes_along_legal_moves_only(self, state: State, to: State) -> None:
        if to in MOVES[state]:
            assert moved(a_programme(state), to) == a_programme(to)
        else:
            with pytest.raises(IllegalMove, match=f"is {state} and can't become {to}"):
                moved(a_programme(state), to)

    def test_never_leaves_the_end(self) -> None:
        assert not MOVES[State.ENDED]

    @given(states)
    def test_can_reach_the_end_from_everywhere(self, state: State) -> None:
        reached = {state}
        for _ in State:
            reached |= {to for held in reached for to in MOVES[held]}

        assert State.ENDED in reached


class TestOpened:
    def test_opens_a_draft_until_its_last_instant(self) -> None:
        assert opened(a_programme(), CLOSES - JUST_BEFORE).state is State.OPEN

    def test_refuses_when_enrolment_has_ended(self) -> None:
        with pytest.raises(EnrolmentOver):
            opened(a_programme(), CLOSES)

    def test_opens_a_closed_programme_again(self) -> None:
        assert opened(a_programme(State.CLOSED), OPENS).state is State.OPEN


class TestCheckEnrolment:
    def test_lets_people_in_while_open(self) -> None:
        check_enrolment(a_programme(State.OPEN), CLOSES - JUST_BEFORE)

    def test_lets_nobody_in_from_the_closing_instant_on(self) -> None:
        with pytest.raises(NotOpen, match="enrolment has ended"):
            check_enrolment(a_programme(State.OPEN), CLOSES)

    @given(states.filter(lambda state: state is not State.OPEN))
    def test_lets_nobody_in_in_another_state(self, state: State) -> None:
        with pytest.raises(NotOpen, match=f"it is {state}"):
            check_enrolment(a_programme(state), OPENS)


class TestDates:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("enrolment_closes_at", OPENS),
            ("ends_on", date(2026, 4, 1)),
            ("starts_on", date(2026, 12, 1)),
            ("enrolment_closes_at", datetime(2026, 12, 1, tzinfo=UTC)),
        ],
    )
    def test_that_contradict_one_another_are_refused(self, field: str, value: object) -> None:
        with pytest.raises(WrongDates):
            drafted(replace(a_programme(), **{field: value}))  # type: ignore[arg-type]

        with pytest.raises(WrongDates):
            amended(a_programme(), {field: value})

    def test_of_an_ended_programme_stay(self) -> None:
        with pytest.raises(HasEnded):
            amended(a_programme(State.ENDED), {"name": "Autumn"})


class TestTold:
    @given(states)
    def test_tells_the_programme_whole(self, state: State) -> None:
        event = told(a_programme(state))

        held = a_programme(state)
        assert all(getattr(event, field) == getattr(held, field) for field in held.__slots__)
