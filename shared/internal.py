"""The internal port: health and metrics, for the supervisor and for operations."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.health import Health


def build_internal(health: Health) -> Starlette:
    """`/livez` by progress, `/readyz` with the reasons, `/metrics` for Prometheus."""

    async def livez(_request: Request) -> Response:
        return _answer(health.stuck())

    async def readyz(_request: Request) -> Response:
        return _answer(health.problems())

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/livez", livez),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ]
    )


def _answer(reasons: dict[str, str]) -> JSONResponse:
    return JSONResponse({"ok": not reasons, "reasons": reasons}, 503 if reasons else 200)
