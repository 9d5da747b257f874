"""Notifications, put together."""

from datetime import timedelta
from pathlib import Path

from services.notifications import api, handlers
from services.notifications.sending import Sender
from services.notifications.settings import Settings
from services.notifications.store import ledger
from services.notifications.store.queue import CHANNEL
from shared.bus.loops import Schedule, Worker, never
from shared.bus.work import Units, Work
from shared.clock import RealClock
from shared.service import Service

HOURLY = timedelta(hours=1)
HOUSEKEEPING = "notifications_housekeeping"
"""A channel on which nobody is woken: an hour is soon enough."""


def build(settings: Settings) -> Service:
    """Put the service together; nothing connects or runs yet."""

    def workers(units: Units) -> list[Worker]:
        sender = Sender(units, settings)
        return [Worker("send-mail", sender.act, CHANNEL, ledger.any_on_its_way, close=sender.close)]

    async def forget_old_sign_ins(work: Work) -> int:
        await handlers.forget_old_sign_ins(work, RealClock().now())
        return 0

    return Service(
        name="notifications",
        settings=settings,
        reactions=handlers.reactions,
        routers=[api.router, api.sign_ins],
        schedules=[
            Schedule("forget-sign-ins", forget_old_sign_ins, HOUSEKEEPING, never, every=HOURLY)
        ],
        workers=workers,
        migrations=Path(__file__).parent / "migrations",
    )
