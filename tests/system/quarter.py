"""A quarter that the demo has lived, and what a person does on its pages."""

import csv
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from deploy.cli.first_start import SAMPLE
from deploy.embedded.mailbox import Mail, read_mailbox
from shared.auth import Form, Issuer
from tests.system.running import Running

LINK = re.compile(r"https?://\S+/(?:checkins|sign-in)/\S+")
PHONE = {"width": 390, "height": 844}


@dataclass
class Quarter:
    """A quarter that has been lived, with its mails and pages."""

    running: Running

    @property
    def story(self) -> str:
        return "".join(self.running.output)

    @property
    def portal(self) -> str:
        return self.running.installation.url("portal")

    def mails(self) -> list[Mail]:
        return read_mailbox(self.running.installation.servers.mailbox_folder)

    def link_in(self, mail: Mail) -> str:
        found = LINK.search(mail.text)
        assert found
        return found[0]

    def link_to(self, form: Form, page: str, life: timedelta) -> str:
        """A link such as notifications would mail."""
        key = self.running.installation.servers.secrets.signing_key_file("notifications")
        token = Issuer("notifications", key.read_text()).form_token(form, life)
        return f"{self.portal}/{page}/{token}"

    def coordinators_link(self) -> str:
        return str(self.running.tandem("token", "--role", "coordinator", "--link")["link"])


@asynccontextmanager
async def window(browser: Browser, **options: Any) -> AsyncIterator[Page]:
    """A window of its own, as on a phone; nothing moves in it by itself."""
    context: BrowserContext = await browser.new_context(
        **{"viewport": PHONE, "reduced_motion": "reduce", **options}
    )
    context.set_default_timeout(10_000)
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def open_checkin(page: Page, quarter: Quarter) -> None:
    """Open a check-in that nobody has answered yet, by the link in its mail."""
    for mail in reversed(quarter.mails()):
        if "check-in" in mail.subject:
            await page.goto(quarter.link_in(mail))
            if await page.locator("#lesson").count():
                return
    raise AssertionError("every check-in has been answered")


async def fill_in_checkin(page: Page) -> None:
    """Fill in all that must be."""
    await page.locator("#lesson").fill("Ask earlier.")
    await page.get_by_label("goal you would like").fill("Give a talk.")
    await page.locator("#goal_rating-4").check(force=True)


def somebody_who_takes_no_part() -> str:
    """The mail address of somebody of the sample company who is no participant."""
    with (SAMPLE / "registrations.csv").open() as file:
        registered = {row["employee_number"] for row in csv.DictReader(file)}
    with (SAMPLE / "people.csv").open() as file:
        people = list(csv.DictReader(file))
    return next(row["email"] for row in people if row["employee_number"] not in registered)


async def sign_in(page: Page, quarter: Quarter, address: str) -> None:
    """Sign in as a person does: ask, look into the mail, open its link, press its button."""
    await page.goto(await ask_for_link(page, quarter, address))
    await page.get_by_role("button", name="Sign in").click()


async def ask_for_link(page: Page, quarter: Quarter, address: str) -> str:
    """Ask for a link, and find it in the mail."""
    await page.goto(f"{quarter.portal}/sign-in")
    await page.get_by_label("Your mail address at work").fill(address)
    await page.get_by_role("button", name="Send me a link").click()
    await expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    return await _newest_sign_in_link(quarter, address, page)


async def _newest_sign_in_link(quarter: Quarter, address: str, page: Page) -> str:
    for _ in range(100):
        newest = quarter.mails()[-1]
        if "sign in" in newest.subject and parseaddr(newest.to)[1] == address:
            return quarter.link_in(newest)
        await page.wait_for_timeout(100)
    raise AssertionError(f"no mail to sign in came to {address}")


async def sign_in_as_coordinator(page: Page, quarter: Quarter) -> None:
    await page.goto(quarter.coordinators_link())
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Programmes")).to_be_visible()
