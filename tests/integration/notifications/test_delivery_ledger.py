import random

import pytest

from shared.ids import new_id
from tandem_events import Event, ParticipantRegistered, PersonContact
from tests.conftest import OpenRoom
from tests.integration.notifications.mail_server import MailServer
from tests.integration.notifications.post_room import PostRoom, open_post_room
from tests.integration.notifications.told import (
    Someone,
    company,
    end_of,
    pair,
    programme,
    unplaced,
)
from tests.support.room import record_of, tombstone_of

ANA = Someone("Ana Kovač", "mentor")
BEN = Someone("Ben Okoro", "mentee")
CEM = Someone("Cem Demir", "mentee")
FORMED = pair(ANA, BEN)
BRIEF = pair(ANA, CEM)


class TestTheOrderOfEvents:
    STORY: tuple[tuple[Event, int], ...] = (
        (programme("Old name"), 1),
        (programme(), 2),
        *((someone.contact(), 1) for someone in (ANA, BEN, CEM)),
        *((someone.registration(), 1) for someone in (ANA, BEN, CEM)),
        (FORMED, 1),
        (BRIEF, 1),
        (end_of(BRIEF), 2),
        (unplaced(CEM), 1),
    )

    @pytest.mark.parametrize("seed", range(8))
    async def test_makes_no_difference_to_the_ledger(self, post: PostRoom, seed: int) -> None:
        shuffled = [*self.STORY, *self.STORY]
        random.Random(seed).shuffle(shuffled)

        for event, sequence in shuffled:
            assert await post.room.take(record_of(event, sequence)) == 0

        told = [(row[0], row[2], row[5]) for row in await post.ledger()]
        assert sorted(told, key=str) == sorted(
            [
                ("pair-formed", ANA.participant_id, "due"),
                ("pair-formed", BEN.participant_id, "due"),
                ("pair-formed", ANA.participant_id, "cancelled"),
                ("pair-formed", CEM.participant_id, "cancelled"),
                ("participant-unplaced", CEM.participant_id, "due"),
            ],
            key=str,
        )
        names = await post.room.rows("SELECT name, sequence FROM programme")
        assert [tuple(row) for row in names] == [("Mentoring 2027", 2)]


class TestADeliveryWaits:
    @pytest.mark.parametrize("missing", range(5))
    async def test_for_whatever_is_not_known_yet(self, post: PostRoom, missing: int) -> None:
        events = [programme(), ANA.contact(), ANA.registration(), BEN.contact(), BEN.registration()]
        late = events.pop(missing)

        await post.room.take(record_of(FORMED), *[record_of(event) for event in events])
        before = await post.states()
        await post.room.take(record_of(late))

        assert before["waiting"] > 0
        assert await post.states() == {"due": 2}

    async def test_again_when_its_recipient_is_forgotten(self, post: PostRoom) -> None:
        await post.room.take(record_of(programme()), *BEN.records(), record_of(unplaced(BEN)))

        await post.room.take(tombstone_of(PersonContact, BEN.person_id, 2))
        await post.send_all()

        assert await post.states() == {"waiting": 1}
        assert post.server.accepted == []


class TestAForgottenPerson:
    async def test_leaves_no_personal_data_but_the_sequence(self, post: PostRoom) -> None:
        await post.room.take(*BEN.records(), tombstone_of(PersonContact, BEN.person_id, 2))

        row = (await post.room.rows("SELECT sequence, name, email FROM contact"))[0]

        assert tuple(row) == (2, None, None)

    async def test_does_not_come_back_by_an_older_event(self, post: PostRoom) -> None:
        await post.room.take(tombstone_of(PersonContact, BEN.person_id, 2))

        await post.room.take(record_of(BEN.contact(), 1))

        assert (await post.room.rows("SELECT name FROM contact"))[0]["name"] is None

    async def test_whose_registration_ended_is_told_nothing_more(self, post: PostRoom) -> None:
        await post.room.take(record_of(programme()), *BEN.records(), record_of(unplaced(BEN)))

        await post.room.take(tombstone_of(ParticipantRegistered, BEN.participant_id, 2))

        assert await post.states() == {"waiting": 1}


class TestAnEndedPair:
    async def test_is_not_announced_any_more(self, post: PostRoom) -> None:
        await post.room.take(
            record_of(programme()), *ANA.records(), *BEN.records(), record_of(FORMED)
        )

        await post.room.take(record_of(end_of(FORMED), 2))
        await post.send_all()

        assert await post.states() == {"cancelled": 2}
        assert post.server.accepted == []

    async def test_that_was_announced_already_stays_so(self, post: PostRoom) -> None:
        await post.room.take(
            record_of(programme()), *ANA.records(), *BEN.records(), record_of(FORMED)
        )
        await post.send_all()

        await post.room.take(record_of(end_of(FORMED), 2))

        assert await post.states() == {"sent": 2}


class TestTheUnplaced:
    async def test_are_told_once_per_run(self, post: PostRoom) -> None:
        await post.room.take(record_of(programme()), *BEN.records())

        await post.room.take(
            record_of(unplaced(BEN), 1),
            record_of(unplaced(BEN), 2),
            record_of(unplaced(BEN, new_id()), 3),
        )

        assert await post.states() == {"due": 2}


class TestSafeMode:
    async def test_holds_what_is_not_on_the_list(
        self, open_room: OpenRoom, mail_server: MailServer
    ) -> None:
        post = await open_post_room(open_room, mail_server, MAIL_ONLY_TO="ana@example.com")
        await post.room.take(
            record_of(programme()), *ANA.records(), *BEN.records(), record_of(FORMED)
        )

        await post.send_all()

        assert await post.states() == {"sent": 1, "held": 1}
        assert list(mail_server.recipients) == ["ana@example.com"]

    async def test_lets_go_when_the_list_has_changed(
        self, open_room: OpenRoom, mail_server: MailServer
    ) -> None:
        post = await open_post_room(open_room, mail_server, MAIL_ONLY_TO="@nobody.example")
        await post.room.take(*company(3))
        await post.send_all()
        held = await post.states()

        post.room.settings = post.room.settings.model_copy(update={"mail_only_to": ""})
        await post.send_all()

        assert held == {"held": 6}
        assert await post.states() == {"sent": 6}
