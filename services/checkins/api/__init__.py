"""The HTTP API of checkins."""

from services.checkins.api import checkins, overview

routers = (checkins.router, overview.router)
