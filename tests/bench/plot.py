"""Draws how throughput depends on partitions and processes: `python -m tests.bench.plot`.

Takes the newest figures that `python -m tests.bench scaling` has put into `.tandem/bench.jsonl`.
"""

import json
import os
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from tests.bench.report import RESULTS

PICTURE = Path("docs") / "throughput.svg"
TEAL = "#0b6e6e"


def newest_figures(prefix: str) -> dict[int, float]:
    """Events per second by the number at the end of the figure's name."""
    lines = [json.loads(line) for line in RESULTS.read_text().splitlines()]
    found = {line["name"]: line["value"] for line in lines if line["name"].startswith(prefix)}
    return {int(name.removeprefix(prefix)): value for name, value in sorted(found.items())}


def draw(axes: Axes, prefix: str, label: str) -> None:
    """One curve, with a number at each point."""
    points = sorted(newest_figures(prefix).items())
    places = [str(count) for count, _ in points]
    values = [value for _, value in points]
    axes.plot(places, values, marker="o", color=TEAL)
    for place, value in zip(places, values, strict=True):
        axes.annotate(
            f"{value:,.0f}", (place, value), textcoords="offset points", xytext=(0, 8), ha="center"
        )
    axes.set_xlabel(label)
    axes.set_ylim(0, max(axes.get_ylim()[1], max(values) * 1.2))
    axes.spines[["top", "right"]].set_visible(False)


def main() -> None:
    """Draw both curves side by side, on one scale."""
    mpl.rcParams["svg.hashsalt"] = "tandem"
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    draw(left, "spine.partitions.", "partitions (one relay, one consumer)")
    draw(right, "spine.processes.", "relays and as many consumers (12 partitions)")
    left.set_ylabel("events per second")
    figure.suptitle(f"Through the spine, on {os.cpu_count()} cores")
    figure.tight_layout()
    figure.savefig(PICTURE, metadata={"Date": None})


main()
