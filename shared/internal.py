"""The internal port: health and metrics, for the supervisor and for operations."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.bus.pending import CannotLook, Outlook
from shared.health import Health

Look = Callable[[], Awaitable[Outlook | None]]


def build_internal(health: Health, look: Look) -> Starlette:
    """`/livez` by progress, `/readyz` with the reasons, `/metrics` for Prometheus, `/pending`.

    `look` says what the service still has to do, or None while nobody can know; `/pending` then
    answers 503 with the reason.
    """

    async def livez(_request: Request) -> Response:
        return _answer(health.stuck())

    async def readyz(_request: Request) -> Response:
        return _answer(health.problems())

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def pending(_request: Request) -> Response:
        try:
            outlook = await look()
        except CannotLook as error:
            return JSONResponse({"reason": error.reason}, 503)
        if outlook is None:
            return JSONResponse({"reason": "the service is still starting"}, 503)
        facts = asdict(outlook)
        due = outlook.next_due
        return JSONResponse(facts | {"next_due": None if due is None else due.isoformat()})

    return Starlette(
        routes=[
            Route("/livez", livez),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            Route("/pending", pending),
        ]
    )


def _answer(reasons: dict[str, str]) -> JSONResponse:
    return JSONResponse({"ok": not reasons, "reasons": reasons}, 503 if reasons else 200)
