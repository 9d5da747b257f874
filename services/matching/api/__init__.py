"""The HTTP API of matching."""

from services.matching.api import pairs, pool, runs

routers = (runs.router, pairs.router, pool.router)
