"""Kafka's jars: fetched once, checked against known sums, kept beside the virtual environment."""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from deploy.embedded.errors import CannotStart
from deploy.embedded.files import remove_unfinished, unfinished_beside

VERSION = "4.3.1"
KAFKA = f"org.apache.kafka:kafka_2.13:{VERSION}"
LOG4J_BRIDGE = "org.apache.logging.log4j:log4j-slf4j-impl"
SUMS = Path(__file__).with_name("kafka-jars.sha256")


def jar_folder() -> Path:
    """Return where the jars are kept in this virtual environment."""
    return Path(sys.prefix) / "share" / "tandem" / f"kafka-{VERSION}"


def installed_jars() -> Path:
    """Return the folder of jars; say how to get them when they are not there."""
    if not jar_folder().is_dir():
        raise CannotStart("Kafka is not installed here: run `make setup`.")
    return jar_folder()


def ensure_jars() -> Path:
    """Return the folder of jars, fetching them when it is not there; it is whole or absent."""
    folder = jar_folder()
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    remove_unfinished(folder)
    unfinished = unfinished_beside(folder)
    with tempfile.TemporaryDirectory(prefix="tandem-jars-") as cache:
        jars = fetch(Path(cache))
        unfinished.mkdir()
        for jar in jars:
            _link_or_copy(jar, unfinished / jar.name)
    check_sums(unfinished)
    unfinished.replace(folder)
    return folder


def fetch(cache: Path) -> list[Path]:
    """Resolve Kafka and its log4j bridge through Maven.

    Each in an environment of its own: mixing root artefacts downgrades some jars in silence.
    Without the bridge the broker logs nothing.
    """
    kafka = _resolve(KAFKA, cache)
    log4j = next(jar.stem.rpartition("-")[2] for jar in kafka if jar.name.startswith("log4j-core-"))
    bridge = _resolve(f"{LOG4J_BRIDGE}:{log4j}", cache)
    return [*kafka, *(jar for jar in bridge if jar.name.startswith("log4j-slf4j-impl-"))]


def _resolve(coordinate: str, cache: Path) -> list[Path]:
    import jgo  # noqa: PLC0415 - slow to import and needed once

    try:
        # all_jars, not classpath: that one leaves out every jar that is a Java module
        jars: list[Path] = jgo.build(coordinate, cache_dir=cache).all_jars
    except Exception as reason:
        raise CannotStart(
            f"{coordinate} could not be fetched from Maven ({type(reason).__name__}): "
            "connect this machine to the network once and run `make setup` again."
        ) from reason
    return jars


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)


def check_sums(folder: Path) -> None:
    """Refuse a folder whose jars are not exactly the known ones."""
    found = {path.name: sum_of(path) for path in folder.iterdir()}
    known = known_sums()
    wrong = sorted(name for name in found | known if found.get(name) != known.get(name))
    if wrong:
        shutil.rmtree(folder)
        raise CannotStart(
            f"{', '.join(wrong)} did not arrive as known: run `make setup` again, and if that does "
            "not help remove the folder ~/.m2/repository/org/apache first."
        )


def known_sums() -> dict[str, str]:
    """Return the SHA-256 of every jar that belongs to the installation, by file name."""
    pairs = (line.split() for line in SUMS.read_text().splitlines())
    return {name: digest for digest, name in pairs}


def sum_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
