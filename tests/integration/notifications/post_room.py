"""Notifications in a room of its own, with a mail server that the test commands."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import cast

from services.notifications.sending import Sender
from services.notifications.settings import Settings
from shared.clock import FixedClock
from tests.conftest import OpenRoom
from tests.integration.notifications.mail_server import MailServer
from tests.support.room import Room


class PostRoom:
    """A room, its mail server, and real time that stands until it is moved."""

    def __init__(self, room: Room, server: MailServer) -> None:
        self.room = room
        self.server = server
        self.real = FixedClock(datetime.now(UTC))

    @asynccontextmanager
    async def sender(self) -> AsyncIterator[Sender]:
        """A new worker, as after a start of the process."""
        sender = Sender(self.room.units, cast("Settings", self.room.settings), self.real)
        try:
            yield sender
        finally:
            await sender.close()

    async def send_all(self) -> None:
        """Let a worker act until nothing is due any more."""
        async with self.sender() as sender:
            while await sender.act():
                pass

    def wait(self, time: timedelta) -> None:
        self.real.instant += time

    async def states(self) -> Counter[str]:
        """How many deliveries are in each state."""
        rows = await self.room.rows("SELECT state, count(*) AS n FROM delivery GROUP BY state")
        return Counter({row["state"]: row["n"] for row in rows})

    async def ledger(self) -> list[tuple[object, ...]]:
        """The ledger without what differs each time: ids of deliveries and their causes."""
        rows = await self.room.rows(
            """
            SELECT kind, subject_id, participant_id, side, partner_id, state FROM delivery
            ORDER BY kind, subject_id, participant_id
            """
        )
        return [tuple(row) for row in rows]

    async def told(self) -> Counter[str]:
        """How many events of each type were told."""
        return Counter(row["type"] for row in await self.room.outbox())


async def open_post_room(open_room: OpenRoom, server: MailServer, **settings: str) -> PostRoom:
    room = await open_room("notifications", SMTP_PORT=str(server.port), **settings)
    return PostRoom(room, server)
