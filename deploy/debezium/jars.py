"""The jars of Kafka Connect and of Debezium: fetched when they are first used, checked by sums."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded import kafka_jars
from deploy.embedded.errors import CannotStart
from deploy.embedded.files import remove_unfinished, unfinished_beside
from deploy.embedded.kafka_jars import installed_jars, jar_folder, sum_of

CONNECT_VERSION = kafka_jars.VERSION
DEBEZIUM_VERSION = "3.7.0.Final"


@dataclass(frozen=True, slots=True)
class JarSet:
    """One root artefact with all it needs; every file is known by its SHA-256.

    Each root is resolved alone: resolved together, they would downgrade one another's jars.
    """

    name: str
    version: str
    coordinate: str

    @property
    def folder(self) -> Path:
        """Where the jars are kept in this virtual environment."""
        return jar_folder().with_name(f"{self.name}-{self.version}")

    @property
    def sums(self) -> Path:
        """The file with the known sums, one jar a line."""
        return Path(__file__).with_name(f"{self.name}-jars.sha256")

    def known_sums(self) -> dict[str, str]:
        """Return the SHA-256 of every jar by file name."""
        pairs = (line.split() for line in self.sums.read_text().splitlines())
        return {name: digest for digest, name in pairs}

    def ensure(self) -> Path:
        """Return the folder of jars, fetching them when it is not there; it is whole or absent.

        Raises:
            CannotStart: They can't be fetched, or are not exactly the known ones.
        """
        if self.folder.is_dir():
            return self.folder
        remove_unfinished(self.folder)
        unfinished = unfinished_beside(self.folder)
        unfinished.mkdir(parents=True)
        with tempfile.TemporaryDirectory(prefix="tandem-jars-") as cache:
            for jar in self._resolve(Path(cache)):
                shutil.copyfile(jar, unfinished / jar.name)
        self._check(unfinished)
        unfinished.replace(self.folder)
        return self.folder

    def _resolve(self, cache: Path) -> list[Path]:
        import jgo  # noqa: PLC0415 - slow to import and needed once

        try:
            jars: list[Path] = jgo.build(self.coordinate, cache_dir=cache).all_jars
        except Exception as reason:
            raise CannotStart(
                f"{self.coordinate} could not be fetched from Maven ({type(reason).__name__}): "
                "connect this machine to the network and try again."
            ) from reason
        return jars

    def _check(self, folder: Path) -> None:
        found = {path.name: sum_of(path) for path in folder.iterdir()}
        known = self.known_sums()
        wrong = sorted(name for name in found | known if found.get(name) != known.get(name))
        if wrong:
            shutil.rmtree(folder)
            raise CannotStart(f"{', '.join(wrong)} did not arrive as known: try again.")


CONNECT = JarSet("connect", CONNECT_VERSION, f"org.apache.kafka:connect-runtime:{CONNECT_VERSION}")
DEBEZIUM = JarSet(
    "debezium", DEBEZIUM_VERSION, f"io.debezium:debezium-connector-postgres:{DEBEZIUM_VERSION}"
)


def log4j_jars() -> list[Path]:
    """Return the jars with which Connect writes its log; Kafka's own, which are installed."""
    return sorted(installed_jars().glob("log4j-*.jar"))
