"""A programme's pool over HTTP."""

from uuid import UUID

from fastapi import APIRouter

from services.matching.api.common import Reader
from services.matching.api.models import PoolAnswer
from services.matching.store import pool
from shared.api import UnitsOf

router = APIRouter(prefix="/v1", tags=["pool"])


@router.get("/programmes/{programme_id}/pool", summary="How large a programme's pool is")
async def get_pool(programme_id: UUID, units: UnitsOf, _caller: Reader) -> PoolAnswer:
    """Count who can be matched in a programme now."""
    async with units.reading() as work:
        return PoolAnswer.model_validate(await pool.count_pool(work, programme_id))
