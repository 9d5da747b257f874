"""Reasons why answers could not be saved."""

import pytest

from services.portal.domain.not_saved import NotSaved
from services.portal.pages.frame import _TEMPLATES

PAGE = (_TEMPLATES / "checkin-not-saved.html.j2").read_text()


class TestAReason:
    @pytest.mark.parametrize("why", NotSaved)
    def test_is_a_failure_to_programs_too(self, why: NotSaved) -> None:
        assert 400 <= why.status < 600

    @pytest.mark.parametrize("why", [why for why in NotSaved if why is not NotSaved.MISTAKE])
    def test_has_words_of_its_own(self, why: NotSaved) -> None:
        assert f'why == "{why}"' in PAGE

    def test_never_sends_anybody_back(self) -> None:
        assert "go back" not in PAGE.lower()

    def test_tells_what_passes_from_what_does_not(self) -> None:
        assert NotSaved.AWAY.can_be_sent_again
        assert not NotSaved.ANSWERED.can_be_sent_again
