from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.letter import CodedReason, Letter
from services.notifications.domain.reasons import department_name, phrases, readable
from services.notifications.letters import put_into_words
from tests.unit.notifications.made_letters import TO_ANA, TO_BEN


def said(letter: Letter, *reasons: CodedReason) -> list[str]:
    """The reasons as they stand in the text of the mail."""
    text = put_into_words(replace(letter, reasons=reasons)).text
    return [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]


class TestEachTermIsSaidInWords:
    def test_a_shared_interest_is_named(self) -> None:
        reason = CodedReason("interests", 20, ("data", "public-speaking"))

        assert said(TO_BEN, reason) == ["You share an interest in data and public speaking."]

    def test_three_interests_are_listed_with_a_comma(self) -> None:
        reason = CodedReason("interests", 20, ("ai", "data", "public-speaking"))

        assert said(TO_BEN, reason) == ["You share an interest in ai, data and public speaking."]

    def test_a_mentee_reads_where_the_mentor_works(self) -> None:
        reason = CodedReason("wanted-department", 30, ("Research",))

        assert said(TO_BEN, reason) == [
            "Ana Kovač works in Research, which you wanted to get to know."
        ]

    def test_a_mentor_reads_what_the_mentee_wanted(self) -> None:
        reason = CodedReason("wanted-department", 30, ("Research",))

        assert said(TO_ANA, reason) == [
            "You work in Research, which Ben Okoro wanted to get to know."
        ]

    def test_a_department_that_the_mentor_only_knows_is_not_said_to_be_hers(self) -> None:
        reason = CodedReason("wanted-department", 30, ("human-resources",))

        assert said(TO_BEN, reason) == [
            "Ana Kovač knows Human resources, which you wanted to get to know."
        ]

    def test_the_same_department_is_named(self) -> None:
        assert said(TO_BEN, CodedReason("department", 5, ("Sales",))) == ["You both work in Sales."]

    def test_seniority_is_said_from_each_side(self) -> None:
        reason = CodedReason("seniority", 10)

        assert said(TO_BEN, reason) == ["Ana Kovač works at a more senior level than you."]
        assert said(TO_ANA, reason) == ["You work at a more senior level than Ben Okoro."]

    def test_a_shared_field_of_study_is_named(self) -> None:
        reason = CodedReason("education", 10, ("Life Sciences",))

        assert said(TO_BEN, reason) == ["You both studied Life Sciences."]

    def test_a_term_without_codes_still_makes_a_sentence(self) -> None:
        assert said(TO_BEN, CodedReason("interests", 1)) == [
            "You share an interest in the same fields."
        ]


class TestWhichReasonsAreSaid:
    def test_the_weightiest_comes_first(self) -> None:
        reasons = (CodedReason("seniority", 5), CodedReason("education", 9, ("Art",)))

        keys = [phrase.key for phrase in phrases(replace(TO_BEN, reasons=reasons))]

        assert keys == ["same-education", "mentee-seniority"]

    def test_a_term_nobody_knows_yet_is_left_out(self) -> None:
        assert said(TO_BEN, CodedReason("other", 50, ("x",)), CodedReason("seniority", 5)) == [
            "Ana Kovač works at a more senior level than you."
        ]

    def test_without_known_reasons_the_heading_goes_too(self) -> None:
        words = put_into_words(replace(TO_BEN, reasons=(CodedReason("other", 50),)))

        assert "Why we matched you" not in words.text
        assert "Why we matched you" not in words.html

    @given(st.lists(st.builds(CodedReason, st.text(), st.integers(), st.just(("x",)))))
    def test_no_coded_reason_stops_a_mail(self, reasons: list[CodedReason]) -> None:
        assert put_into_words(replace(TO_BEN, reasons=tuple(reasons))).subject


class TestCodesAreMadeReadable:
    def test_a_slug_becomes_words(self) -> None:
        assert readable("public-speaking") == "public speaking"

    def test_what_is_no_slug_stays(self) -> None:
        assert readable("Research & Development") == "Research & Development"

    def test_a_department_begins_with_a_capital(self) -> None:
        assert department_name("human-resources") == "Human resources"
