"""From what a browser sends to what checkins is asked, and back to what the page says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.domain.checkin_form import FIELDS, Filled, errors_of, filled_in, request_of

SENT = {"lesson": "Ask earlier.", "goal": "A talk.", "goal_rating": "4", "session": "5"}


class TestRequestOf:
    def test_asks_for_what_was_filled_in(self) -> None:
        assert request_of(filled_in(SENT)) == {
            "lesson": "Ask earlier.", "goal": "A talk.", "had_goal": True, "goal_rating": 4,
            "session": {"met": True, "rating": 5},
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("rating", "asked"), [("none", (False, None)), ("", (None, None)), ("9", (None, None))]
    )
    def test_tells_no_goal_from_no_answer(
        self, rating: str, asked: tuple[bool | None, int | None]
    ) -> None:
        body = request_of(filled_in(SENT | {"goal_rating": rating}))

        assert (body["had_goal"], body["goal_rating"]) == asked

    @pytest.mark.parametrize(
        ("session", "asked"), [("not-met", {"met": False}), ("", None), ("x", None)]
    )
    def test_tells_no_session_from_no_answer(self, session: str, asked: object) -> None:
        assert request_of(filled_in(SENT | {"session": session}))["session"] == asked

    def test_counts_line_ends_as_one_character(self) -> None:
        assert filled_in({"lesson": "a\r\nb"}).lesson == "a\nb"

    @given(st.dictionaries(st.sampled_from([*FIELDS, "csrf"]), st.text(max_size=20)))
    def test_of_anything_is_a_request(self, sent: dict[str, str]) -> None:
        body = request_of(filled_in(sent))

        assert set(body) == {"lesson", "goal", "had_goal", "goal_rating", "session"}


class TestErrorsOf:
    def test_are_put_in_the_forms_words_and_order(self) -> None:
        problem = {
            "errors": [
                {"field": "goal_rating", "code": "missing", "reason": "…"},
                {"field": "lesson", "code": "missing", "reason": "…"},
            ]
        }

        errors = errors_of(problem)

        assert list(errors) == ["lesson", "goal_rating"]
        assert errors["lesson"].startswith("Write a few words")

    def test_keep_the_services_words_where_they_say_more(self) -> None:
        reason = "This has 2,001 characters; at most 2,000 can be kept."
        problem = {"errors": [{"field": "goal", "code": "too-long", "reason": reason}]}

        assert errors_of(problem) == {"goal": reason}

    def test_of_what_cannot_be_stored_stand_beside_their_field(self) -> None:
        problem = {"errors": [{"pointer": "/body/goal", "reason": "must not contain NUL"}]}

        assert list(errors_of(problem)) == ["goal"]

    @pytest.mark.parametrize("problem", [{}, {"errors": None}, {"errors": ["x"]}])
    def test_of_an_odd_answer_are_none(self, problem: dict[str, Any]) -> None:
        assert errors_of(problem) == {}


def test_a_new_form_is_empty() -> None:
    assert Filled().errors == {}
