"""Intake, put together."""

from functools import partial
from pathlib import Path

from services.intake import campaign_handlers, handlers
from services.intake.api import (
    accounts,
    campaigns,
    people,
    programmes,
    questionnaires,
    registrations,
    republishing,
    scim,
    scim_tokens,
    sign_ups,
)
from services.intake.settings import Settings
from services.intake.store import campaigns as campaigns_store
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
            campaigns.router,
            registrations.router,
            accounts.router,
            republishing.router,
            questionnaires.router,
            sign_ups.router,
            scim_tokens.router,
        ],
        schedules=[
            Schedule(
                "move-programmes",
                handlers.move_programmes_by_date,
                handlers.PROGRAMMES,
                programmes_store.next_move,
            ),
            Schedule(
                "invite",
                campaign_handlers.tell_whose_turn_it_is,
                campaign_handlers.INVITATIONS,
                campaigns_store.next_due,
            ),
        ],
        mounts={"/scim/v2": partial(scim.scim_api, address=settings.scim_url)},
        migrations=Path(__file__).parent / "migrations",
    )
