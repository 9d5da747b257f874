"""Signing in by a link in a mail: once, within ten minutes, in the browser that asked."""

import asyncio
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from services.portal.store import digest
from shared.auth import Form, FormKind, Role
from shared.ids import new_id
from tests.conftest import OpenRoom
from tests.integration.portal.house import Browser, House, csrf_of, open_house, sign_in_link
from tests.support.keys import COMMAND_LINE, LINKS, PORTAL


@pytest.fixture
async def house(open_room: OpenRoom) -> House:
    """The portal and the two services that signing in needs."""
    return await open_house(open_room, "portal", "intake", "notifications")


SENT = "If your address is known here"


class TestAskingForALink:
    async def test_has_one_mailed_to_who_has_the_address(
        self, house: House, browser: Browser
    ) -> None:
        people = await house.people(1)

        page = await browser.ask_for_link("P1@Example.com")

        assert SENT in page.text
        [row] = await house.rooms["notifications"].rows("SELECT recipient_id, kind FROM delivery")
        assert (row["recipient_id"], row["kind"]) == (people[1], "sign-in")

    async def test_says_the_same_to_who_is_not_known(self, house: House, browser: Browser) -> None:
        await house.people(1)
        known = await browser.ask_for_link("p1@example.com")
        async with house.browser() as other:
            unknown = await other.ask_for_link("p2@example.com")

        assert unknown.status_code == known.status_code
        assert SENT in unknown.text
        assert len(await house.sign_in_links()) == 1

    @pytest.mark.parametrize("email", ["", "ana", "ana@", "x" * 400 + "@example.com"])
    async def test_explains_an_address_that_is_none_beside_the_field(
        self, browser: Browser, email: str
    ) -> None:
        page = await browser.ask_for_link(email)

        assert page.status_code == 422
        assert page.text.count("Enter your mail address at work") == 2  # summary and field
        assert 'aria-invalid="true"' in page.text

    async def test_too_often_is_refused_for_a_while(self, house: House, browser: Browser) -> None:
        await house.people(1)
        for _ in range(3):
            await browser.ask_for_link("p1@example.com")

        page = await browser.ask_for_link("P1@example.com")

        assert page.status_code == 429
        assert len(await house.sign_in_links()) == 3

    async def test_all_at_once_passes_no_limit(self, house: House, browser: Browser) -> None:
        await house.people(1)
        page = await browser.open("/sign-in")
        form = {"csrf": csrf_of(page), "email": "p1@example.com"}

        answers = await asyncio.gather(
            *(browser.client.post("/sign-in", data=form) for _ in range(8))
        )

        assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 5
        assert len(await house.sign_in_links()) == 3

    async def test_is_granted_to_a_whole_company_behind_one_address(
        self, house: House, browser: Browser
    ) -> None:
        await browser.ask_for_link("a1@example.com")
        await _as_if_tried_before(house, 298)

        last = await browser.ask_for_link("a2@example.com")
        too_many = await browser.ask_for_link("a3@example.com")

        assert (last.status_code, too_many.status_code) == (200, 429)

    async def test_counts_who_is_behind_a_proxy_that_is_trusted_and_nobody_invented(
        self, open_room: OpenRoom
    ) -> None:
        house = await open_house(
            open_room, "portal", "intake", "notifications", TRUSTED_PROXIES="10.0.0.0/8, ::1"
        )
        async with house.browser("10.1.2.3") as behind, house.browser("192.0.2.7") as direct:
            behind.client.headers["X-Forwarded-For"] = "198.51.100.1, 203.0.113.9, 10.9.9.9"
            direct.client.headers["X-Forwarded-For"] = "198.51.100.1"
            await behind.ask_for_link("a1@example.com")
            await direct.ask_for_link("a2@example.com")
        sources = await house.rooms["portal"].rows("SELECT source FROM attempt")

        hosts = {digest(f"host {host}") for host in ("203.0.113.9", "192.0.2.7")}
        assert hosts < {row["source"] for row in sources}

    async def test_while_intake_is_away_says_so_to_everybody(
        self, house: House, browser: Browser
    ) -> None:
        house.network.away.add("intake")

        page = await browser.ask_for_link("p1@example.com")

        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")


class TestTheLink:
    async def test_signs_in_to_the_page_that_was_wanted(
        self, house: House, browser: Browser
    ) -> None:
        await house.people(1)
        await browser.ask_for_link("p1@example.com", next_page="/no-pages")
        [link] = await house.sign_in_links()

        await browser.open(link)
        page = await browser.send(link)

        assert page.url.path == "/no-pages"
        assert "Ana Lima 1" in page.text

    @pytest.mark.parametrize(
        ("wanted", "page"),
        [
            ("/sign-out", "/"),
            ("/nowhere", "/"),
            ("/static/x.css", "/"),
            ("//evil.example", "/"),
            ("/no-pages?a=1", "/no-pages?a=1"),
            ("/programmes/%3Fx", "/programmes/%3Fx"),
        ],
    )
    async def test_leads_only_to_what_can_be_looked_at(
        self, browser: Browser, wanted: str, page: str
    ) -> None:
        shown = await browser.open(f"/sign-in?next={quote(wanted)}")

        assert f'name="next" value="{page}"' in shown.text

    async def test_after_a_session_that_ended_in_between_leads_to_a_page(
        self, house: House, browser: Browser
    ) -> None:
        people = await house.people(1)
        await browser.sign_in_as(Role.COORDINATOR)
        await browser.open("/coordinators")
        await house.rooms["portal"].rows("UPDATE session SET ends_at = now()")
        sent = await browser.send(f"/coordinators/{people[1]}/dismiss")
        wanted = sent.url.params["next"]
        await browser.ask_for_link("p1@example.com", next_page="/sign-out")
        [link] = await house.sign_in_links()
        await browser.open(link)

        page = await browser.send(link)

        assert wanted == f"/coordinators/{people[1]}/dismiss"  # which shows, and asks
        assert page.url.path == "/home"

    async def test_shows_a_button_first_so_that_scanners_use_nothing_up(
        self, house: House, browser: Browser
    ) -> None:
        await house.people(1)
        await browser.ask_for_link("p1@example.com")
        [link] = await house.sign_in_links()

        for _ in range(3):
            page = await browser.open(link)

        assert (page.status_code, "<button" in page.text) == (200, True)

    async def test_works_once(self, house: House, browser: Browser) -> None:
        await house.people(1)
        await browser.ask_for_link("p1@example.com")
        [link] = await house.sign_in_links()
        await browser.open(link)
        await browser.send(link)

        again = await browser.open(link)

        assert (again.status_code, "has been used" in again.text) == (410, True)

    async def test_works_in_no_other_browser(self, house: House, browser: Browser) -> None:
        await house.people(1)
        await browser.ask_for_link("p1@example.com")
        [link] = await house.sign_in_links()

        async with house.browser() as thief:
            shown = await thief.open(link)
            await thief.open("/sign-in")
            sent = await thief.send(link)
            home = await thief.open("/home")

        assert (shown.status_code, sent.status_code) == (409, 409)
        assert home.url.path == "/sign-in"

    async def test_is_of_no_use_after_ten_minutes(self, house: House, browser: Browser) -> None:
        await house.people(1)
        await browser.ask_for_link("p1@example.com")
        [link] = await house.sign_in_links()
        await house.rooms["portal"].rows(
            "UPDATE sign_in SET asked_at = asked_at - interval '11 minutes'"
        )

        page = await browser.open(link)

        assert (page.status_code, "no longer good" in page.text) == (410, True)

    async def test_with_another_signature_or_cut_is_told_apart(
        self, house: House, browser: Browser
    ) -> None:
        await house.people(1)
        await browser.ask_for_link("p1@example.com")
        [link] = await house.sign_in_links()

        cut = await browser.open(link[:-5])
        nonsense = await browser.open("/sign-in/abc")

        assert (cut.status_code, nonsense.status_code) == (404, 404)
        assert "This link is not whole" in cut.text

    async def test_to_another_form_signs_nobody_in(self, house: House, browser: Browser) -> None:
        people = await house.people(1)

        page = await browser.open(sign_in_link(Form(FormKind.CHECKIN, new_id(), people[1])))
        unknown = await browser.open(sign_in_link(Form(FormKind.SIGN_IN, new_id(), people[1])))

        assert "does not belong here" in page.text
        assert "does not belong here" in unknown.text

    async def test_of_a_coordinator_gives_that_role(self, house: House, browser: Browser) -> None:
        people = await house.people(1)
        async with house.rooms["intake"].api() as api:
            await api.put(f"/v1/coordinators/{people[1]}")
        await browser.ask_for_link("p1@example.com")
        [link] = await house.sign_in_links()

        await browser.open(link)
        page = await browser.send(link)

        assert page.url.path == "/programmes"


class TestTheLinkOfTheCommandLine:
    async def test_signs_in_with_its_roles_once(self, house: House, browser: Browser) -> None:
        signed = COMMAND_LINE.entry_token("operator", [Role.COORDINATOR])
        await browser.open(f"/sign-in/with/{signed}")
        first = await browser.send(f"/sign-in/with/{signed}")
        async with house.browser() as other:
            await other.open("/sign-in")
            second = await other.send(f"/sign-in/with/{signed}")

        assert first.url.path == "/programmes"
        assert (second.status_code, "has been used" in second.text) == (410, True)

    async def test_that_is_too_old_signs_nobody_in(self, browser: Browser) -> None:
        old = COMMAND_LINE.entry_token("operator", [Role.COORDINATOR], timedelta(minutes=-1))

        page = await browser.open(f"/sign-in/with/{old}")

        assert page.status_code == 410

    @pytest.mark.parametrize(
        "foreign",
        [
            LINKS.form_token(Form(FormKind.SIGN_IN, new_id(), new_id()), timedelta(minutes=5)),
            PORTAL.entry_token("operator", [Role.COORDINATOR]),
            COMMAND_LINE.access_token("operator", [Role.COORDINATOR], timedelta(minutes=5)),
        ],
        ids=["of-a-mail", "of-the-portal", "for-the-apis"],
    )
    async def test_is_no_other_token(self, browser: Browser, foreign: str) -> None:
        shown = await browser.open(f"/sign-in/with/{foreign}")
        await browser.open("/sign-in")
        sent = await browser.send(f"/sign-in/with/{foreign}")

        assert (shown.status_code, sent.status_code) == (404, 404)

    async def test_opens_no_api(self, house: House) -> None:
        signed = COMMAND_LINE.entry_token("operator", [Role.COORDINATOR])
        async with house.rooms["intake"].api() as api:
            answer = await api.get(
                "/v1/coordinators", headers={"Authorization": f"Bearer {signed}"}
            )

        assert answer.status_code == 401


class TestASession:
    async def test_ends_when_one_signs_out(self, browser: Browser) -> None:
        await browser.sign_in_as(Role.COORDINATOR)
        await browser.open("/programmes")

        await browser.send("/sign-out")
        page = await browser.open("/programmes")

        assert page.url.path == "/sign-in"

    async def test_ends_after_twelve_hours(self, house: House, browser: Browser) -> None:
        await browser.sign_in_as(Role.COORDINATOR)
        await house.rooms["portal"].rows("UPDATE session SET ends_at = now()")

        page = await browser.open("/programmes")

        assert page.url.path == "/sign-in"

    async def test_is_kept_as_a_sum_only(self, house: House, browser: Browser) -> None:
        await browser.sign_in_as(Role.COORDINATOR)

        [row] = await house.rooms["portal"].rows("SELECT session::text AS row FROM session")

        assert browser.client.cookies["__Host-tandem_session"] not in row["row"]

    async def test_travels_in_cookies_that_no_script_can_read(self, browser: Browser) -> None:
        signed = COMMAND_LINE.entry_token("operator", [Role.COORDINATOR])
        await browser.open(f"/sign-in/with/{signed}")
        browser.client.follow_redirects = False

        answer = await browser.send(f"/sign-in/with/{signed}")

        cookies = answer.headers.get_list("set-cookie")
        names = {cookie.partition("=")[0] for cookie in cookies}
        assert names == {"__Host-tandem_browser", "__Host-tandem_session"}
        assert all(
            flag in cookie
            for cookie in cookies
            for flag in ("HttpOnly", "SameSite=lax", "Secure", "Path=/")
        )
        assert not any("Domain" in cookie for cookie in cookies)

    async def test_by_plain_http_has_names_that_a_browser_takes_there(
        self, open_room: OpenRoom
    ) -> None:
        house = await open_house(open_room, "portal", PORTAL_URL="http://127.0.0.1:8105")
        async with house.browser() as browser:
            browser.client.base_url = httpx.URL("http://127.0.0.1:8105")
            await browser.sign_in_as(Role.OPERATOR)
            page = await browser.open("/no-pages")

        assert page.url.path == "/no-pages"
        assert set(browser.client.cookies) == {"tandem_browser", "tandem_session"}

    async def test_leaves_no_cookie_when_one_signs_out(self, browser: Browser) -> None:
        await browser.sign_in_as(Role.OPERATOR)
        await browser.open("/no-pages")

        await browser.send("/sign-out")

        assert set(browser.client.cookies) == {"__Host-tandem_browser"}


class TestAForm:
    @pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/coordinators"])
    async def test_sent_from_elsewhere_changes_nothing(self, browser: Browser, path: str) -> None:
        await browser.sign_in_as(Role.COORDINATOR)

        answer = await browser.client.post(path, data={"email": "p1@example.com", "csrf": "0" * 64})
        still = await browser.open("/programmes")

        assert answer.status_code == 403
        assert still.url.path == "/programmes"

    async def test_that_is_too_large_is_refused_with_a_page(self, browser: Browser) -> None:
        await browser.open("/sign-in")

        page = await browser.send("/sign-in", email="x" * 300_000)

        assert page.status_code == 413
        assert "256 KiB" in page.text


async def _as_if_tried_before(house: House, times: int) -> None:
    """Have whatever was tried been tried so many times more."""
    await house.rooms["portal"].rows(
        "INSERT INTO attempt SELECT source, tried_at FROM attempt, generate_series(1, $1::int)",
        times,
    )
