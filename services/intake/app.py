"""Intake, put together."""

from pathlib import Path

from services.intake import handlers
from services.intake.api import people, programmes, registrations
from services.intake.settings import Settings
from shared.bus.loops import Schedule
from shared.service import Service


def build(settings: Settings) -> Service:
    """The service with its parts."""
    return Service(
        name="intake",
        settings=settings,
        reactions=handlers.reactions,
        routers=[people.router, programmes.router, registrations.router],
        schedules=[
            Schedule("close-enrolment", handlers.close_enrolments_that_are_over, "programmes")
        ],
        migrations=Path(__file__).parent / "migrations",
    )
