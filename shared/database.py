"""A service's own PostgreSQL database."""

import asyncio
from typing import TypeAlias

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from shared.settings import ServiceSettings

Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0

log = structlog.get_logger()


async def open_pool(settings: ServiceSettings) -> Pool:
    """Connect to the service's database, waiting as long as it takes for it to answer."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return await _pool(settings)
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
            log.warning("database.away", error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


async def connect(settings: ServiceSettings) -> "asyncpg.Connection[asyncpg.Record]":
    """One connection of its own, for migrations and for listening."""
    return await asyncpg.connect(
        settings.database_url,
        password=settings.database_password.get_secret_value(),
        server_settings={"application_name": f"tandem-{settings.service}"},
        timeout=settings.database_timeout_seconds,
    )


async def _pool(settings: ServiceSettings) -> Pool:
    return await asyncpg.create_pool(
        settings.database_url,
        password=settings.database_password.get_secret_value(),
        min_size=2,
        max_size=settings.database_connections,
        command_timeout=settings.database_timeout_seconds,
        server_settings={
            "application_name": f"tandem-{settings.service}",
            "plan_cache_mode": "force_custom_plan",  # one made for an empty queue scans a long one
            "idle_in_transaction_session_timeout": "60s",
            "lock_timeout": "10s",
        },
    )
