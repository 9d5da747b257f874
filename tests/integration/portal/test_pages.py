"""What people see: their home, and what is true of every page."""

import re

import httpx
import pytest

from services.portal.clients import Services
from shared.auth import Role
from tests.integration.intake import company
from tests.integration.portal.house import (
    FILLED,
    WRITTEN,
    Browser,
    House,
    checkin_link,
    pair_in_matching,
)


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
