"""docker-compose.yml brought up for real, with stand-ins for the official images."""

import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from deploy.embedded.programs import HOST, free_ports
from tests.containers.engine import ROOT, Engine

FILES = ("-f", "docker-compose.yml", "-f", "deploy/images/local.yml")
LONG_RUNNING = {
    "postgres", "kafka", "mailbox", "intake", "matching", "notifications", "checkins", "portal",
}  # fmt: skip


@dataclass(frozen=True)
class Project:
    """One installation in containers."""

    engine: Engine
    name: str
    folder: Path
    portal_port: int
    kafka_port: int

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    def compose(self, *words: str, seconds: float = 120, check: bool = True) -> str:
        """Run compose on this project; it never hangs."""
        place = ["-p", self.name, "--env-file", str(self.folder / "env"), *FILES]
        return self.engine.run(*self.engine.compose, *place, *words, seconds=seconds, check=check)

    def tandem(self, *words: str) -> Any:
        """Run the command line in its container, and return the JSON that it printed."""
        given = f"{self.folder / 'given'}:/given:ro"
        run = ["run", "--rm", "-T", "-v", given, "tandem"]
        return json.loads(self.compose(*run, *words, "--json", seconds=180))

    def up(self) -> None:
        """Start everything and wait until each container says that it is healthy."""
        try:
            self.compose("up", "-d", seconds=300)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()[-8000:]}") from None
        deadline = time.monotonic() + 180
        while (health := self.health()) != dict.fromkeys(LONG_RUNNING, "healthy"):
            assert time.monotonic() < deadline, f"{health}\n{self.logs()[-8000:]}"
            time.sleep(1)

    def health(self) -> dict[str, str]:
        """What each container that is to run on says of its health."""
        return {
            name: facts["State"].get("Health", {}).get("Status", facts["State"]["Status"])
            for name, facts in self.containers().items()
            if name in LONG_RUNNING
        }

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine knows of each container, by the name of its service."""
        label = f"label=com.docker.compose.project={self.name}"
        ids = self.engine.run("docker", "ps", "-aq", "--filter", label).split()
        facts = json.loads(self.engine.run("docker", "inspect", *ids)) if ids else []
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in facts}

    def logs(self) -> str:
        return self.compose("logs", "--no-color", check=False)


@contextlib.contextmanager
def running_project(engine: Engine, folder: Path) -> Iterator[Project]:
    """Build the image, make secrets, start everything; at the end nothing of it is left."""
    portal, intake, kafka = free_ports(3)
    project = Project(engine, f"tandem-test-{uuid4().hex[:8]}", folder, portal, kafka)
    _prepare(project, intake)
    try:
        project.compose("build", seconds=500)
        project.compose("run", "--rm", "-T", "--user", "0", "secrets")
        project.up()
        yield project
    finally:
        project.compose("down", "-v", "--remove-orphans", "-t", "10", seconds=180, check=False)


def _prepare(project: Project, intake_port: int) -> None:
    for name in ("secrets", "given"):
        (project.folder / name).mkdir()
    for name in ("people.csv", "registrations.csv"):
        shutil.copy(ROOT / "deploy/sample" / name, project.folder / "given")
    settings = _example() | {
        "SECRETS_FOLDER": str(project.secrets),
        "PORTAL_ADDRESS": f"{HOST}:{project.portal_port}",
        "INTAKE_ADDRESS": f"{HOST}:{intake_port}",
        "KAFKA_ADDRESS": f"{HOST}:{project.kafka_port}",
        "KAFKA_ADVERTISED": f"{HOST}:{project.kafka_port}",
        "TANDEM_PORTAL_URL": f"http://{HOST}:{project.portal_port}",
    }
    lines = "".join(f"{name}={value}\n" for name, value in settings.items())
    (project.folder / "env").write_text(lines)
    (project.folder / "given").chmod(0o755)  # a container's own user reads what it is given


def _example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}
