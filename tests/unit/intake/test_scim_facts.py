"""From what HR systems send to what Tandem keeps of a person."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import InvalidValueException

from services.intake.api.scim_requests import new_user
from services.intake.domain.people import MONDAY_TO_FRIDAY
from services.intake.domain.scim.facts import (
    DEFAULT_DEPARTMENT,
    DEFAULT_LOCALE,
    DEFAULT_SENIORITY,
    DEFAULT_TIME_ZONE,
    Facts,
    facts_of,
    manager_of,
)
from services.intake.domain.scim.shapes import ENTERPRISE, TANDEM, patch_payload, user_payload
from services.intake.domain.scim.users import holds


def facts(**members: Any) -> Facts:
    return facts_of(new_user({"userName": "ana@example.com", **members}), None)


class TestFacts:
    def test_that_are_left_out_have_defaults(self) -> None:
        details = facts().details

        assert details.employee_number == details.name == details.email == "ana@example.com"
        assert (details.department, details.seniority) == (DEFAULT_DEPARTMENT, DEFAULT_SENIORITY)
        assert (details.time_zone, details.locale) == (DEFAULT_TIME_ZONE, DEFAULT_LOCALE)
        assert details.working_days == MONDAY_TO_FRIDAY

    @pytest.mark.parametrize(
        ("members", "name"),
        [
            ({"displayName": "Ana L", "name": {"formatted": "Dr Ana"}}, "Ana L"),
            ({"name": {"formatted": "Dr Ana", "givenName": "Ana"}}, "Dr Ana"),
            ({"name": {"givenName": "Ana", "familyName": "Lima"}}, "Ana Lima"),
            ({"displayName": " ", "name": {"familyName": "Lima"}}, "Lima"),
        ],
    )
    def test_show_the_best_name_there_is(self, members: dict[str, Any], name: str) -> None:
        assert facts(**members).details.name == name

    @pytest.mark.parametrize(
        ("members", "locale"),
        [
            ({"locale": "de_AT"}, "de-AT"),
            ({"preferredLanguage": "fr-FR,fr;q=0.9", "locale": "de"}, "fr-FR"),
            ({"preferredLanguage": "ZH-hant-tw"}, "zh-Hant-TW"),
        ],
    )
    def test_read_languages_as_they_come(self, members: dict[str, Any], locale: str) -> None:
        assert facts(**members).details.locale == locale

    def test_write_to_the_primary_address(self) -> None:
        emails = [{"value": "a@b.cc"}, {"value": "c@d.ee", "primary": "True"}]
        assert facts(emails=emails).details.email == "c@d.ee"
        assert facts(emails=emails[:1]).details.email == "a@b.cc"

    def test_need_a_number_that_is_short_enough(self) -> None:
        long = "a" * 79 + "@example.com"
        with pytest.raises(InvalidValueException, match="userName has 91 characters"):
            facts(userName=long, emails=[{"value": "a@b.cc"}])

    @given(st.text(max_size=30))
    def test_are_kept_or_refused_whatever_comes(self, text: str) -> None:
        kept = None
        with suppress(InvalidValueException):
            kept = facts(title=text, displayName=text, department=text, locale=text).details

        assert kept is None or kept.name == kept.name.strip() != ""


class TestShapes:
    @pytest.mark.parametrize("manager", ["E9", {"value": "E9"}, ["E9"], [{"value": "E9"}]])
    def test_of_a_manager_are_one(self, manager: object) -> None:
        user = new_user({"userName": "ana@example.com", ENTERPRISE: {"Manager": manager}})
        assert manager_of(user) == "E9"

    @pytest.mark.parametrize("word", ["active", "Active", "ACTIVE"])
    def test_keep_what_is_said_of_being_active(self, word: str) -> None:
        assert user_payload({word: "False"}, active=True)[word] == "False"
        assert user_payload({word: None}, active=False)[word] is False

    def test_of_operations_know_no_case(self) -> None:
        operation = {"OP": "Add", "Path": f"{TANDEM.upper()}:Seniority", "VALUE": 4}
        assert patch_payload({"operations": [operation]})["operations"] == [
            {"op": "Add", "path": f"{TANDEM.upper()}:Seniority", "value": "4"}
        ]

    @pytest.mark.parametrize("operations", [None, "x", ["x", 3]])
    def test_leave_nonsense_to_the_library(self, operations: object) -> None:
        assert patch_payload({"Operations": operations}) == {"Operations": operations}


class TestTags:
    def test_are_compared_without_their_weakness(self) -> None:
        assert holds('"3"', 3)
        assert holds('W/"2" , W/"3"', 3)
        assert holds("*", 3)
        assert holds('W/"33"', 3) is False
        assert holds("", 3) is False
        assert holds(None, 3) is None
