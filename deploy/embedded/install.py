"""Fetches what the package index does not bring: `python -m deploy.embedded.install`."""

import sys

from deploy.embedded.errors import CannotStart
from deploy.embedded.kafka_jars import ensure_jars


def main() -> int:
    """Fetch Kafka's jars; one sentence and exit code 1 when that cannot be done."""
    try:
        ensure_jars()
    except CannotStart as reason:
        sys.stderr.write(f"{reason.sentence}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
