"""Golden samples: records as they are on the bus, in files that people can read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[2] / "shared" / "contracts" / "samples"
ENDED = "ended"
"""The sample of a state's end: a record without data."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One record of a topic.

    Attributes:
        topic: The topic's name.
        name: What it shows, which is its file's name.
        key: The record's key.
        headers: The record's headers as text.
        data: The data, or None for a tombstone.
    """

    topic: str
    name: str
    key: str
    headers: Mapping[str, str]
    data: Any

    @property
    def record_headers(self) -> list[tuple[str, bytes | None]]:
        """The headers as a Kafka client gives them."""
        return [(name, value.encode()) for name, value in self.headers.items()]

    @property
    def value(self) -> bytes | None:
        """The record's value, byte by byte."""
        if self.data is None:
            return None
        return json.dumps(self.data, ensure_ascii=False, separators=(",", ":")).encode()


def samples_in(folder: Path = SAMPLES) -> list[Sample]:
    """All samples of a folder, topic by topic."""
    return [_sample(path) for path in sorted(folder.glob("*/*.json"))]


def _sample(path: Path) -> Sample:
    record = json.loads(path.read_text())
    return Sample(
        topic=path.parent.name,
        name=path.stem,
        key=record["key"],
        headers=record["headers"],
        data=record["value"],
    )
