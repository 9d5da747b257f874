"""The portal listens to no topic; what it does of itself is forgetting."""

from datetime import UTC, datetime, timedelta

from services.portal import store
from shared.bus.reactions import Reactions
from shared.bus.work import Work

FORGETTING = "portal_forgetting"
EVERY = timedelta(hours=1)
_KEPT = timedelta(days=1)

reactions = Reactions("portal")


async def forget_what_is_over(work: Work) -> int:
    """Forget sessions, links and attempts a day after their end."""
    await store.forget_before(work, datetime.now(UTC) - _KEPT)
    return 0
