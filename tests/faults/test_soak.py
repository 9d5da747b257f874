"""A short soak: every kind of fault at least once, against the whole installation."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.nemesis import Fault
from tests.faults.soak import soak

SEED = 20261125
FAULTS = 18
ZOMBIE_SECONDS = 13.0
"""Longer than a consumer's session with Kafka: another one has its partitions by then."""


@pytest.mark.timeout(600)
async def test_no_guarantee_breaks_under_faults_of_every_kind(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    outcome = await soak(tmp_path / "t", SEED, FAULTS, zombie_seconds=ZOMBIE_SECONDS)
    record_property("soak", "\n".join(outcome.lines()))

    assert outcome.findings == [], "\n".join(outcome.lines())
    assert outcome.count >= FAULTS
    assert {fault for fault in Fault if outcome.faults.get(fault)} == set(Fault)
    assert outcome.history.due
