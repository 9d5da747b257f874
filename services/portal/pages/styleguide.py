"""All components on one page, for those who build pages."""

from fastapi import APIRouter
from starlette.responses import Response

from services.portal.pages.frame import AVisit

router = APIRouter()


@router.get("/styleguide")
async def show_styleguide(visit: AVisit) -> Response:
    """Show every component once."""
    return visit.page("styleguide")
