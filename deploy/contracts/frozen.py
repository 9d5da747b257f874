"""Frozen versions of the contracts: what was promised, in files that nobody changes any more.

A fingerprint of each version lies beside their folder: a file that is changed after all, or
removed, is noticed.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from deploy.contracts.compatibility import Break, Contract, breaks
from deploy.contracts.current import current_contracts
from deploy.contracts.samples import SAMPLES, Sample, samples_in
from tandem_events import MalformedEnvelope, UnreadableEvent, read_record

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


def altered_versions(folder: Path = FROZEN) -> list[str]:
    """What was changed, removed or added since it was frozen, in sentences."""
    known = _known_fingerprints(folder)
    held = {version.name: _fingerprint(version) for version in folder.glob("v*")}
    return [
        f"frozen/{name} is not what was frozen: put its files and frozen.sha256 back."
        for name in sorted(known.keys() | held.keys())
        if known.get(name) != held.get(name)
    ]


def broken_samples(folder: Path = FROZEN) -> list[str]:
    """Which frozen records are not read, or would not be written with the same headers, now."""
    return [
        f"{sample.topic}, sample {sample.name}, frozen in {version.name}: {problem}"
        for version in sorted(folder.glob("v*"))
        for sample in samples_in(version / "samples")
        for problem in _problems_of(sample)
    ]


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
    fingerprints = _known_fingerprints(folder) | {home.name: _fingerprint(home)}
    lines = [f"{fingerprint}  {name}\n" for name, fingerprint in fingerprints.items()]
    _fingerprints_of(folder).write_text("".join(lines))
    return home


def _contract(path: Path) -> Contract:
    promise = json.loads(path.read_text())
    return Contract(promise["topic"], promise["schema"])


def _problems_of(sample: Sample) -> Iterator[str]:
    try:
        received = read_record(sample.record_headers, sample.key.encode(), sample.value)
    except (MalformedEnvelope, UnreadableEvent) as error:
        yield f"it is not read any more. {error}"
        return
    written = dict(received.envelope.headers())
    for name, value in sample.record_headers:
        if written.get(name) != value:
            yield f"its header {name} is not written as it was. Put it back."


def _fingerprints_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.sha256")


def _known_fingerprints(folder: Path) -> dict[str, str]:
    path = _fingerprints_of(folder)
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: fingerprint for fingerprint, name in (line.split() for line in lines)}


def _fingerprint(version: Path) -> str:
    """The SHA-256 of the names and contents of all files of a version."""
    files = sorted(path for path in version.rglob("*") if path.is_file())
    digests = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(version).as_posix()}\n"
        for path in files
    ]
    return hashlib.sha256("".join(digests).encode()).hexdigest()
