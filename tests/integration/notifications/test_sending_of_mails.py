import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from deploy.embedded.mailbox import read_mailbox
from services.notifications.domain.patience import FIRST_PAUSE, PATIENCE
from services.notifications.sending import BATCH
from services.notifications.smtp import MailServerAway
from tests.conftest import OpenRoom
from tests.integration.notifications.mail_server import ACCEPTED, MailServer
from tests.integration.notifications.post_room import PostRoom, open_post_room
from tests.integration.notifications.told import Someone, company, programme, unplaced
from tests.support.room import record_of
from tests.support.servers import Servers

BEN = Someone("Ben Okoro", "mentee")


async def tell_ben(post: PostRoom) -> None:
    await post.room.take(record_of(programme()), *BEN.records(), record_of(unplaced(BEN)))


class TestSending:
    async def test_tells_both_partners_of_every_pair_once(self, post: PostRoom) -> None:
        await post.room.take(*company(130))

        await post.send_all()

        assert await post.states() == {"sent": 260}
        assert len(post.server.recipients) == 260
        assert set(post.server.recipients.values()) == {1}
        assert await post.told() == {"tandem.notification-sent": 260}

    async def test_uses_few_connections_again_and_again(self, post: PostRoom) -> None:
        await post.room.take(*company(BATCH))

        await post.send_all()

        assert post.server.connections <= 8

    async def test_carries_on_the_story_that_led_to_the_mail(self, post: PostRoom) -> None:
        record = record_of(unplaced(BEN))
        await post.room.take(record_of(programme()), *BEN.records(), record)

        await post.send_all()

        told = (await post.room.outbox())[0]
        event_id = dict(record.headers)["ce_id"].decode()
        assert told["causationid"] == event_id
        assert told["correlationid"] == dict(record.headers)["ce_correlationid"].decode()

    async def test_reaches_a_mailbox_that_a_person_can_read(
        self, open_room: OpenRoom, servers: Servers
    ) -> None:
        room = await open_room("notifications")
        post = PostRoom(room, MailServer())
        someone = Someone("Zoë Ångström", "mentee", "zoe.angstrom@example.com")
        await room.take(record_of(programme()), *someone.records(), record_of(unplaced(someone)))

        await post.send_all()

        mails = [mail for mail in read_mailbox(servers.mailbox) if someone.email in mail.to]
        assert [mail.subject for mail in mails] == ["We have not found a mentor for you yet"]
        assert "Hello Zoë Ångström," in mails[0].text
        assert "Hello Zoë Ångström," in mails[0].html


class TestAMailServerThatIsAway:
    async def test_delays_and_loses_nothing(self, post: PostRoom) -> None:
        await post.room.take(*company(60))
        await post.server.go_down()
        for _ in range(3):
            with pytest.raises(MailServerAway):
                await post.send_all()
        untouched = await post.room.rows("SELECT FROM delivery WHERE attempts = 0")
        during = await post.states()

        await post.server.come_up()
        await post.send_all()

        assert len(untouched) == 120
        assert during == {"due": 120}
        assert set(post.server.recipients.values()) == {1}
        assert await post.states() == {"sent": 120}

    async def test_for_a_moment_in_the_midst_of_a_batch_loses_nothing(self, post: PostRoom) -> None:
        await post.room.take(*company(100))

        def break_off(_address: str) -> str:
            if len(post.server.accepted) == 30:
                asyncio.get_running_loop().call_soon(
                    lambda: asyncio.ensure_future(post.server.go_down())
                )
            return ACCEPTED

        post.server.to_message = break_off
        with pytest.raises(MailServerAway):
            await post.send_all()
        tried = await post.room.rows("SELECT FROM delivery WHERE state = 'due' AND attempts > 0")

        post.server.to_message = lambda _address: ACCEPTED
        await post.server.come_up()
        post.wait(timedelta(hours=1))
        await post.send_all()

        assert len(tried) <= 8
        assert await post.states() == {"sent": 200}
        assert len(post.server.recipients) == 200

    async def test_is_known_by_a_closing_answer_without_blaming_a_mail(
        self, post: PostRoom
    ) -> None:
        await tell_ben(post)
        post.server.to_recipient = lambda _address: "421 4.3.2 Closing"

        with pytest.raises(MailServerAway):
            await post.send_all()

        row = (await post.room.rows("SELECT state, attempts FROM delivery"))[0]
        assert tuple(row) == ("due", 0)


class TestAMailThatIsPutOff:
    async def test_is_tried_again_after_a_pause(self, post: PostRoom) -> None:
        await tell_ben(post)
        post.server.to_recipient = lambda _address: "450 4.2.1 Later, please"
        await post.send_all()
        await post.send_all()
        attempts = (await post.room.rows("SELECT attempts FROM delivery"))[0]["attempts"]

        post.server.to_recipient = lambda _address: ACCEPTED
        post.wait(FIRST_PAUSE)
        await post.send_all()

        assert attempts == 1
        assert await post.states() == {"sent": 1}

    async def test_for_days_is_given_up(self, post: PostRoom) -> None:
        await tell_ben(post)
        post.server.to_message = lambda _address: "451 Not today"
        await post.send_all()

        post.wait(PATIENCE)
        await post.send_all()

        row = (await post.room.rows("SELECT state, failure FROM delivery"))[0]
        assert tuple(row) == ("failed", "gave-up")
        assert await post.told() == {"tandem.notification-failed": 1}

    async def test_does_not_hold_up_the_others(self, post: PostRoom) -> None:
        await post.room.take(*company(10))
        post.server.to_recipient = lambda address: (
            "450 Later" if address.startswith("ana") else ACCEPTED
        )

        await post.send_all()

        assert await post.states() == {"sent": 10, "due": 10}


class TestAMailThatIsRefused:
    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            ("550 5.1.1 No such user", "invalid-address"),
            ("554 5.7.1 Not from you", "refused-by-server"),
        ],
    )
    async def test_fails_for_good_and_says_so(
        self, post: PostRoom, answer: str, reason: str
    ) -> None:
        await tell_ben(post)
        post.server.to_recipient = lambda _address: answer

        await post.send_all()

        event = (await post.room.outbox())[0]
        assert event["type"] == "tandem.notification-failed"
        assert f'"reason":"{reason}"' in event["payload"]
        assert await post.states() == {"failed": 1}

    async def test_leaves_its_connection_fit_for_the_next(self, post: PostRoom) -> None:
        await post.room.take(*company(40))
        post.server.to_recipient = lambda address: (
            "550 5.1.1 No" if address.startswith("ana") else ACCEPTED
        )

        await post.send_all()

        assert await post.states() == {"sent": 40, "failed": 40}
        assert post.server.connections <= 8

    async def test_for_its_address_never_reaches_the_server(self, post: PostRoom) -> None:
        odd = Someone("Eve", "mentee", "eve@example.com>\r\nRCPT TO:<ben@example.com")
        await post.room.take(record_of(programme()), *odd.records(), record_of(unplaced(odd)))

        await post.send_all()

        row = (await post.room.rows("SELECT state, failure, attempts FROM delivery"))[0]
        assert tuple(row) == ("failed", "invalid-address", 0)


class TestALeaseThatExpired:
    async def test_has_the_mail_sent_again_with_the_same_message_id(self, post: PostRoom) -> None:
        await tell_ben(post)
        await post.send_all()
        await post.room.rows(
            """
            UPDATE delivery SET state = 'sending', lease = $1, lease_until = $2,
                                attempts = 0, finished_at = NULL
            """,
            UUID(int=9),
            post.real.instant + timedelta(seconds=70),
        )
        await post.send_all()
        before = len(post.server.accepted)

        post.wait(timedelta(seconds=71))
        await post.send_all()

        assert before == 1
        assert list(post.server.message_ids.values()) == [2]
        assert await post.states() == {"sent": 1}

    async def test_leaves_a_late_worker_nothing_to_record(self, post: PostRoom) -> None:
        await tell_ben(post)
        async with post.sender() as late, post.sender() as other:
            batch = await late._claim()
            post.wait(timedelta(seconds=71))
            await other.act()
            await late._bring_back(batch)

        assert await post.states() == {"sent": 1}
        assert await post.told() == {"tandem.notification-sent": 1}


class TestWorkersSideBySide:
    async def test_send_each_mail_once(self, post: PostRoom) -> None:
        await post.room.take(*company(200))

        await asyncio.gather(*(post.send_all() for _ in range(3)))

        assert len(post.server.message_ids) == 400
        assert set(post.server.message_ids.values()) == {1}
        assert await post.told() == {"tandem.notification-sent": 400}


class TestAWorkerToldToStop:
    async def test_records_what_it_has_sent_so_far(
        self, open_room: OpenRoom, mail_server: MailServer
    ) -> None:
        post = await open_post_room(open_room, mail_server, SEND_CONNECTIONS="1")
        await post.room.take(*company(20))
        mail_server.falls_silent_after = 20

        task = asyncio.ensure_future(post.send_all())
        await mail_server.silent.wait()
        task.cancel()
        await asyncio.wait([task])

        assert await post.states() == {"sent": 20, "due": 20}


class TestASilentMailServer:
    async def test_holds_up_the_one_mail_alone(
        self, open_room: OpenRoom, mail_server: MailServer
    ) -> None:
        post = await open_post_room(open_room, mail_server, SEND_TIMEOUT_SECONDS="2")
        await post.room.take(*company(20))
        mail_server.falls_silent_after = 10

        await post.send_all()

        assert await post.states() == {"sent": 39, "due": 1}
        post.wait(FIRST_PAUSE)
        await post.send_all()
        assert await post.states() == {"sent": 40}
