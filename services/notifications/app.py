"""Notifications, put together."""

from pathlib import Path

from services.notifications import api, handlers
from services.notifications.sending import Sender
from services.notifications.settings import Settings
from services.notifications.store import ledger
from services.notifications.store.queue import CHANNEL
from shared.bus.loops import Worker
from shared.bus.work import Units
from shared.service import Service


def build(settings: Settings) -> Service:
    """Put the service together; nothing connects or runs yet."""

    def workers(units: Units) -> list[Worker]:
        sender = Sender(units, settings)
        return [Worker("send-mail", sender.act, CHANNEL, ledger.any_on_its_way, close=sender.close)]

    return Service(
        name="notifications",
        settings=settings,
        reactions=handlers.reactions,
        routers=[api.router, api.sign_ins],
        workers=workers,
        migrations=Path(__file__).parent / "migrations",
    )
