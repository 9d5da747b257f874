from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.patience import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    PATIENCE,
    is_hopeless,
    next_attempt,
)

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ATTEMPTS = st.integers(min_value=1, max_value=1_000_000)


class TestNextAttempt:
    def test_the_first_pause_is_short(self) -> None:
        assert next_attempt(1, NOW) == NOW + FIRST_PAUSE

    def test_a_later_pause_is_twice_as_long(self) -> None:
        assert next_attempt(3, NOW) == NOW + 4 * FIRST_PAUSE

    @given(ATTEMPTS)
    def test_is_always_ahead_and_never_further_than_the_longest_pause(self, attempts: int) -> None:
        assert NOW < next_attempt(attempts, NOW) <= NOW + LONGEST_PAUSE

    @given(ATTEMPTS)
    def test_never_comes_sooner_after_more_attempts(self, attempts: int) -> None:
        assert next_attempt(attempts, NOW) <= next_attempt(attempts + 1, NOW)


class TestGivingUp:
    def test_a_day_is_not_enough(self) -> None:
        assert not is_hopeless(NOW - timedelta(days=1), NOW)

    def test_days_of_trying_are(self) -> None:
        assert is_hopeless(NOW - PATIENCE, NOW)
