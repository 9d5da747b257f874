"""`tandem up` with stub services: python stub_tandem.py FOLDER SERVICE…"""

import sys
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.up.sequence import Plan, Surroundings, up

STUB = Path(__file__).with_name("stub_service.py")


def nothing(_: Surroundings) -> None:
    """Provision nothing."""


def main() -> None:
    plan = Plan(
        accepted=dict.fromkeys(sys.argv[2:], frozenset({"TANDEM_INSTALLATION"})),
        serve=lambda service: [sys.executable, str(STUB), service],
        provision=nothing,
        first_start=lambda _, progress: progress.say(["300 people imported"]),
        where_to_look=lambda around: [f"Look at {around.ports.api(0)}"],
    )
    try:
        up(Path(sys.argv[1]), plan)
    except CannotStart as error:
        sys.exit(error.sentence)


main()
