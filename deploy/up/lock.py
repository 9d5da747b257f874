"""One Tandem per data folder: a lock that ends with the process that holds it."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.embedded.files import private_folder


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the data folder, or say which process does."""
    path = _folder_of_ours(folder) / "lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"Tandem is already running on {folder} (process {path.read_text().strip()}): "
                "use that one, or stop it first."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _folder_of_ours(folder: Path) -> Path:
    try:
        private_folder(folder)
        return private_folder(folder / "run")
    except OSError as reason:
        raise CannotStart(
            f"The data folder {folder} cannot be written ({reason.strerror}): "
            "run Tandem as the user who made it, or choose another with TANDEM_DATA."
        ) from reason
