"""Run one real service as the fault tests do: `python -m tests.faults.run_service SERVICE`.

It is built by its own `app.py`. Three things are added, from the test's side alone: it can be
armed to kill itself at a named moment, it keeps a witness of what took effect, and a guarantee can
be broken on purpose to show that the checker sees it.
"""

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from deploy import services
from shared.bus.moments import Moment
from shared.process import run_until_done
from shared.service import Service
from tests.faults.sabotage import SABOTAGES
from tests.faults.witness import watch
from tests.support import probe

ORDERS = "FAULTS_ORDERS"
"""The file that arms this process; it is gone once the order was carried out."""
SABOTAGE = "FAULTS_SABOTAGE"


class Trap:
    """Kills its process with SIGKILL at the n-th time that a moment is reached, when armed."""

    def __init__(self, orders: Path) -> None:
        self._orders = orders
        self._order: tuple[str, int] = ("", 0)
        self._times = 0

    def __call__(self, moment: Moment) -> None:
        """See whether this is the moment."""
        try:
            wanted, nth = json.loads(self._orders.read_text())
        except (FileNotFoundError, ValueError):
            return
        if (wanted, nth) != self._order:
            self._order, self._times = (wanted, nth), 0
        self._times += moment == wanted
        if self._times >= nth:
            self._orders.unlink(missing_ok=True)
            os.kill(os.getpid(), signal.SIGKILL)


def build(name: str) -> Service:
    """The service, or the probe, from the environment."""
    if name == "probe":
        return probe.build(probe.ProbeSettings.load(os.environ))
    return services.build(services.settings_class(name).load(os.environ))


def main() -> None:
    """Run until told to stop, or killed."""
    if broken := os.environ.get(SABOTAGE):
        SABOTAGES[broken]()
    service = build(sys.argv[1])
    watch(service.reactions)
    trap = Trap(Path(os.environ[ORDERS]))
    run_until_done(replace(service, reached=trap).run())


if __name__ == "__main__":
    main()
