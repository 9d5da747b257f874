"""The one place where matching is put together."""

from pathlib import Path

from services.matching.api import routers
from services.matching.handlers import reactions
from services.matching.settings import Settings
from services.matching.store import runs
from services.matching.workers import CHANNEL, MatchRuns, Solver
from shared.bus.loops import Worker
from shared.bus.work import Units
from shared.service import Service


def build(settings: Settings) -> Service:
    """Matching, ready to run."""

    def workers(units: Units) -> list[Worker]:
        solver = Solver()
        match_runs = MatchRuns(units, solver, settings)
        return [
            Worker(
                "match-runs", match_runs.work_on_next, CHANNEL, runs.any_open, close=solver.close
            )
        ]

    return Service(
        name=settings.service,
        settings=settings,
        reactions=reactions,
        routers=routers,
        workers=workers,
        migrations=Path(__file__).parent / "migrations",
    )
