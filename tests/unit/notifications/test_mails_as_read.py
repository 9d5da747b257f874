import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default as modern
from email.utils import parseaddr
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.notifications.domain.letter import (
    INVITING,
    CodedReason,
    Kind,
    Letter,
    Partner,
    Programme,
)
from services.notifications.domain.plain import one_line
from services.notifications.letters import NAMELESS, language_for, put_into_words
from services.notifications.mime import mail_of
from tests.unit.notifications.made_letters import (
    TO_ANA,
    TO_ANA_SIGNING_IN,
    TO_BEN,
    TO_BEN_ASKED,
    TO_CEM,
    TO_DEE_INVITED,
)

SENDER = Address("Tandem", addr_spec="tandem@example.com")
AT = datetime(2027, 3, 1, 12, 30, tzinfo=UTC)
HEADERS = {
    "Content-Type", "MIME-Version", "From", "To", "Subject", "Date", "Message-ID",
    "Auto-Submitted", "Content-Language",
}  # fmt: skip
NAMES = st.text(max_size=120) | st.sampled_from([
    "Ana\r\nBcc: eve@example.com",
    "=?utf-8?q?Eve?=",
    '"A" <b@c.d>, E (x) \\',
    "Zoë\n\n<html>",
    "李 伟 李 伟 李 伟 李 伟 李 伟 李 伟 李 伟 李 伟 李 伟 李 伟",
    "\u202e",
])  # fmt: skip


def named(programme: str) -> Programme:
    return Programme(programme, date(2027, 3, 1), date(2027, 11, 30))


def mail(letter: Letter) -> EmailMessage:
    """The mail as a mail program reads it."""
    content = mail_of(letter, put_into_words(letter), SENDER, AT).content
    parsed = message_from_bytes(content, policy=modern)
    assert isinstance(parsed, EmailMessage)
    return parsed


def body(letter: Letter, kind: str) -> str:
    part = mail(letter).get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def name_in(letter: Letter) -> str:
    """The name in the To header, read by RFC 2047 alone: the newer parser of the standard library
    puts spaces between encoded words, which the RFC forbids.
    """
    content = mail_of(letter, put_into_words(letter), SENDER, AT).content
    to = message_from_bytes(content)["To"].replace("\r\n", "")
    quoted, _ = parseaddr(to)
    return str(make_header(decode_header(quoted))) if "=?" in to else quoted


class Tags(HTMLParser):
    """Collects the tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


class TestThePairMail:
    def test_its_subject_says_the_fact(self) -> None:
        assert mail(TO_BEN)["Subject"] == "You and Ana Kovač are a mentoring pair"

    def test_its_first_line_greets_and_is_the_step(self) -> None:
        assert body(TO_BEN, "plain").splitlines()[0] == (
            "Hello Ben Okoro, your next step: say hello to Ana Kovač and agree on a time for your "
            "first session."
        )

    @pytest.mark.parametrize(
        ("letter", "side"), [(TO_BEN, "mentee"), (TO_ANA, "mentor"), (TO_CEM, "mentee")]
    )
    def test_its_last_line_says_why_one_gets_it(self, letter: Letter, side: str) -> None:
        why = f"You get this mail because you take part in Mentoring 2027 as a {side}."

        assert body(letter, "plain").strip().splitlines()[-1] == why
        assert Tags(body(letter, "html")).text.strip().endswith(why)

    def test_it_names_the_programme_and_its_dates(self) -> None:
        assert "in Mentoring 2027, which runs from 1 March 2027 to 30 November 2027." in body(
            TO_ANA, "plain"
        )

    def test_both_forms_say_the_same(self) -> None:
        letter = replace(TO_BEN, reasons=(CodedReason("interests", 9, ("data",)),))

        for form in (body(letter, "plain"), Tags(body(letter, "html")).text):
            assert "You share an interest in data." in form
            assert "Ana Kovač is your mentor in Mentoring 2027" in form

    def test_it_holds_no_address_but_the_recipients(self) -> None:
        content = mail_of(TO_BEN, put_into_words(TO_BEN), SENDER, AT).content.decode()

        assert set(re.findall(r"[\w.-]+@example\.com", content.replace("=\r\n", ""))) == {
            "ben@example.com",
            "tandem@example.com",
            f"{TO_BEN.delivery_id}@example.com",
        }


class TestTheMailToTheUnplaced:
    def test_says_that_nothing_is_to_be_done(self) -> None:
        assert mail(TO_CEM)["Subject"] == "We have not found a mentor for you yet"
        assert "you need not do anything:" in body(TO_CEM, "plain").splitlines()[0]

    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            ("no-place-left", "More people asked for a mentor than mentors had places."),
            ("no-suitable-partner", "No mentor in this programme suits"),
        ],
    )
    def test_says_why(self, reason: str, words: str) -> None:
        assert words in body(replace(TO_CEM, unplaced_reason=reason), "plain")

    def test_leaves_out_a_reason_that_nobody_knows_yet(self) -> None:
        text = body(replace(TO_CEM, unplaced_reason="other"), "plain")

        assert "to 30 November 2027.\n\nWe write to you" in text


class TestItsHeaders:
    def test_are_those_of_a_mail_that_no_person_wrote(self) -> None:
        read = mail(TO_BEN)

        assert set(read.keys()) == HEADERS
        assert read["From"] == "Tandem <tandem@example.com>"
        assert read["Date"].datetime == AT
        assert read["Auto-Submitted"] == "auto-generated"
        assert read.get_content_type() == "multipart/alternative"

    def test_the_message_id_is_that_of_the_delivery(self) -> None:
        assert mail(TO_BEN)["Message-ID"] == f"<{TO_BEN.delivery_id}@example.com>"

    @given(NAMES, NAMES, NAMES)
    @example("Ana\r\nBcc: eve@example.com", "Ben\nX: y", "P\r\n\r\nbody")
    def test_no_name_can_add_a_header_or_a_recipient(
        self, name: str, partner: str, programme: str
    ) -> None:
        letter = replace(
            TO_BEN, name=name, partner=Partner(partner, "R"), programme=named(programme)
        )

        read = mail(letter)

        assert set(read.keys()) == HEADERS
        assert [address.addr_spec for address in read["To"].addresses] == ["ben@example.com"]
        assert len(list(read.walk())) == 3

    @given(NAMES)
    def test_a_name_arrives_as_it_was_but_on_one_line(self, name: str) -> None:
        letter = replace(TO_BEN, name=name, partner=Partner(name, "R"))

        read = mail(letter)

        assert name_in(letter) == one_line(name)
        assert read["Subject"] == f"You and {one_line(name) or NAMELESS} are a mentoring pair"

    @given(NAMES)
    def test_every_line_is_ascii_and_short_enough_for_smtp(self, name: str) -> None:
        letter = replace(TO_BEN, name=name)

        lines = mail_of(letter, put_into_words(letter), SENDER, AT).content.split(b"\r\n")

        assert all(line.isascii() and len(line) <= 998 for line in lines)
        assert not any(b"\r" in line or b"\n" in line for line in lines)


class TestTheCheckinMail:
    def test_its_subject_says_the_fact(self) -> None:
        subject = mail(TO_BEN_ASKED)["Subject"]

        assert subject == "Your check-in: three questions about you and Ana Kovač"

    def test_its_step_is_the_link(self) -> None:
        greeting, _, link, *_ = body(TO_BEN_ASKED, "plain").splitlines()

        assert greeting.startswith("Hello Ben Okoro, please answer three short questions")
        assert link == TO_BEN_ASKED.link
        assert f'href="{TO_BEN_ASKED.link}"' in body(TO_BEN_ASKED, "html")

    def test_its_last_line_says_why_one_gets_it(self) -> None:
        last = body(TO_BEN_ASKED, "plain").rstrip().splitlines()[-1]

        assert last.startswith("You get this mail because you take part in Mentoring 2027")


class TestTheSignInMail:
    def test_needs_no_programme(self) -> None:
        assert mail(TO_ANA_SIGNING_IN)["Subject"] == "Your link to sign in to Tandem"
        assert str(TO_ANA_SIGNING_IN.link) in body(TO_ANA_SIGNING_IN, "plain").splitlines()

    def test_says_what_to_do_if_one_did_not_ask(self) -> None:
        assert "You did not ask for it? Then do nothing" in body(TO_ANA_SIGNING_IN, "plain")


class TestTheMailsThatInvite:
    @pytest.mark.parametrize("kind", sorted(INVITING))
    def test_hold_the_link_and_say_how_to_decline_and_why_one_gets_them(self, kind: Kind) -> None:
        words = put_into_words(replace(TO_DEE_INVITED, kind=kind))

        for said in (words.text, Tags(words.html).text):
            assert said.count("Not this time?") == 1
            assert "You get this mail because Mentoring 2027 is open to you" in said
        assert "https://portal.example/programmes/7/sign-up\n" in words.text
        assert 'href="https://portal.example/programmes/7/sign-up"' in words.html

    @pytest.mark.parametrize("kind", sorted(INVITING))
    def test_greet_and_name_the_step_on_their_first_line(self, kind: Kind) -> None:
        first = put_into_words(replace(TO_DEE_INVITED, kind=kind)).text.splitlines()[0]

        assert first.startswith("Hello Dee O'Hara, ")
        assert "Mentoring 2027" in first

    @pytest.mark.parametrize("kind", sorted(INVITING - {Kind.ANNOUNCEMENT}))
    def test_say_until_when_on_the_readers_own_clock_with_its_zone(self, kind: Kind) -> None:
        words = put_into_words(replace(TO_DEE_INVITED, kind=kind))

        until = "18:00 on 29 March 2027 (America/New York time)"
        assert until in words.text
        assert until in Tags(words.html).text

    def test_announce_from_when_one_can_sign_up(self) -> None:
        text = put_into_words(replace(TO_DEE_INVITED, kind=Kind.ANNOUNCEMENT)).text

        assert "from 03:00 on 4 January 2027 (America/New York time)" in text

    @pytest.mark.parametrize(
        ("sooner", "later", "said"),
        [
            (True, False, "A pair may end sooner, and it ends with the programme."),
            (False, True, "A pair stays together until then, and it may go on afterwards, if"),
        ],
    )
    def test_say_up_front_whether_pairs_may_end_sooner_or_go_on(
        self, *, sooner: bool, later: bool, said: str
    ) -> None:
        assert TO_DEE_INVITED.programme
        rules = replace(TO_DEE_INVITED.programme, may_end_sooner=sooner, may_continue=later)

        words = put_into_words(replace(TO_DEE_INVITED, programme=rules))

        assert said in words.text
        assert said in Tags(words.html).text

    @pytest.mark.parametrize("has_incentives", [True, False])
    def test_point_to_what_there_is_for_taking_part_if_there_is(
        self, *, has_incentives: bool
    ) -> None:
        assert TO_DEE_INVITED.programme
        rules = replace(TO_DEE_INVITED.programme, has_incentives=has_incentives)

        words = put_into_words(replace(TO_DEE_INVITED, programme=rules))

        assert ("What there is for taking part" in words.text) is has_incentives


class TestItsPage:
    @given(NAMES, st.text(max_size=40))
    @example("<script>alert(1)</script>", "<img src=x onerror=alert(1)>")
    def test_a_name_or_code_never_becomes_markup(self, name: str, code: str) -> None:
        plain = replace(TO_BEN, reasons=(CodedReason("interests", 1, ("x",)),))
        odd = replace(
            plain,
            name=name,
            programme=named(name),
            partner=Partner(name, "R"),
            reasons=(CodedReason("interests", 1, (code,)),),
        )

        assert Tags(put_into_words(odd).html).tags == Tags(put_into_words(plain).html).tags

    @pytest.mark.parametrize("letter", [TO_BEN, TO_ANA, TO_CEM])
    def test_loads_and_links_nothing(self, letter: Letter) -> None:
        page = put_into_words(letter).html

        assert Tags(page).attributes <= {"lang", "dir", "charset", "name", "content", "style"}
        assert "url(" not in page
        assert "http" not in page

    def test_is_readable_in_dark_mode_since_it_sets_no_colour_of_text_or_ground(self) -> None:
        page = put_into_words(TO_BEN).html

        assert '<meta name="color-scheme" content="light dark">' in page
        assert not re.search(r"(?<!-)\b(color|background)\s*:", page)


class TestItsLanguage:
    def test_is_that_of_the_locale(self) -> None:
        assert language_for("de-AT", frozenset({"de", "en"})) == "de"

    @pytest.mark.parametrize("locale", ["fr", "", "../../etc", "EN_gb"])
    def test_is_english_where_nobody_has_translated_yet(self, locale: str) -> None:
        assert language_for(locale, frozenset({"en"})) == "en"


class TestOneLine:
    @given(st.text())
    def test_leaves_nothing_that_breaks_a_line(self, text: str) -> None:
        assert len(one_line(text).splitlines()) <= 1
        assert "\x00" not in one_line(text)

    def test_keeps_the_joiners_that_names_need(self) -> None:
        assert one_line("می\u200cخواهم") == "می\u200cخواهم"
