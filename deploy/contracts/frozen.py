"""Frozen versions of the contracts: what was promised, in files that nobody changes any more."""

import json
import shutil
from pathlib import Path

from deploy.contracts.compatibility import Break, Contract, breaks
from deploy.contracts.current import current_contracts
from deploy.contracts.samples import SAMPLES

FROZEN = Path(__file__).parents[2] / "shared" / "contracts" / "frozen"


class CannotFreeze(ValueError):
    """A version can't be frozen; the sentence says why."""


def frozen_versions(folder: Path = FROZEN) -> dict[int, dict[str, Contract]]:
    """The contracts of every frozen version, by topic name."""
    return {
        int(version.name.removeprefix("v")): {
            path.stem: _contract(path) for path in sorted(version.glob("*.json"))
        }
        for version in sorted(folder.glob("v*"))
    }


def broken_promises(folder: Path = FROZEN) -> list[Break]:
    """What the code's contracts break of any frozen version."""
    return breaks(frozen_versions(folder), current_contracts())


def freeze(version: int, folder: Path = FROZEN, samples: Path = SAMPLES) -> Path:
    """Write the contracts and their samples down as a version; returns where.

    Raises:
        CannotFreeze: It is not the next version, or breaks an earlier one.
    """
    versions = frozen_versions(folder)
    following = max(versions, default=0) + 1
    if version != following:
        raise CannotFreeze(f"Version {version} can't be frozen: the next one is {following}.")
    broken = breaks(versions, current_contracts())
    if broken:
        raise CannotFreeze(f"Version {version} can't be frozen: {broken[0]}")
    home = folder / f"v{version}"
    shutil.copytree(samples, home / "samples")
    for name, contract in current_contracts().items():
        promise = {"topic": contract.terms, "schema": contract.schema}
        (home / f"{name}.json").write_text(json.dumps(promise, indent=2, sort_keys=True) + "\n")
    return home


def _contract(path: Path) -> Contract:
    promise = json.loads(path.read_text())
    return Contract(promise["topic"], promise["schema"])
