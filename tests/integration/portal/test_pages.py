"""What people see: the check-in by link, the homes of the roles, and pages for what goes wrong."""

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import httpx
import pytest

from services.portal.clients import Services
from services.portal.pages import answering
from shared.auth import Form, FormKind, Role
from shared.ids import new_id
from tests.integration.checkins.couples import told
from tests.integration.intake import company
from tests.integration.portal.house import (
    Browser,
    House,
    checkin_link,
    pair_in_matching,
    sign_in_link,
)

FILLED = {"lesson": "Ask earlier.", "goal": "A talk.", "goal_rating": "none", "session": "5"}
WRITTEN = ("Ask earlier.", "A talk.")


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


class TestAParticipantsHome:
    async def test_shows_the_next_step_the_partner_and_why(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        await pair_in_matching(house, couple)
        await browser.sign_in_as(Role.PARTICIPANT, subject=str(couple.mentee_person))

        page = await browser.open("/home")

        assert f'href="/my/checkins/{checkin}"' in page.text
        assert "Ana Lima 1" in page.text
        assert "You share an interest in data." in page.text
        assert "p1@example.com" not in page.text

    async def test_leads_to_the_form_and_shows_what_was_written(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        await browser.sign_in_as(Role.PARTICIPANT, subject=str(couple.mentee_person))
        await browser.open(f"/my/checkins/{checkin}")
        await browser.send(f"/my/checkins/{checkin}", **FILLED)

        page = await browser.open("/home")

        assert "A talk." in page.text
        assert f'href="/my/checkins/{checkin}"' not in page.text

    async def test_lets_one_read_what_one_wrote(self, house: House, browser: Browser) -> None:
        checkin, couple = await house.checkin()
        await browser.client.post(checkin_link(checkin, couple.mentee_id), data=FILLED)
        await browser.sign_in_as(Role.PARTICIPANT, subject=str(couple.mentee_person))

        page = await browser.open(f"/my/checkins/{checkin}")

        assert page.status_code == 200
        assert "Answered on 1 April 2026" in page.text
        assert all(word in page.text for word in WRITTEN)

    async def test_of_who_takes_no_part_says_so(self, house: House, browser: Browser) -> None:
        people = await house.people(1)
        await browser.sign_in_as(Role.PARTICIPANT, subject=str(people[1]))

        page = await browser.open("/home")

        assert "You do not take part in a programme yet" in page.text

    async def test_opens_no_form_of_somebody_else(self, house: House, browser: Browser) -> None:
        checkin, couple = await house.checkin()
        await browser.sign_in_as(Role.PARTICIPANT, subject=str(couple.mentor_person))

        page = await browser.open(f"/my/checkins/{checkin}")

        assert page.status_code == 404


class TestACoordinatorsPages:
    async def test_show_the_programme_and_who_has_not_answered(
        self, house: House, browser: Browser
    ) -> None:
        checkin, couple = await house.checkin()
        await browser.client.post(checkin_link(checkin, couple.mentee_id), data=FILLED)
        await browser.sign_in_as(Role.COORDINATOR)
        programme = await _same_programme(house)

        programmes = await browser.open("/programmes")
        page = await browser.open(f"/programmes/{programme}")
        rows = await browser.open(f"/programmes/{programme}/checkins?round=1&answered=false")

        assert "Spring" in programmes.text
        assert "(50 %)" in page.text
        assert "Ana Lima 1" in rows.text
        assert "1 check-in<" in rows.text
        assert "Ask earlier." not in page.text + rows.text

    async def test_list_check_ins_a_page_at_a_time(self, house: House, browser: Browser) -> None:
        programme = await house.many_checkins(301)
        await browser.sign_in_as(Role.COORDINATOR)
        here = f"/programmes/{programme}/checkins?round=1&answered=false"

        pages = [await browser.open(here)]
        while following := re.search(r'href="([^"]+)" rel="next"', pages[-1].text):
            pages.append(await browser.open(unescape(following[1])))

        rows = [re.findall(r"<td>\d+ \w+ 20\d\d</td>", page.text) for page in pages]
        assert [len(found) for found in rows] == [150, 150, 1]
        assert all(len(page.content) < 100_000 for page in pages)
        assert "First page" in pages[1].text
        assert "First page" not in pages[0].text

    async def test_that_just_fill_a_page_have_no_further_one(
        self, house: House, browser: Browser
    ) -> None:
        programme = await house.many_checkins(150)
        await browser.sign_in_as(Role.COORDINATOR)

        page = await browser.open(f"/programmes/{programme}/checkins")

        assert "150 check-ins<" in page.text
        assert "Next page" not in page.text

    async def test_explain_an_address_that_nobody_has(self, browser: Browser) -> None:
        await browser.sign_in_as(Role.COORDINATOR)
        await browser.open("/coordinators")

        page = await browser.send("/coordinators", email="nobody@example.com")

        assert page.status_code == 422
        assert "Nobody with this address was imported" in page.text

    @pytest.mark.parametrize(
        "path", ["/programmes", f"/programmes/{new_id()}", f"/programmes/{new_id()}/checkins",
                 "/coordinators"],
    )  # fmt: skip
    async def test_are_for_coordinators(self, browser: Browser, path: str) -> None:
        unknown = await browser.open(path)
        await browser.sign_in_as(Role.PARTICIPANT, subject=str(new_id()))
        page = await browser.open(path)

        assert unknown.url.path == "/sign-in"
        assert page.status_code == 403

    async def test_of_no_programme_are_not_found(self, browser: Browser) -> None:
        await browser.sign_in_as(Role.COORDINATOR)

        statuses = [
            (await browser.open(path)).status_code
            for path in (f"/programmes/{new_id()}", "/programmes/x", "/nowhere")
        ]

        assert statuses == [404, 404, 404]


class TestCoordinators:
    async def test_are_dismissed_only_after_a_page_that_says_what_will_happen(
        self, house: House, browser: Browser
    ) -> None:
        people = await appointed(house, browser, 1, 2)
        await browser.sign_in_as(Role.COORDINATOR)
        listed = await browser.open("/coordinators")

        shown = await browser.open(f"/coordinators/{people[1]}/dismiss")
        still = await browser.open("/coordinators")
        await browser.open(f"/coordinators/{people[1]}/dismiss")
        dismissed = await browser.send(f"/coordinators/{people[1]}/dismiss")

        assert f'href="/coordinators/{people[1]}/dismiss"' in listed.text
        assert "is signed out at once" in shown.text
        assert 'name="last"' not in shown.text
        assert "Ana Lima 1" in still.text
        assert "Ana Lima 1" not in dismissed.text
        assert "Ana Lima 2" in dismissed.text

    async def test_who_are_dismissed_are_signed_out_at_once(
        self, house: House, browser: Browser
    ) -> None:
        people = await appointed(house, browser, 1, 2)
        async with house.browser() as other:
            await other.sign_in_as(Role.COORDINATOR, subject=str(people[1]))
            before = await other.open("/programmes")
            await browser.sign_in_as(Role.COORDINATOR, subject=str(people[2]))
            await browser.open(f"/coordinators/{people[1]}/dismiss")
            page = await browser.send(f"/coordinators/{people[1]}/dismiss")
            after = await other.open("/programmes")

        assert (before.url.path, after.url.path) == ("/programmes", "/sign-in")
        assert page.url.path == "/coordinators"

    async def test_who_dismiss_themselves_are_told_so_and_signed_out(
        self, house: House, browser: Browser
    ) -> None:
        people = await appointed(house, browser, 1, 2)
        await browser.sign_in_as(Role.COORDINATOR, subject=str(people[1]))

        shown = await browser.open(f"/coordinators/{people[1]}/dismiss")
        page = await browser.send(f"/coordinators/{people[1]}/dismiss")

        assert "You are signed out at once" in shown.text
        assert page.url.path == "/sign-in"

    async def test_dismiss_the_last_one_only_if_that_is_meant(
        self, house: House, browser: Browser
    ) -> None:
        people = await appointed(house, browser, 1)
        await browser.sign_in_as(Role.COORDINATOR, subject=str(people[1]))
        page = f"/coordinators/{people[1]}/dismiss"

        shown = await browser.open(page)
        refused = await browser.send(page)
        kept = await house.rooms["intake"].rows("SELECT FROM coordinator")
        await browser.send(page, last="yes")

        assert "Nobody coordinates any more" in shown.text
        assert refused.status_code == 422
        assert '<a href="#last">' in refused.text
        assert len(kept) == 1
        assert not await house.rooms["intake"].rows("SELECT FROM coordinator")

    async def test_who_are_none_have_no_dismissal(self, browser: Browser) -> None:
        await browser.sign_in_as(Role.COORDINATOR)

        page = await browser.open(f"/coordinators/{new_id()}/dismiss")

        assert page.url.path == "/coordinators"
        assert "Nobody is appointed yet" in page.text


class TestEveryPage:
    async def test_keeps_itself_to_itself(self, browser: Browser) -> None:
        assert_keeps_itself_to_itself(await browser.open("/sign-in"))

    @pytest.mark.parametrize("path", ["/nowhere", "/static/nothing.css", "/static/../secrets"])
    async def test_that_is_not_there_does_too(self, browser: Browser, path: str) -> None:
        page = await browser.open(path)

        assert page.status_code == 404
        assert_keeps_itself_to_itself(page)

    async def test_does_too_when_we_fail_or_refuse(
        self, house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await browser.sign_in_as(Role.COORDINATOR)
        monkeypatch.setattr(Services, "whole_list", lambda *_, **__: 1 / 0)

        failed = await browser.open("/programmes")
        refused = await browser.client.post("/sign-in", content=b"x" * 300_000)
        await house.rooms["portal"].pool.close()
        away = await browser.open("/programmes")

        assert [page.status_code for page in (failed, refused, away)] == [500, 413, 503]
        for page in (failed, refused, away):
            assert_keeps_itself_to_itself(page)

    async def test_has_its_look_at_an_address_that_changes_with_it(self, browser: Browser) -> None:
        page = await browser.open("/sign-in")
        found = re.search(r'href="(/static/[0-9a-f]{12})/tandem.css"', page.text)
        assert found

        css = await browser.client.get(f"{found[1]}/tandem.css")
        missing = await browser.client.get(f"{found[1]}/nothing.css")
        older = await browser.client.get("/static/0123456789ab/tandem.css")

        assert css.status_code == 200
        assert "immutable" in css.headers["Cache-Control"]
        assert [(each.status_code, each.headers["Cache-Control"]) for each in (missing, older)] == [
            (404, "no-store")
        ] * 2

    async def test_loads_nothing_from_elsewhere_and_is_small(self, browser: Browser) -> None:
        page = await browser.open("/styleguide")
        css = await browser.client.get(re.findall(r'href="(/static/[^"]+)"', page.text)[0])

        assert "http" not in page.text.replace("http://www.w3.org/2000/svg", "")
        assert "<script" not in page.text
        assert "url(" not in css.text
        assert len(page.content) + len(css.content) < 100_000

    async def test_says_where_to_go_when_a_service_is_away(
        self, house: House, browser: Browser
    ) -> None:
        await browser.sign_in_as(Role.COORDINATOR)
        house.network.away |= {"matching"}
        await company.an_open_programme(house.rooms["intake"])

        page = await browser.open("/programmes")

        assert page.status_code == 503
        assert "does not answer just now" in page.text

    async def test_logs_no_link(
        self, house: House, browser: Browser, capsys: pytest.CaptureFixture[str]
    ) -> None:
        checkin, couple = await house.checkin()
        link = checkin_link(checkin, couple.mentee_id)

        await browser.open(link)

        assert link.removeprefix("/checkins/") not in capsys.readouterr().out


def assert_keeps_itself_to_itself(page: httpx.Response) -> None:
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "max-age" in page.headers["Strict-Transport-Security"]


async def appointed(house: House, browser: Browser, *numbers: int) -> dict[int, UUID]:
    """People whom an operator has made coordinators, on the page for it."""
    people = await house.people(*numbers)
    await browser.sign_in_as(Role.COORDINATOR)
    for number in numbers:
        await browser.open("/coordinators")
        page = await browser.send("/coordinators", email=f"p{number}@example.com")
        assert f"Ana Lima {number}" in page.text
    return people


def assert_shows_what_was_written(page: httpx.Response) -> None:
    """All of it, in a form that can be sent as it stands."""
    assert [word for word in WRITTEN if word not in page.text] == []
    assert 'name="goal_rating" value="none" checked' in page.text
    assert 'name="session" value="5" checked' in page.text
    assert "Send my answers again" in page.text


async def _same_programme(house: House) -> UUID:
    """The programme of intake, under whose id checkins and notifications are asked too."""
    intake, checkins = house.rooms["intake"], house.rooms["checkins"]
    programme: UUID = (await intake.rows("SELECT programme_id FROM programme"))[0][0]
    await checkins.rows("UPDATE checkin SET programme_id = $1", programme)
    return programme
