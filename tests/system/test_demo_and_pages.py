"""The demo tells its story; and its people's pages in a real browser, with and without script."""

import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from email.utils import parseaddr

import pytest
from playwright.async_api import Browser, Page, expect

from deploy.embedded.programs import base_environment
from shared.auth import Form, FormKind
from shared.ids import new_id
from tests.system.browsers import look_at, running_chromium, violations_on
from tests.system.quarter import (
    Quarter,
    ask_for_link,
    fill_in_checkin,
    open_checkin,
    sign_in,
    sign_in_as_coordinator,
    somebody_who_takes_no_part,
    window,
)
from tests.system.running import running_tandem

pytestmark = pytest.mark.timeout(600)

NARROWEST = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 800}
OWN = f"/my/checkins/{new_id()}"


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quarter]:
    folder = tmp_path_factory.mktemp("demo") / "tandem"
    with running_tandem(folder, command="demo") as running:
        yield Quarter(running)


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with running_chromium() as browser:
        yield browser


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


class TestTheDemo:
    def test_tells_who_was_matched_and_why(self, quarter: Quarter) -> None:
        assert re.search(r"153 pairs were found; 23 mentees wait", quarter.story)
        assert re.search(r"\w+ guides \w+.*: .*both care about", quarter.story)

    def test_tells_who_answered_and_who_did_not(self, quarter: Quarter) -> None:
        assert re.search(r"\w+ answers: a session with .*, \d of 5", quarter.story)
        assert re.search(r"Not yet: .* and \d+ others\. Late answers are welcome", quarter.story)
        assert re.search(r"\d+ of 217 people answered; \d+ sessions were rated", quarter.story)

    def test_lives_a_quarter_at_ten_o_clock_in_every_office(self, quarter: Quarter) -> None:
        for place in ("Tokyo", "Kolkata", "Berlin", "London", "Sao Paulo", "New York"):
            assert quarter.story.count(f"10:00 in {place}") == 3

    def test_prints_commands_that_work_when_they_are_copied(self, quarter: Quarter) -> None:
        lines = quarter.story.splitlines()
        hint = next(n for n, line in enumerate(lines) if "in a second terminal:" in line)

        mails, link = (
            subprocess.run(
                ["/bin/sh", "-c", line],
                env=base_environment(),
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for line in lines[hint + 1 : hint + 3]
        )

        assert "mails, the newest last" in mails
        assert link.startswith(f"{quarter.portal}/sign-in/with/")

    def test_leaves_nothing_undone(self, quarter: Quarter) -> None:
        states = quarter.running.tandem("status")

        assert {state["state"] for state in states.values()} == {"ready"}
        assert sum(state["dead letters"] for state in states.values()) == 0


class TestTheCheckin:
    async def test_explains_mistakes_in_place_and_takes_the_answers(
        self,
        quarter: Quarter,
        chromium: Browser,
        script: bool,  # noqa: FBT001
    ) -> None:
        async with window(chromium, java_script_enabled=script) as page:
            await open_checkin(page, quarter)
            await look_at(page, f"checkin-{script}")
            await page.get_by_label("goal you would like").fill("Give a talk.")
            await page.get_by_role("button", name="Send my answers").click()

            summary = page.get_by_role("alert")
            await expect(summary.get_by_role("link")).to_have_count(2)
            await expect(page.get_by_label("goal you would like")).to_have_value("Give a talk.")
            await look_at(page, f"checkin-mistakes-{script}")
            await summary.get_by_role("link").first.click()
            await expect(page.locator("#lesson")).to_be_focused()

            await page.locator("#lesson").fill("Ask earlier.")
            await page.locator("#goal_rating-4").check(force=True)
            await page.locator("#session-5").check(force=True)
            await page.get_by_role("button", name="Send my answers").click()
            await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
            await look_at(page, f"checkin-thanks-{script}")

    async def test_can_be_answered_with_the_keyboard_alone(
        self, quarter: Quarter, chromium: Browser
    ) -> None:
        async with window(chromium, viewport=DESK) as page:
            await open_checkin(page, quarter)
            await page.locator("#lesson").focus()
            await page.keyboard.type("Sketch first.")
            await page.keyboard.press("Tab")
            await page.keyboard.type("Write it down.")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Space")
            await page.keyboard.press("ArrowRight")
            await expect(page.locator("#goal_rating-2")).to_be_checked()
            await page.keyboard.press("Tab")
            await page.keyboard.press("Tab")
            await expect(page.get_by_role("button", name="Send my answers")).to_be_focused()
            await page.keyboard.press("Enter")

            await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


class TestSigningIn:
    async def test_leads_a_mentee_home(
        self,
        quarter: Quarter,
        chromium: Browser,
        script: bool,  # noqa: FBT001
    ) -> None:
        told = [
            m
            for m in quarter.mails()
            if "mentoring pair" in m.subject and " is your mentor" in m.text
        ]
        address = parseaddr(told[script].to)[1]

        async with window(chromium, java_script_enabled=script) as page:
            await sign_in(page, quarter, address)

            await expect(page.get_by_role("heading", level=1)).to_contain_text("Hello")
            await expect(page.get_by_role("heading", name="My partner")).to_be_visible()
            await expect(page.get_by_text("Your mentor in Mentoring quarter")).to_be_visible()
            await look_at(page, f"home-{script}")

    async def test_leads_a_coordinator_to_every_number_and_the_rows_behind_it(
        self,
        quarter: Quarter,
        chromium: Browser,
        script: bool,  # noqa: FBT001
    ) -> None:
        async with window(chromium, viewport=DESK, java_script_enabled=script) as page:
            await sign_in_as_coordinator(page, quarter)
            await look_at(page, f"programmes-{script}")
            await page.get_by_role("link", name="Mentoring quarter").first.click()
            await look_at(page, f"programme-{script}")
            number = page.get_by_role("row").nth(1).get_by_role("link").last
            silent = int(await number.inner_text())
            await number.click()

            await expect(page.get_by_role("row")).to_have_count(silent + 1)
            await look_at(page, f"programme-checkins-{script}")


class TestEveryPage:
    PUBLIC = ("/sign-in", "/sign-in/sent", "/sign-in/broken", "/checkins/broken", "/styleguide")
    COORDINATORS = ("/programmes", "/coordinators", "/nowhere")

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("viewport", [NARROWEST, DESK], ids=["narrow", "wide"])
    async def test_has_no_violation_that_axe_finds(
        self, quarter: Quarter, chromium: Browser, scheme: str, viewport: dict[str, int]
    ) -> None:
        found: dict[str, list[str]] = {}
        async with window(chromium, viewport=viewport, color_scheme=scheme) as page:
            await open_checkin(page, quarter)
            found["checkin"] = await violations_on(page)
            await page.get_by_role("button", name="Send my answers").click()
            found["checkin-mistakes"] = await violations_on(page)
            for path in self.PUBLIC:
                await page.goto(quarter.portal + path)
                found[path] = await violations_on(page)
            await sign_in_as_coordinator(page, quarter)
            for path in self.COORDINATORS:
                await page.goto(quarter.portal + path)
                found[path] = await violations_on(page)
            await page.goto(f"{quarter.portal}/programmes")
            await page.get_by_role("link", name="Mentoring quarter").first.click()
            found["programme"] = await violations_on(page)
            await page.get_by_role("row").nth(1).get_by_role("link").first.click()
            found["programme-checkins"] = await violations_on(page)

        assert {place: rules for place, rules in found.items() if rules} == {}

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    async def test_of_a_mentee_has_none_either(
        self, quarter: Quarter, chromium: Browser, scheme: str
    ) -> None:
        asked = [mail for mail in quarter.mails() if "check-in" in mail.subject]
        address = parseaddr(asked[-1 if scheme == "light" else -2].to)[1]
        async with window(chromium, color_scheme=scheme) as page:
            await sign_in(page, quarter, address)
            await look_at(page, f"home-{scheme}")

            assert await violations_on(page) == []

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    async def test_about_an_answer_has_none_either(
        self, quarter: Quarter, chromium: Browser, scheme: str
    ) -> None:
        found: dict[str, list[str]] = {}

        async def check(page: Page, name: str, heading: str) -> None:
            await expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
            await look_at(page, f"{name}-{scheme}")
            found[name] = await violations_on(page)

        async with window(chromium, color_scheme=scheme) as page:
            await open_checkin(page, quarter)
            link, form = page.url, Form(FormKind.CHECKIN, new_id(), new_id())
            await fill_in_checkin(page)
            await page.locator("form.stacked").evaluate("(f, to) => { f.action = to }", OWN)
            await page.get_by_role("button", name="Send my answers").click()
            await check(page, "checkin-signed-out", "Your answers are not saved yet")
            await expect(page.locator("#lesson")).to_have_value("Ask earlier.")

            await page.goto(link)
            await fill_in_checkin(page)
            other = await page.context.new_page()
            await other.goto(link)
            await fill_in_checkin(other)
            await other.get_by_role("button", name="Send my answers").click()
            await check(other, "checkin-thanks", "Thank you")
            await page.get_by_role("button", name="Send my answers").click()
            await check(page, "checkin-answered-twice", "Your answers are not saved")

            await page.goto(link)
            await check(page, "checkin-used", "You have answered this check-in")
            await page.goto(quarter.link_to(form, "checkins", timedelta(minutes=-1)))
            await check(page, "checkin-expired", "This link is no longer good")
            await page.goto(quarter.link_to(form, "sign-in", timedelta(minutes=1)))
            await check(page, "link-foreign", "This link does not belong here")

        assert {place: rules for place, rules in found.items() if rules} == {}

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    async def test_about_signing_in_and_coordinators_has_none_either(
        self, quarter: Quarter, chromium: Browser, scheme: str
    ) -> None:
        found: dict[str, list[str]] = {}
        asked = [mail for mail in quarter.mails() if "check-in" in mail.subject]
        address = parseaddr(asked[-3 if scheme == "light" else -4].to)[1]
        async with (
            window(chromium, color_scheme=scheme) as page,
            window(chromium, color_scheme=scheme) as elsewhere,
        ):
            link = await ask_for_link(page, quarter, address)
            await elsewhere.goto(link)
            await expect(elsewhere.get_by_role("heading", level=1)).to_contain_text("the browser")
            found["sign-in-other-browser"] = await violations_on(elsewhere)
            await page.goto(link)
            await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Tandem")
            found["sign-in-confirm"] = await violations_on(page)

            await sign_in_as_coordinator(page, quarter)
            await page.get_by_role("link", name="Coordinators").click()
            await page.get_by_label("Mail address at work").fill(somebody_who_takes_no_part())
            await page.get_by_role("button", name="Appoint coordinator").click()
            await look_at(page, f"coordinators-{scheme}")
            found["coordinators"] = await violations_on(page)
            await page.get_by_role("link", name="Dismiss").first.click()
            await page.get_by_role("button", name="Dismiss").click()
            await expect(page.get_by_role("alert")).to_be_visible()
            await look_at(page, f"coordinator-dismissal-{scheme}")
            found["coordinator-dismissal"] = await violations_on(page)

        assert {place: rules for place, rules in found.items() if rules} == {}

    async def test_fits_the_narrowest_window(self, quarter: Quarter, chromium: Browser) -> None:
        async with window(chromium, viewport=NARROWEST) as page:
            await open_checkin(page, quarter)
            widths = [await page.evaluate("document.documentElement.scrollWidth")]
            await sign_in_as_coordinator(page, quarter)
            widths.append(await page.evaluate("document.documentElement.scrollWidth"))

        assert widths == [NARROWEST["width"]] * 2
