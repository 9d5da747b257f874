"""Mails with links: minted when sent, for one form of one person."""

import re
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import httpx
import pytest

from services.notifications import handlers
from services.notifications.sending import BATCH
from shared.auth import Form, FormKind, Role, verify_form_token
from shared.ids import new_id
from tests.conftest import OpenRoom
from tests.integration.notifications.mail_server import MailServer
from tests.integration.notifications.post_room import PostRoom, open_post_room
from tests.integration.notifications.told import Someone, checkin, end_of, pair, programme
from tests.support.keys import TRUSTED_LINKS
from tests.support.room import PORTAL_URL, record_of

ANA = Someone("Ana Kovač", "mentor")
BEN = Someone("Ben Okoro", "mentee")
FORMED = pair(ANA, BEN)
LINK = re.compile(rf"{PORTAL_URL}/([a-z-]+)/(\S+)")


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def links_in(server: MailServer) -> list[tuple[str, Form | None]]:
    """The pages and forms of the links in all mails that were sent."""
    found = [LINK.search(text_of(mail)) for mail in server.accepted]
    return [(match[1], verify_form_token(match[2], TRUSTED_LINKS).form) for match in found if match]


async def know_everybody(post: PostRoom) -> None:
    await post.room.take(record_of(programme()), *ANA.records(), *BEN.records())


async def ask_for_sign_in(
    post: PostRoom, sign_in_id: UUID, role: Role, someone: Someone = ANA
) -> httpx.Response:
    body = {
        "sign_in_id": str(sign_in_id),
        "person_id": str(someone.person_id),
        "void_after": (post.real.instant + timedelta(minutes=10)).isoformat(),
    }
    async with post.room.api(role) as api:
        return await api.post("/v1/sign-in-mails", json=body)


async def forget_old_sign_ins(post: PostRoom) -> None:
    async with post.room.units.begin() as work:
        await handlers.forget_old_sign_ins(work, post.real.instant)


class TestACheckinThatIsDue:
    async def test_is_mailed_once_with_a_link_to_its_form(self, post: PostRoom) -> None:
        await know_everybody(post)
        due = checkin(FORMED, BEN, ANA)

        await post.room.take(record_of(due), record_of(due))
        await post.send_all()

        assert links_in(post.server) == [
            ("checkins", Form(FormKind.CHECKIN, due.checkin_id, BEN.participant_id))
        ]
        assert "Ana Kovač" in text_of(post.server.accepted[0])

    async def test_that_comes_before_its_people_waits_for_them(self, post: PostRoom) -> None:
        await post.room.take(record_of(checkin(FORMED, BEN, ANA)))
        before = await post.states()

        await know_everybody(post)

        assert (before, await post.states()) == ({"waiting": 1}, {"due": 1})

    async def test_of_a_pair_that_has_ended_is_not_mailed(self, post: PostRoom) -> None:
        await know_everybody(post)
        due = checkin(FORMED, BEN, ANA)

        await post.room.take(record_of(due), record_of(end_of(FORMED)))
        await post.send_all()

        assert await post.states() == {"cancelled": 1}

    async def test_for_a_side_that_is_not_known_here_is_mailed_without_naming_it(
        self, post: PostRoom
    ) -> None:
        await know_everybody(post)
        due = checkin(FORMED, BEN, ANA).model_copy(update={"side": "sponsor"})

        dead = await post.room.take(record_of(due))
        await post.send_all()

        assert dead == 0
        last = text_of(post.server.accepted[0]).strip().splitlines()[-1]
        assert last.startswith("You get this mail because you take part in Mentoring 2027, and")

    async def test_leaves_no_link_in_the_database_or_in_events(self, post: PostRoom) -> None:
        await know_everybody(post)
        await post.room.take(record_of(checkin(FORMED, BEN, ANA)))
        await post.send_all()

        rows = await post.room.rows("SELECT delivery::text AS row FROM delivery")

        assert not LINK.search(str(rows) + str(await post.room.outbox()))


class TestASignIn:
    async def test_is_mailed_with_a_link_for_that_person(self, post: PostRoom) -> None:
        await know_everybody(post)
        sign_in = new_id()

        answer = await ask_for_sign_in(post, sign_in, Role.PORTAL)
        await post.send_all()

        assert answer.status_code == 202
        assert links_in(post.server) == [
            ("sign-in", Form(FormKind.SIGN_IN, sign_in, ANA.person_id))
        ]
        assert not await post.told()  # of no programme: no event

    async def test_goes_before_everything_that_waits(
        self, open_room: OpenRoom, mail_server: MailServer
    ) -> None:
        post = await open_post_room(open_room, mail_server, SEND_CONNECTIONS="1")
        await know_everybody(post)
        await post.room.take(
            *(record_of(checkin(pair(ANA, BEN), BEN, ANA)) for _ in range(BATCH + 8))
        )

        await ask_for_sign_in(post, new_id(), Role.PORTAL)
        await post.send_all()

        subjects = [str(mail["Subject"]) for mail in mail_server.accepted]
        assert subjects[0] == "Your link to sign in to Tandem"
        assert len(subjects) == BATCH + 9

    async def test_that_comes_too_late_is_not_mailed(self, post: PostRoom) -> None:
        await know_everybody(post)
        await ask_for_sign_in(post, new_id(), Role.PORTAL)

        post.wait(timedelta(minutes=11))
        await post.send_all()

        assert await post.states() == {"cancelled": 1}
        assert post.server.accepted == []

    async def test_that_comes_too_late_is_not_held_by_safe_mode(
        self, open_room: OpenRoom, mail_server: MailServer
    ) -> None:
        post = await open_post_room(open_room, mail_server, MAIL_ONLY_TO="@nobody.example")
        await know_everybody(post)
        await ask_for_sign_in(post, new_id(), Role.PORTAL)

        post.wait(timedelta(minutes=11))
        await post.send_all()

        assert await post.states() == {"cancelled": 1}

    async def test_that_safe_mode_held_is_cancelled_once_it_is_useless(
        self, open_room: OpenRoom, mail_server: MailServer
    ) -> None:
        post = await open_post_room(open_room, mail_server, MAIL_ONLY_TO="@nobody.example")
        await know_everybody(post)
        await ask_for_sign_in(post, new_id(), Role.PORTAL)
        await post.send_all()
        held = await post.states()

        post.wait(timedelta(minutes=11))
        await post.send_all()

        assert (held, await post.states()) == ({"held": 1}, {"cancelled": 1})

    async def test_is_forgotten_a_day_after_its_link_was_of_use(self, post: PostRoom) -> None:
        await know_everybody(post)
        await post.room.take(record_of(checkin(FORMED, BEN, ANA)))
        await ask_for_sign_in(post, new_id(), Role.PORTAL)
        await post.send_all()
        post.wait(timedelta(hours=20))
        await ask_for_sign_in(post, new_id(), Role.PORTAL)
        kept = []

        for _ in range(2):
            await forget_old_sign_ins(post)
            kept.append(await post.room.rows("SELECT kind FROM delivery ORDER BY kind"))
            post.wait(timedelta(hours=5))

        assert [[row["kind"] for row in rows] for rows in kept] == [
            ["checkin-due", "sign-in", "sign-in"],
            ["checkin-due", "sign-in"],
        ]

    async def test_that_waits_for_an_address_is_forgotten_too(self, post: PostRoom) -> None:
        await ask_for_sign_in(post, new_id(), Role.PORTAL)
        post.wait(timedelta(hours=25))

        await forget_old_sign_ins(post)

        assert not await post.states()

    async def test_asked_for_twice_is_mailed_once(self, post: PostRoom) -> None:
        await know_everybody(post)
        sign_in = new_id()

        await ask_for_sign_in(post, sign_in, Role.PORTAL)
        await ask_for_sign_in(post, sign_in, Role.PORTAL)
        await post.send_all()

        assert len(post.server.accepted) == 1

    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.PARTICIPANT, Role.INTEGRATION])
    async def test_is_for_the_portal_to_ask_for(self, post: PostRoom, role: Role) -> None:
        assert (await ask_for_sign_in(post, new_id(), role)).status_code == 403
