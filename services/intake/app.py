"""Intake, put together."""

from pathlib import Path

from services.intake import handlers
from services.intake.api import accounts, people, programmes, registrations, republishing
from services.intake.settings import Settings
from services.intake.store import programmes as programmes_store
from shared.bus.loops import Schedule
from shared.service import Service


def build(settings: Settings) -> Service:
    """The service with its parts."""
    return Service(
        name="intake",
        settings=settings,
        reactions=handlers.reactions,
        routers=[
            people.router,
            programmes.router,
            registrations.router,
            accounts.router,
            republishing.router,
        ],
        schedules=[
            Schedule(
                "close-enrolment",
                handlers.close_enrolments_that_are_over,
                handlers.PROGRAMMES,
                programmes_store.next_closing,
            )
        ],
        migrations=Path(__file__).parent / "migrations",
    )
