"""Questionnaires as data, and answers to them."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.answers import AnswersRefused, checked, drafted, form_for, shown
from services.intake.domain.questionnaire_rules import check_consent, read_questionnaire
from services.intake.domain.questionnaires import QuestionnaireRefused, language_for, words

BUILT_IN = json.loads(Path("services/intake/data/default-1.json").read_text())


def a_question(code: str, kind: str = "short-text", **other: Any) -> dict[str, Any]:
    return {"code": code, "kind": kind, "label": {"en": code}, **other}


def options(*codes: str) -> list[dict[str, Any]]:
    return [{"code": code, "label": {"en": code}} for code in codes]


ROLE = a_question(
    "role", "choice", required=True, feeds="role", options=options("mentor", "mentee", "both")
)


def a_questionnaire(*questions: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {
        "name": {"en": "Ours"},
        "languages": ["en"],
        "sections": [{"code": "all", "title": {"en": "All"}, "questions": [ROLE, *questions]}],
        "consent": {"version": "1", "text": {"en": "I agree."}},
    } | other


def flaws_of(raw: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(QuestionnaireRefused) as refused:
        read_questionnaire(raw)
    return {flaw.pointer: flaw.reason for flaw in refused.value.flaws}


def faults_of(raw: dict[str, Any], *questions: dict[str, Any]) -> dict[str, str]:
    form = form_for(read_questionnaire(a_questionnaire(*questions)), {})
    with pytest.raises(AnswersRefused) as refused:
        checked(form, raw)
    return {fault.question: fault.code for fault in refused.value.faults}


class TestTheBuiltIn:
    def test_is_right_and_has_every_text_in_english_and_german(self) -> None:
        questionnaire = read_questionnaire(BUILT_IN)

        assert questionnaire.languages == ("en", "de")
        for question in questionnaire.questions():
            assert question.label.keys() == {"en", "de"}


class TestReading:
    def test_says_where_a_mistake_is(self) -> None:
        kind = a_question("a", "choice", options=[{"code": "x"}])
        flaws = flaws_of(a_questionnaire(kind))

        assert list(flaws) == ["/sections/0/questions/1/options/0/label"]

    @pytest.mark.parametrize(
        ("question", "place"),
        [
            (a_question("role"), "code"),
            (a_question("consent"), "code"),
            (a_question("a", "choice"), "options"),
            (a_question("a", "choice", options=options("x", "x")), "options/1/code"),
            (a_question("a", "number", lowest=2, highest=1), "highest"),
            (a_question("a", show_if={"question": "b", "is": "x"}), "show_if/question"),
            (a_question("a", show_if={"question": "role", "is": "x"}), "show_if/is"),
            (a_question("a", show_if={"question": "role"}), "show_if"),
            (a_question("a", show_if={"question": "role", "contains": "both"}), "show_if/contains"),
            (a_question("a", feeds="interests"), "feeds"),
            (a_question("a", "choice", feeds="role", options=options("mentor")), "feeds"),
            (a_question("a", label={"en": "a", "fr": "a"}), "label/fr"),
            (a_question("a", label={"de": "a"}), "label"),
        ],
    )
    def test_refuses_what_contradicts_itself(self, question: dict[str, Any], place: str) -> None:
        assert f"/sections/0/questions/1/{place}" in flaws_of(a_questionnaire(question))

    def test_refuses_a_circle_of_conditions(self) -> None:
        one = a_question("a", "number", show_if={"question": "b", "is": 1})
        other = a_question("b", "number", show_if={"question": "a", "is": 1})

        assert any("circle" in reason for reason in flaws_of(a_questionnaire(one, other)).values())

    def test_needs_a_question_for_the_role(self) -> None:
        raw = deepcopy(a_questionnaire(a_question("a")))
        del raw["sections"][0]["questions"][0]

        assert "/sections" in flaws_of(raw)

    def test_refuses_another_text_under_a_published_version_of_the_consent(self) -> None:
        consent = read_questionnaire(a_questionnaire()).consent

        check_consent(consent, [{"version": "1", "text": {"en": "I agree."}}])
        with pytest.raises(QuestionnaireRefused):
            check_consent(consent, [{"version": "1", "text": {"en": "Other."}}])

    @given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "code", "sections", "a/b", "x~"]), inner)
    )))  # fmt: skip
    def test_refuses_whatever_is_none_with_pointers(self, junk: Any) -> None:
        for name in ("sections", "consent", "languages"):
            assert all(p.startswith("/") for p in flaws_of(a_questionnaire() | {name: junk}))


class TestLanguages:
    def test_fall_back_to_the_first(self) -> None:
        questionnaire = read_questionnaire(BUILT_IN)

        assert language_for(questionnaire, "de-AT") == "de"
        assert language_for(questionnaire, "pt-BR") == "en"
        assert words({"en": "Yes"}, "de", "en") == "Yes"


IF_OPEN = a_question("why", required=True, show_if={"question": "open", "is": 3})
OPEN = a_question("open", "number", asked="mentees")


class TestAnswers:
    def test_to_questions_that_are_not_asked_do_not_count(self) -> None:
        form = form_for(read_questionnaire(a_questionnaire(OPEN, IF_OPEN)), {})

        assert checked(form, {"role": "mentor", "open": 3, "why": "x"}) == {"role": "mentor"}
        assert checked(form, {"role": "both", "open": 2, "why": "x"}) == {"role": "both", "open": 2}

    def test_that_are_asked_by_a_condition_must_be_there(self) -> None:
        assert faults_of({"role": "mentee", "open": 3}, OPEN, IF_OPEN) == {"why": "missing"}

    @pytest.mark.parametrize(
        ("question", "answer", "code"),
        [
            (a_question("a", "choice", options=options("x")), "y", "unknown-option"),
            (a_question("a", "multiple-choice", options=options("x")), "x", "wrong-kind"),
            (a_question("a", "ranking", options=options("x")), ["x", "x"], "repeated"),
            (a_question("a", "ranking", at_most=1, options=options("x", "y")), ["x", "y"],
             "too-many"),
            (a_question("a", "number", highest=3), 4, "too-high"),
            (a_question("a", "number", highest=3), "4", "not-a-number"),
            (a_question("a", "scale", lowest_label={"en": "l"}, highest_label={"en": "h"}), 0,
             "too-low"),
            (a_question("a", longest=3), "long", "too-long"),
            (a_question("a"), "a\x00", "unstorable"),
        ],
    )  # fmt: skip
    def test_that_are_wrong_are_named(
        self, question: dict[str, Any], answer: Any, code: str
    ) -> None:
        assert faults_of({"role": "mentor", "a": answer}, question) == {"a": code}

    def test_of_a_draft_are_kept_right_or_wrong(self) -> None:
        form = form_for(read_questionnaire(a_questionnaire(OPEN)), {})

        assert drafted(form, {"open": "soon", "gone": 1}) == {"open": "soon"}

    @given(
        st.dictionaries(
            st.sampled_from(["role", "open", "why"]),
            st.sampled_from(["mentor", "mentee", "both", ""]) | st.integers(0, 4) | st.none(),
        )
    )
    def test_that_are_taken_can_be_sent_again(self, raw: dict[str, Any]) -> None:
        form = form_for(read_questionnaire(a_questionnaire(OPEN, IF_OPEN)), {})
        try:
            answers = checked(form, raw)
        except AnswersRefused:
            return

        assert checked(form, answers) == answers
        assert answers.keys() <= {question.code for question in shown(form, answers)}
