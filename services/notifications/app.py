"""Notifications, put together."""

from pathlib import Path

from services.notifications import api, handlers
from services.notifications.sending import Sender
from services.notifications.settings import Settings
from services.notifications.store.queue import CHANNEL
from shared.bus.loops import Worker
from shared.bus.work import Units
from shared.service import Service


def build(settings: Settings) -> Service:
    """Put the service together; nothing connects or runs yet."""

    def workers(units: Units) -> list[Worker]:
        sender = Sender(units, settings)
        return [Worker("send-mail", sender.act, wakes_on=CHANNEL, close=sender.close)]

    return Service(
        name="notifications",
        settings=settings,
        reactions=handlers.reactions,
        routers=[api.router],
        workers=workers,
        migrations=Path(__file__).parent / "migrations",
    )
