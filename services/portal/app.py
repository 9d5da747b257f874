"""The portal, put together."""

from pathlib import Path

from fastapi import FastAPI

from services.portal import handlers
from services.portal.clients import Services
from services.portal.pages import build_pages
from services.portal.pages.frame import Portal
from services.portal.settings import Settings
from shared.bus.loops import Schedule, never
from shared.bus.work import Units
from shared.service import Service


def build(settings: Settings) -> Service:
    """The service with its parts; nothing connects or runs yet."""

    def web(units: Units) -> FastAPI:
        return build_pages(Portal(settings, units, Services(settings)))

    return Service(
        name="portal",
        settings=settings,
        reactions=handlers.reactions,
        routers=[],
        schedules=[
            Schedule(
                "forget",
                handlers.forget_what_is_over,
                handlers.FORGETTING,
                never,
                every=handlers.EVERY,
            )
        ],
        migrations=Path(__file__).parent / "migrations",
        web=web,
        publishes=False,
    )
