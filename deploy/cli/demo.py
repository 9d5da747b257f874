"""The command that lives a quarter in minutes."""

import os
import shutil
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from deploy.cli.first_start import where_to_look
from deploy.cli.installation import Installation, accepted_settings
from deploy.cli.output import CommandFailed
from deploy.cli.running import provision_everything
from deploy.demo.story import Story
from deploy.embedded.errors import CannotStart
from deploy.embedded.files import private_folder, write_private
from deploy.services import SERVICES
from deploy.simulation import Simulation
from deploy.up.lock import only_one
from deploy.up.progress import Progress
from deploy.up.sequence import Plan, Surroundings, tandem_serve
from deploy.up.sequence import up as run_until_stopped
from shared.clock import SteppingClock

FOLDER = Path(".tandem-demo")
SHIFT = "1000"
BEGINS_AT = time(6)


def demo() -> None:
    """Live a quarter of a sample company in minutes, and tell what happens.

    Everything is real but the people and the clock: it jumps to the next instant at which there
    is something to do. Read the mails (tandem mail) and look at the pages meanwhile; they stay
    until Ctrl-C. It has a data folder and ports of its own, so `make run` may run beside it.
    """
    folder = Path(os.environ.get("TANDEM_DATA", str(FOLDER)))
    os.environ.setdefault("TANDEM_PORT_SHIFT", SHIFT)
    try:
        _begin_anew(folder)
        clock_file = folder.resolve() / "clock"
        clock = SteppingClock.start(clock_file, _tomorrow())
        os.environ["TANDEM_SIMULATED_CLOCK"] = str(clock_file)
        run_until_stopped(folder, _plan(clock))
    except CannotStart as error:
        raise CommandFailed(str(error)) from None


def _plan(clock: SteppingClock) -> Plan:
    def tell(around: Surroundings, progress: Progress) -> None:
        installation = Installation(around.folder, around.ports)
        urls = {name: installation.internal_url(name) for name in SERVICES}
        progress.say(
            [
                "",
                "A quarter of a sample company begins. Look at it in a second terminal:",
                f"  {installation.command} mail",
                f"  {installation.command} token --role coordinator --link",
                "What people answer is made up here; in life their words are shown to nobody else.",
            ]
        )
        Story(installation, Simulation(clock, urls), progress).live()

    return Plan(
        accepted=accepted_settings(),
        serve=tandem_serve,
        provision=provision_everything,
        first_start=tell,
        where_to_look=lambda around: where_to_look(Installation(around.folder, around.ports)),
    )


def _begin_anew(folder: Path) -> None:
    """Remove what an earlier demo left; nothing else is ever removed."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / "demo").exists():
            raise CannotStart(
                f"{folder} is not the folder of a demo: unset TANDEM_DATA, or name an empty one."
            )
        with only_one(folder):
            pass
        shutil.rmtree(folder)
    write_private(private_folder(folder) / "demo", b"")


def _tomorrow() -> datetime:
    return datetime.combine(datetime.now(UTC).date() + timedelta(days=1), BEGINS_AT, UTC)
