"""Small helpers for files that must be whole and private."""

import os
import shutil
from pathlib import Path


def private_folder(folder: Path) -> Path:
    """Make `folder` (and its parents) if absent, readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder


def write_private(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step, mode 0600: readers see the old or the new."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_unfinished(folder: Path) -> None:
    """Remove what attempts at making `folder` left beside it when they were cut off."""
    for leftover in folder.parent.glob(f"{folder.name}.unfinished*"):
        shutil.rmtree(leftover)


def unfinished_beside(folder: Path) -> Path:
    """Name a folder to build in, to be renamed to `folder` once it is whole."""
    return folder.with_name(f"{folder.name}.unfinished-{os.getpid()}")


def last_lines(path: Path, count: int = 12) -> str:
    """Return the end of a log, for a person to read; empty when there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 20_000))
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-count:])
