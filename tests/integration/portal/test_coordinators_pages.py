"""What coordinators see: programmes, who has answered, and who coordinates."""

import re
from html import unescape
from uuid import UUID

import httpx
import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.integration.checkins.couples import FIRST_DUE
from tests.integration.intake import company
from tests.integration.portal.house import FILLED, Browser, House, checkin_link


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
        [not_yet] = re.findall(r'href="([^"]+answered=false)"', page.text)
        rows = await browser.open(unescape(not_yet))

        assert "Spring" in programmes.text
        assert "(50 %)" in page.text
        assert "Ana Lima 1" in rows.text
        assert "1 check-in<" in rows.text
        assert "Ask earlier." not in page.text + rows.text

    async def test_say_of_how_many_ratings_a_mean_is(self, house: House, browser: Browser) -> None:
        programme = await company.an_open_programme(house.rooms["intake"])
        a_round = {
            "round": 24_315, "first_due_at": FIRST_DUE.isoformat(), "asked": 12, "answered": 9,
            "sessions_rated": 8, "ratings_in_mean": 5, "mean_rating": 4.2,
        }  # fmt: skip
        house.network.answers["checkins"] = httpx.Response(200, json={"rounds": [a_round]})
        await browser.sign_in_as(Role.COORDINATOR)

        page = await browser.open(f"/programmes/{programme}")

        assert '4.2 <span class="soft">(of 5)</span>' in page.text

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

    @pytest.mark.parametrize("email", ["", "ana", "@example.com"])
    async def test_explain_what_is_no_address(self, browser: Browser, email: str) -> None:
        await browser.sign_in_as(Role.COORDINATOR)
        await browser.open("/coordinators")

        page = await browser.send("/coordinators", email=email)

        assert page.status_code == 422
        assert "Enter a mail address at work" in page.text

    @pytest.mark.parametrize(
        "path", ["/programmes", "/programmes/{id}", "/programmes/{id}/checkins", "/coordinators"]
    )
    async def test_are_for_coordinators(self, browser: Browser, path: str) -> None:
        path = path.format(id=new_id())
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
    async def test_see_whom_they_have_just_appointed(self, house: House, browser: Browser) -> None:
        await house.people(1)
        await browser.sign_in_as(Role.COORDINATOR)
        await browser.open("/coordinators")

        page = await browser.send("/coordinators", email="p1@example.com")
        later = await browser.open("/coordinators")

        assert "coordinates now" in page.text
        assert "coordinates now" not in later.text

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


async def appointed(house: House, browser: Browser, *numbers: int) -> dict[int, UUID]:
    """People whom an operator has made coordinators, on the page for it."""
    people = await house.people(*numbers)
    await browser.sign_in_as(Role.COORDINATOR)
    for number in numbers:
        await browser.open("/coordinators")
        page = await browser.send("/coordinators", email=f"p{number}@example.com")
        assert f"Ana Lima {number}" in page.text
    return people


async def _same_programme(house: House) -> UUID:
    """The programme of intake, under whose id checkins and notifications are asked too."""
    intake, checkins = house.rooms["intake"], house.rooms["checkins"]
    programme: UUID = (await intake.rows("SELECT programme_id FROM programme"))[0][0]
    await checkins.rows("UPDATE checkin SET programme_id = $1", programme)
    return programme
