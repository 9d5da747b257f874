"""Where a benchmark's figures go: to the screen, and to `.tandem/bench.jsonl`."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(".tandem") / "bench.jsonl"


def report(name: str, value: float, unit: str, yardstick: float | None = None) -> None:
    """Append one figure; `ratio` is value to yardstick, both of this run."""
    ratio = None if yardstick is None else round(value / yardstick, 3)
    figure = {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "yardstick": None if yardstick is None else round(yardstick, 3),
        "ratio": ratio,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a") as results:
        results.write(json.dumps(figure) + "\n")
    against = "" if ratio is None else f"   yardstick {yardstick:,.1f}   ratio {ratio}"
    print(f"{name:32} {value:12,.1f} {unit}{against}", flush=True)


def _commit() -> str:
    answer = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() or "unknown"
