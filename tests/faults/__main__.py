"""`make soak`: `python -m tests.faults [SEED] [FAULTS]`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.faults.soak import a_seed, soak


def main() -> int:
    """Soak, print the summary, and fail if anything was found; the folder is kept then."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1] else a_seed()
    faults = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] else 200
    folder = Path(tempfile.mkdtemp(prefix="tandem-soak-"))
    print(f"seed {seed}, {faults} faults, in {folder}", flush=True)
    outcome = asyncio.run(
        soak(folder / "tandem", seed, faults, say=lambda line: print(line, flush=True))
    )
    print("\n".join(outcome.lines()))
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
