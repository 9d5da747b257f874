"""Mails to people who can join a programme, and programmes that mail their coordinator alone."""

import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.integration.notifications.post_room import PostRoom
from tests.integration.notifications.test_links import ask_for_sign_in
from tests.integration.notifications.told import (
    PROGRAMME,
    Someone,
    checkin,
    invitation,
    pair,
    programme,
    unplaced,
)
from tests.support.room import PORTAL_URL, record_of

ANA = Someone("Ana Kovač", "mentor")
BEN = Someone("Ben Okoro", "mentee")
STEPS = ("announcement", "invitation", "reminder", "last-call")


async def know(post: PostRoom, *people: Someone) -> None:
    """Hear of a programme, and of people who do not take part in it."""
    await post.room.take(record_of(programme()), *(record_of(each.contact()) for each in people))


class TestAnInvitation:
    @pytest.mark.parametrize("step", STEPS)
    async def test_is_mailed_once_with_a_link_to_the_sign_up_page(
        self, post: PostRoom, step: str
    ) -> None:
        await know(post, BEN)
        due = invitation(BEN, step)

        await post.room.take(record_of(due), record_of(due))
        await post.send_all()

        [mail] = post.server.accepted
        part = mail.get_body(("plain",))
        assert part is not None
        assert f"{PORTAL_URL}/programmes/{PROGRAMME}/sign-up" in str(part.get_content())
        assert post.server.recipients == {"ben@example.com": 1}
        assert await post.told() == {"tandem.notification-sent": 1}

    async def test_that_comes_before_its_person_and_programme_waits_for_them(
        self, post: PostRoom
    ) -> None:
        await post.room.take(record_of(invitation(BEN)))
        before = await post.states()

        await know(post, BEN)

        assert (before, await post.states()) == ({"waiting": 1}, {"due": 1})

    async def test_is_not_mailed_to_who_has_signed_up_meanwhile(self, post: PostRoom) -> None:
        await know(post, BEN)
        await post.room.take(record_of(invitation(BEN)), record_of(BEN.registration()))

        await post.send_all()

        assert await post.states() == {"cancelled": 1}
        assert not post.server.accepted

    async def test_for_a_step_that_is_not_known_here_is_left_unsaid(self, post: PostRoom) -> None:
        await know(post, BEN)

        dead = await post.room.take(record_of(invitation(BEN, "encore")))

        assert (dead, await post.states()) == (0, {})


class TestATestProgramme:
    async def test_mails_nobody_but_its_coordinator_whatever_is_told_of_it(
        self, post: PostRoom
    ) -> None:
        """Ana coordinates, and is in the pair."""
        formed = pair(ANA, BEN)
        await post.room.take(
            record_of(programme(test_for=ANA.person_id)), *ANA.records(), *BEN.records(),
            record_of(formed), record_of(unplaced(BEN)), record_of(checkin(formed, BEN, ANA)),
            record_of(checkin(formed, ANA, BEN)), *(record_of(invitation(BEN, s)) for s in STEPS),
        )  # fmt: skip
        await post.send_all()

        assert set(post.server.recipients) == {"ana@example.com"}
        assert await post.states() == {"sent": 2, "cancelled": 7}

    async def test_mails_nobody_else_even_if_it_is_heard_of_last(self, post: PostRoom) -> None:
        formed = pair(ANA, BEN)
        await post.room.take(record_of(formed), record_of(invitation(BEN)))
        await post.room.take(*ANA.records(), *BEN.records())
        await post.send_all()
        before = await post.states()

        await post.room.take(record_of(programme(test_for=ANA.person_id)))
        await post.send_all()

        assert before == {"waiting": 2, "cancelled": 1}
        assert set(post.server.recipients) == {"ana@example.com"}
        assert await post.states() == {"sent": 1, "cancelled": 2}

    async def test_does_not_take_its_coordinator_for_somebody_else_before_she_is_known(
        self, post: PostRoom
    ) -> None:
        await post.room.take(
            record_of(programme(test_for=ANA.person_id)), record_of(pair(ANA, BEN))
        )
        await post.room.take(*BEN.records(), *ANA.records())
        await post.send_all()

        assert post.server.recipients == {"ana@example.com": 1}

    async def test_lets_people_sign_in_as_ever(self, post: PostRoom) -> None:
        """A sign-in belongs to no programme."""
        await post.room.take(record_of(programme(test_for=ANA.person_id)), *BEN.records())
        await ask_for_sign_in(post, new_id(), Role.PORTAL, BEN)
        await post.send_all()

        assert post.server.recipients == {"ben@example.com": 1}
