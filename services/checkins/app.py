"""Checkins, put together."""

from pathlib import Path

from services.checkins import api, handlers
from services.checkins.settings import Settings
from services.checkins.store import agreements, turns
from shared.bus.loops import Schedule
from shared.service import Service


def build(settings: Settings) -> Service:
    """The service with its parts; nothing connects or runs yet."""
    return Service(
        name="checkins",
        settings=settings,
        reactions=handlers.reactions,
        routers=api.routers,
        schedules=[
            Schedule("ask", handlers.ask_whose_turn_it_is, handlers.TURNS, turns.next_due),
            Schedule(
                "follow-ends",
                handlers.let_agreements_follow_their_programme,
                handlers.MOVED_ENDS,
                agreements.moved_since,
            ),
        ],
        migrations=Path(__file__).parent / "migrations",
    )
