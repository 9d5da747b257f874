"""When people hear of a programme."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.campaign import (
    PAUSE,
    CampaignPolicy,
    Heard,
    Moment,
    Reader,
    Step,
    Window,
    moments,
    turn,
)

OPENS = datetime(2026, 3, 16, tzinfo=UTC)
CLOSES = datetime(2026, 4, 10, 12, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = Window(OPENS, CLOSES, LONG_AGO)
BERLIN = Reader("Europe/Berlin", (1, 2, 3, 4, 5))
USUAL = CampaignPolicy()

readers = st.builds(
    Reader,
    st.sampled_from(
        ["Europe/Berlin", "America/Los_Angeles", "Pacific/Apia", "Asia/Kolkata", "UTC"]
    ),
    st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days))),
)
policies = st.builds(
    CampaignPolicy,
    hour=st.integers(0, 23),
    announce_days_before=st.none() | st.integers(1, 90),
    reminder_every_days=st.integers(2, 90),
    most_reminders=st.integers(0, 10),
    last_call_days_before=st.none() | st.integers(1, 90),
)
windows = st.builds(
    lambda opens, length, since, is_late: Window(
        opens, opens + length, opens + since, is_late=is_late
    ),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis puts the zone in
    st.timedeltas(timedelta(hours=1), timedelta(days=200)),
    st.timedeltas(timedelta(days=-100), timedelta(days=100)),
    st.booleans(),
)


def as_read(
    calendar: tuple[Moment, ...], zone: str = "Europe/Berlin"
) -> list[tuple[str, int, str]]:
    return [
        (each.step, each.number, f"{each.due_at.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}")
        for each in calendar
    ]


class TestMoments:
    def test_come_at_the_hour_of_the_persons_own_clock_on_working_days(self) -> None:
        """The clocks go forward on 29 March."""
        assert as_read(moments(WINDOW, USUAL, BERLIN)) == [
            ("announcement", 1, "Mon 09 Mar 09:00"),
            ("invitation", 1, "Mon 16 Mar 09:00"),
            ("reminder", 1, "Mon 23 Mar 09:00"),
            ("reminder", 2, "Mon 30 Mar 09:00"),
            ("reminder", 3, "Mon 06 Apr 09:00"),
            ("last-call", 1, "Wed 08 Apr 09:00"),
        ]

    def test_wait_for_the_next_working_day_and_call_last_on_the_one_before(self) -> None:
        friday = Reader("Europe/Berlin", (5,))

        assert as_read(moments(WINDOW, USUAL, friday)) == [
            ("announcement", 1, "Fri 13 Mar 09:00"),
            ("invitation", 1, "Fri 20 Mar 09:00"),
            ("reminder", 1, "Fri 27 Mar 09:00"),
            ("last-call", 1, "Fri 03 Apr 09:00"),
        ]

    def test_of_somebody_hired_within_the_window_begin_then(self) -> None:
        hired = Window(OPENS, CLOSES, datetime(2026, 4, 1, 15, tzinfo=UTC))

        assert as_read(moments(hired, USUAL, BERLIN)) == [
            ("invitation", 1, "Thu 02 Apr 09:00"),
            ("last-call", 1, "Wed 08 Apr 09:00"),
        ]

    def test_of_a_newcomer_are_an_invitation_and_reminders(self) -> None:
        late = Window(CLOSES, CLOSES + timedelta(days=200), CLOSES, is_late=True)

        steps = [(each.step, each.number) for each in moments(late, USUAL, BERLIN)]

        assert steps == [
            (Step.INVITATION, 1), (Step.REMINDER, 1), (Step.REMINDER, 2), (Step.REMINDER, 3),
        ]  # fmt: skip

    @given(windows, policies, readers)
    def test_are_in_order_and_within_the_window_and_never_twice_a_day(
        self, window: Window, policy: CampaignPolicy, reader: Reader
    ) -> None:
        calendar = moments(window, policy, reader)

        assert [each.rank for each in calendar] == sorted({each.rank for each in calendar})
        assert all(each.due_at < each.until <= window.closes_at for each in calendar)
        told = [each for each in calendar if each.step is not Step.ANNOUNCEMENT]
        gaps = pairwise(told)
        assert all(after.due_at - before.due_at >= PAUSE for before, after in gaps)

    @given(windows, policies, readers)
    def test_invite_everybody_who_can_still_sign_up(
        self, window: Window, policy: CampaignPolicy, reader: Reader
    ) -> None:
        steps = [each.step for each in moments(window, policy, reader)]

        assert steps.count(Step.INVITATION) == (
            max(window.opens_at, window.since) < window.closes_at
        )


class TestTurn:
    @given(windows, policies, readers, st.lists(st.timedeltas(timedelta(), timedelta(days=60))))
    def test_tells_each_step_once_and_none_within_a_day_however_late_one_looks(
        self,
        window: Window,
        policy: CampaignPolicy,
        reader: Reader,
        waits: list[timedelta],
    ) -> None:
        calendar = moments(window, policy, reader)
        now, heard, told = window.since, None, []
        for wait in waits:
            now += wait
            while (moment := turn(calendar, heard, now)) and moment.due_at <= now:
                told.append((moment.rank, now))
                heard = Heard(moment.step, moment.number, now)

        ranks = [rank for rank, _ in told]
        assert ranks == sorted(set(ranks))
        assert all(at < window.closes_at for _, at in told)

    def test_invites_late_rather_than_never_and_reminds_no_sooner_than_a_day_later(self) -> None:
        calendar = moments(WINDOW, USUAL, BERLIN)
        late = datetime(2026, 4, 5, 12, tzinfo=UTC)

        invited = turn(calendar, None, late)

        assert invited is not None
        assert invited.step is Step.INVITATION
        after = turn(calendar, Heard(Step.INVITATION, 1, late), late)
        assert after is not None
        assert (after.step, after.number) == (Step.LAST_CALL, 1)

    def test_tells_nobody_after_the_close(self) -> None:
        assert turn(moments(WINDOW, USUAL, BERLIN), None, CLOSES) is None
