"""The states of a programme."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.programmes import (
    MOVES,
    Enrolment,
    EnrolmentOver,
    FarDate,
    Fixed,
    HasEnded,
    IllegalMove,
    Incentive,
    Kind,
    NotOpen,
    Programme,
    State,
    WrongDates,
    amended,
    cloned,
    drafted,
    ended,
    enrolment_of,
    moved,
    moves_of,
    opened,
    started,
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

    def test_before_its_time_has_opened_now(self) -> None:
        early = opened(a_programme(), OPENS - timedelta(days=1))

        assert early.enrolment_opens_at == OPENS - timedelta(days=1)


class TestStarted:
    def test_before_its_first_day_starts_today_where_the_programme_is(self) -> None:
        closed = replace(a_programme(State.CLOSED), time_zone="Pacific/Auckland")

        assert started(closed, datetime(2026, 3, 30, 12, tzinfo=UTC)).starts_on == date(2026, 3, 31)

    def test_before_enrolment_would_have_closed_ends_it_but_for_an_always_open_one(self) -> None:
        now = CLOSES - timedelta(days=3)
        always = replace(a_programme(State.OPEN), kind=Kind.ALWAYS_OPEN)

        assert started(a_programme(State.CLOSED), now).enrolment_closes_at == now
        assert started(always, now).enrolment_closes_at == CLOSES

    def test_after_its_first_day_keeps_it(self) -> None:
        late = started(a_programme(State.CLOSED), datetime(2026, 5, 1, tzinfo=UTC))

        assert (late.state, late.starts_on) == (State.RUNNING, date(2026, 4, 1))

    def test_lets_only_an_always_open_programme_run_without_having_closed(self) -> None:
        assert State.RUNNING in moves_of(Kind.ALWAYS_OPEN, State.OPEN)
        with pytest.raises(IllegalMove):
            started(a_programme(State.OPEN), CLOSES)


class TestEnded:
    def test_before_its_last_day_has_today_for_its_last(self) -> None:
        over = ended(a_programme(State.RUNNING), datetime(2026, 7, 1, 12, tzinfo=UTC))

        assert (over.state, over.ends_on) == (State.ENDED, date(2026, 7, 1))

    @given(st.integers(0, 400))
    def test_never_makes_it_longer_and_keeps_two_days(self, days: int) -> None:
        over = ended(a_programme(State.RUNNING), OPENS + timedelta(days=days))

        assert over.starts_on < over.ends_on <= date(2026, 12, 1)


class TestCloned:
    def test_is_a_draft_with_the_same_rules_and_other_dates(self) -> None:
        last = replace(
            a_programme(State.ENDED),
            kind=Kind.YEARLY,
            audience=("Sales",),
            incentives=(Incentive("day", "A day off"),),
            test_for=UUID(int=3),
        )
        dates: dict[str, Any] = {
            "name": "Spring 2027",
            "enrolment_opens_at": datetime(2027, 3, 1, tzinfo=UTC),
            "enrolment_closes_at": datetime(2027, 3, 29, tzinfo=UTC),
            "starts_on": date(2027, 4, 1),
            "ends_on": date(2027, 12, 1),
        }

        clone = cloned(last, UUID(int=2), dates)

        assert clone == replace(
            last, programme_id=UUID(int=2), state=State.DRAFT, test_for=None, **dates
        )

    def test_refuses_contradicting_dates(self) -> None:
        with pytest.raises(WrongDates):
            cloned(a_programme(), UUID(int=2), {"ends_on": date(2026, 3, 1)})


class TestEnrolmentOf:
    def test_lets_people_in_while_open(self) -> None:
        enrolment = enrolment_of(a_programme(State.OPEN), CLOSES - JUST_BEFORE)

        assert enrolment is Enrolment.OF_EVERYBODY

    def test_of_a_yearly_programme_goes_on_for_newcomers_while_it_is_running(self) -> None:
        yearly = replace(a_programme(State.RUNNING), kind=Kind.YEARLY)

        assert enrolment_of(yearly, CLOSES) is Enrolment.OF_NEWCOMERS

    def test_of_an_always_open_programme_goes_on_for_all_until_it_closes(self) -> None:
        always = replace(a_programme(State.RUNNING), kind=Kind.ALWAYS_OPEN)

        assert enrolment_of(always, CLOSES - JUST_BEFORE) is Enrolment.OF_EVERYBODY
        with pytest.raises(NotOpen):
            enrolment_of(always, CLOSES)

    def test_lets_nobody_in_from_the_closing_instant_on(self) -> None:
        with pytest.raises(NotOpen, match="enrolment has ended"):
            enrolment_of(a_programme(State.OPEN), CLOSES)

    @given(states.filter(lambda state: state is not State.OPEN))
    def test_lets_nobody_in_in_another_state(self, state: State) -> None:
        with pytest.raises(NotOpen, match=f"it is {state}"):
            enrolment_of(a_programme(state), OPENS)


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

    @pytest.mark.parametrize("year", [1, 1999, 2200, 9999])
    def test_out_of_reach_are_refused(self, year: int) -> None:
        far = OPENS.replace(year=year)

        with pytest.raises(FarDate, match="in the years from 2000 to 2199"):
            drafted(replace(a_programme(), enrolment_opens_at=far))

    @pytest.mark.parametrize("change", [{"kind": Kind.YEARLY}, {"test_for": UUID(int=1)}])
    def test_may_change_after_the_opening_but_not_what_people_rely_on(
        self, change: dict[str, object]
    ) -> None:
        assert amended(a_programme(), change) != a_programme()
        with pytest.raises(Fixed):
            amended(a_programme(State.OPEN), change)

    def test_of_an_ended_programme_stay(self) -> None:
        with pytest.raises(HasEnded):
            amended(a_programme(State.ENDED), {"name": "Autumn"})


class TestTold:
    @given(states)
    def test_tells_the_programme_whole(self, state: State) -> None:
        held = replace(a_programme(state), incentives=(Incentive("day", "A day off"),))

        event = told(held)

        same = set(type(event).model_fields) - {"incentives"}
        assert all(getattr(event, field) == getattr(held, field) for field in same)

    def test_tells_codes_of_incentives_and_not_their_words(self) -> None:
        event = told(replace(a_programme(), incentives=(Incentive("day", "A day off"),)))

        assert event.incentives == ("day",)
        assert "off" not in event.model_dump_json()
