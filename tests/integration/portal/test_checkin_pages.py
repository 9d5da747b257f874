"""The check-in as people see it: by link and signed in, and that no word of theirs is lost."""

from datetime import timedelta

import httpx
import pytest

from services.portal.pages import answering
from shared.auth import Form, FormKind, Role
from shared.ids import new_id
from tests.integration.checkins.couples import FIRST_DUE, ask_at, tell, told
from tests.integration.portal.house import (
    FILLED,
    WRITTEN,
    Browser,
    House,
    checkin_link,
    sign_in_link,
)


class TestACheckinByLink:
    async def test_is_shown_answered_and_thanked_for(self, house: House, browser: Browser) -> None:
        checkin, couple = await house.checkin()
        link = checkin_link(checkin, couple.mentee_id)

        shown = await browser.open(link)
        thanks = await browser.send(link, **FILLED)

        assert "How is it going with Ana Lima 1?" in shown.text
        assert thanks.url.path == f"{link}/thanks"
        assert "Wednesday, 6 May 2026, 10:00 (Vienna time)" in thanks.text
        assert len(await told(house.rooms["checkins"], "session-rated")) == 1

    async def test_of_a_mentorship_that_has_ended_says_so_and_is_welcome(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        link = checkin_link(checkin, couple.mentee_id)
        now = await browser.open(link)
        await tell(house.rooms["checkins"], couple.ended())

        later = await browser.open(link)
        thanks = await browser.send(link, **FILLED)

        assert "This mentorship has ended" not in now.text
        assert "This mentorship has ended. You were asked on 1 April 2026" in later.text
        assert "There is no further check-in planned" in thanks.text

    async def test_that_is_not_the_newest_says_so(self, house: House, browser: Browser) -> None:
        checkin, couple = await house.checkin()
        await ask_at(house.rooms["checkins"], FIRST_DUE + timedelta(days=40))

        page = await browser.open(checkin_link(checkin, couple.mentee_id))

        assert "You were asked this on 1 April 2026, and again since" in page.text

    async def test_needs_no_cookie(self, house: House, browser: Browser) -> None:
        checkin, couple = await house.checkin()

        answer = await browser.client.post(checkin_link(checkin, couple.mentee_id), data=FILLED)

        assert answer.url.path.endswith("/thanks")

    async def test_with_mistakes_comes_back_filled_with_each_explained(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        link = checkin_link(checkin, couple.mentee_id)

        page = await browser.client.post(link, data={"goal": "A <talk>.", "session": "4"})

        assert page.status_code == 422
        assert '<a href="#lesson">' in page.text
        assert '<a href="#goal_rating">' in page.text
        assert "A &lt;talk&gt;." in page.text
        assert 'value="4" checked' in page.text
        assert "<title>Error: " in page.text
        assert await told(house.rooms["checkins"], "checkin-answered") == []

    async def test_with_odd_characters_is_explained_too(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        link = checkin_link(checkin, couple.mentee_id)

        page = await browser.client.post(link, data=FILLED | {"goal": "a\x00b"})

        assert page.status_code == 422
        assert "characters that can’t be kept" in page.text.replace("&#39;", "’")

    async def test_that_is_far_too_long_is_explained_as_that(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        link = checkin_link(checkin, couple.mentee_id)

        page = await browser.client.post(link, data=FILLED | {"goal": "a" * 30_000})

        assert page.status_code == 422
        assert "This is far too long" in page.text

    async def test_once_answered_says_when_but_not_what(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        link = checkin_link(checkin, couple.mentee_id)
        await browser.client.post(link, data=FILLED)

        shown = await browser.open(link)
        thanks = await browser.open(f"{link}/thanks")

        assert shown.status_code == 410
        assert "Your answers of 1 April 2026 are saved" in shown.text
        assert not [word for word in WRITTEN if word in shown.text + thanks.text]

    async def test_once_answered_is_a_right_to_no_word_at_the_service_either(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        await browser.client.post(checkin_link(checkin, couple.mentee_id), data=FILLED)

        form = Form(FormKind.CHECKIN, checkin, couple.mentee_id)
        async with house.rooms["checkins"].api_by_link(form) as api:
            seen = (await api.get(f"/v1/checkins/{checkin}")).json()

        assert seen["answered_at"]
        assert [seen[name] for name in ("lesson", "goal", "met", "session_rating")] == [None] * 4

    async def test_that_is_too_old_offers_to_sign_in(self, house: House, browser: Browser) -> None:
        checkin, couple = await house.checkin()

        page = await browser.open(checkin_link(checkin, couple.mentee_id, timedelta(seconds=-1)))

        assert page.status_code == 410
        assert 'href="/sign-in?next=/home"' in page.text

    async def test_for_somebody_else_or_another_form_opens_nothing(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        foreign = [
            checkin_link(checkin, couple.mentor_id),
            checkin_link(new_id(), couple.mentee_id),
            sign_in_link(Form(FormKind.SIGN_IN, checkin, couple.mentee_id)).replace(
                "sign-in", "checkins", 1
            ),
        ]

        pages = [await browser.open(link) for link in foreign]

        assert {page.status_code for page in pages} == {404}
        assert all("does not belong here" in page.text for page in pages)

    @pytest.mark.parametrize("cut", [1, 10, 120])
    async def test_that_was_tampered_with_or_cut_opens_nothing(
        self, house: House, browser: Browser, cut: int
    ) -> None:
        checkin, couple = await house.checkin()
        link = checkin_link(checkin, couple.mentee_id)

        page = await browser.open(link[:-cut] + "A" * (cut // 2))

        assert page.status_code == 404
        assert "This link is not whole" in page.text


class TestWhatIsNotSaved:
    """Whatever comes between, the person's own words come back, with the reason."""

    async def test_while_checkins_is_away_can_be_sent_again_from_the_page(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        link = checkin_link(checkin, couple.mentee_id)
        house.network.away.add("checkins")

        page = browser.page = await browser.client.post(link, data=FILLED)
        house.network.away.clear()
        again = await browser.send(link, **FILLED)

        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert "does not answer just now" in page.text
        assert_shows_what_was_written(page)
        assert again.url.path.endswith("/thanks")

    async def test_while_only_the_mistakes_cannot_be_shown_comes_back_too(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        house.network.away.add("intake")

        page = await browser.client.post(
            checkin_link(checkin, couple.mentee_id), data=FILLED | {"goal_rating": ""}
        )

        assert page.status_code == 503
        assert all(word in page.text for word in WRITTEN)

    async def test_since_the_session_is_over_can_be_sent_after_signing_in(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        mine = f"/my/checkins/{checkin}"
        await browser.sign_in_as(Role.PARTICIPANT, subject=str(couple.mentee_person))
        await browser.open(mine)
        await house.rooms["portal"].rows("UPDATE session SET ends_at = now()")

        page = await browser.send(mine, **FILLED)
        await browser.sign_in_as(Role.PARTICIPANT, subject=str(couple.mentee_person))
        browser.page = page
        again = await browser.send(mine, **FILLED)

        assert page.status_code == 403
        assert "You are not signed in any more" in page.text
        assert f'href="/sign-in?next={mine}"' in page.text
        assert_shows_what_was_written(page)
        assert again.url.path == f"{mine}/thanks"

    async def test_since_the_page_is_of_another_browser_can_be_sent_from_here(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        mine = f"/my/checkins/{checkin}"
        await browser.sign_in_as(Role.PARTICIPANT, subject=str(couple.mentee_person))

        page = browser.page = await browser.client.post(mine, data=FILLED | {"csrf": "0" * 64})
        kept_by_then = await told(house.rooms["checkins"], "checkin-answered")
        again = await browser.send(mine, **FILLED)

        assert (page.status_code, kept_by_then) == (403, [])
        assert "did not come from a page that this browser has open" in page.text
        assert_shows_what_was_written(page)
        assert again.url.path == f"{mine}/thanks"

    async def test_since_it_was_answered_says_when_and_offers_no_second_time(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        link = checkin_link(checkin, couple.mentee_id)
        await browser.client.post(link, data=FILLED)

        page = await browser.client.post(link, data=FILLED | {"lesson": "Another thought."})

        assert page.status_code == 409
        assert "already, on 1 April 2026" in page.text
        assert "Another thought." in page.text
        assert "<button" not in page.text

    async def test_since_the_link_became_too_old_says_so(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        old = checkin_link(checkin, couple.mentee_id, timedelta(seconds=-1))

        page = await browser.client.post(old, data=FILLED)

        assert page.status_code == 410
        assert "The link became too old meanwhile" in page.text
        assert all(word in page.text for word in WRITTEN)

    @pytest.mark.parametrize(("cut", "reason"), [(0, "somebody else’s"), (3, "is not whole")])
    async def test_since_the_link_opens_nothing_says_so(
        self, house: House, browser: Browser, cut: int, reason: str
    ) -> None:
        checkin, couple = await house.checkin()
        foreign = checkin_link(checkin, couple.mentor_id)

        page = await browser.client.post(foreign[: len(foreign) - cut], data=FILLED)

        assert page.status_code == 404
        assert reason in page.text
        assert all(word in page.text for word in WRITTEN)

    async def test_since_one_is_signed_in_as_somebody_else_says_so(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        mine = f"/my/checkins/{checkin}"
        await browser.sign_in_as(Role.COORDINATOR)
        coordinator = await browser.client.post(mine, data=FILLED)
        await browser.sign_in_as(Role.PARTICIPANT, subject=str(couple.mentor_person))
        await browser.open("/sign-in")
        partner = await browser.send(mine, **FILLED)

        assert (coordinator.status_code, partner.status_code) == (403, 404)
        assert "only participants answer check-ins" in coordinator.text
        assert all(word in page.text for page in (coordinator, partner) for word in WRITTEN)

    async def test_for_a_reason_that_checkins_gives_repeats_the_reason(
        self, house: House, browser: Browser
    ) -> None:
        await browser.sign_in_as(Role.PARTICIPANT, subject=str(new_id()))
        await browser.open("/sign-in")
        house.network.answers["checkins"] = httpx.Response(
            403, json={"code": "closed", "detail": "The programme has ended."}
        )

        page = await browser.send(f"/my/checkins/{new_id()}", **FILLED)

        assert page.status_code == 422
        assert "The programme has ended." in page.text
        assert_shows_what_was_written(page)

    async def test_through_a_mistake_of_ours_is_shown_again_too(
        self, house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        checkin, couple = await house.checkin()
        monkeypatch.setattr(answering, "request_of", lambda _filled: 1 / 0)

        page = await browser.client.post(checkin_link(checkin, couple.mentee_id), data=FILLED)

        assert page.status_code == 500
        assert "it is our mistake" in page.text
        assert_shows_what_was_written(page)


def assert_shows_what_was_written(page: httpx.Response) -> None:
    """All of it, in a form that can be sent as it stands."""
    assert [word for word in WRITTEN if word not in page.text] == []
    assert 'name="goal_rating" value="none" checked' in page.text
    assert 'name="session" value="5" checked' in page.text
    assert "Send my answers again" in page.text
