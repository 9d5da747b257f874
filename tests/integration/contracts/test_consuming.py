"""The consumer in docs/consuming.md, run by another team: the wheel, its client, nothing else."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy.cli.consumers import access_of, let_in, let_out
from deploy.contracts.samples import Sample, samples_in
from tests.support.kafka import make_topics, send_raw
from tests.support.servers import Servers, password_of

ROOT = Path(__file__).parents[3]
CONTRACTS = ROOT / "shared" / "contracts"
TEAM = "analytics"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python environment with the wheel `tandem-events`, aiokafka, and what these need."""
    folder = tmp_path_factory.mktemp("elsewhere")
    source = folder / "source"
    shutil.copytree(CONTRACTS, source, ignore=shutil.ignore_patterns("*.egg-info"))
    _pip("wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source))
    (wheel,) = folder.glob("tandem_events-*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    _pip("--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    for name in _needed("pydantic") | _needed("aiokafka"):
        _copy(name, packages)
    return folder


@pytest.fixture(scope="module")
def program(elsewhere: Path) -> Path:
    """The consumer, as it stands in the documentation."""
    page = (ROOT / "docs" / "consuming.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    path = elsewhere / "consumer.py"
    path.write_text(code)
    return path


@pytest.fixture(scope="module")
def another_team(servers: Servers) -> Iterator[str]:
    """A team that was let in, as `tandem consumers add` does it."""
    make_topics(servers, "", {})
    let_in(servers.kafka_admin, TEAM, password_of(TEAM))
    yield TEAM
    let_out(servers.kafka_admin, TEAM)


class TestAConsumerOfAnotherTeam:
    def test_takes_few_lines(self, program: Path) -> None:
        lines = [line for line in program.read_text().splitlines() if line.strip()]

        assert len(lines) <= 15

    async def test_reads_the_pairs_that_are_formed(
        self, elsewhere: Path, program: Path, another_team: str, servers: Servers
    ) -> None:
        pair = next(sample for sample in samples_in() if sample.topic == "pair-formed")
        await send_raw(servers, "pair-formed", [(b"key", b"no event", []), _record(pair)])
        access = access_of(another_team, password_of(another_team), servers.kafka_bootstrap)
        (elsewhere / "kafka.json").write_text(json.dumps(access))

        running = await asyncio.create_subprocess_exec(
            _python(elsewhere), program, cwd=elsewhere, env={},
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            assert running.stdout is not None
            async with asyncio.timeout(30):
                aside = await running.stdout.readline()
                line = await running.stdout.readline()
        finally:
            running.kill()
            await running.wait()

        told = pair.data
        assert aside.startswith(b"put aside")
        assert line.decode().split() == [told["pair_id"], told["mentor_id"], told["mentee_id"]]

    def test_has_nothing_of_tandem_but_the_wheel(self, elsewhere: Path) -> None:
        for name in ("shared", "services", "deploy", "fastapi", "faststream", "asyncpg"):
            tried = subprocess.run(
                [_python(elsewhere), "-c", f"import {name}"],
                cwd=elsewhere, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert "ModuleNotFoundError" in tried.stderr

    def test_is_typed_strictly_through_and_through(self, elsewhere: Path, program: Path) -> None:
        checked = subprocess.run(
            [
                sys.executable, "-m", "mypy", "--strict", "--no-incremental",
                "--config-file", os.devnull, "--python-executable", _python(elsewhere), program,
            ],
            cwd=elsewhere, capture_output=True, text=True, check=False,
        )  # fmt: skip

        faults = [line for line in checked.stdout.splitlines() if ": error:" in line]
        assert [line for line in faults if "aiokafka" not in line] == []
        assert "tandem_events" not in checked.stdout


def _record(sample: Sample) -> tuple[bytes, bytes | None, list[tuple[str, bytes | None]]]:
    return sample.key.encode(), sample.value, sample.record_headers


def _python(elsewhere: Path) -> str:
    return str(elsewhere / "venv" / "bin" / "python")


def _pip(*words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *words],
        check=True, capture_output=True,
    )  # fmt: skip


def _needed(name: str) -> set[str]:
    """A distribution and all that it requires, without its extras."""
    needed = {name}
    for line in distribution(name).requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            needed |= _needed(requirement.name)
    return needed


def _copy(name: str, packages: Path) -> None:
    """Copy an installed distribution, file by file, into another environment."""
    for file in distribution(name).files or ():
        if ".." in file.parts:
            continue  # its commands
        target = packages / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(file.locate()), target)
