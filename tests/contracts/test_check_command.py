"""`tandem contracts check` on a copy of the project in which a promise is broken."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FROZEN = Path("shared/contracts/frozen")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("deploy", "services", "shared", "docs/events"):
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    return tmp_path


def check(project: Path) -> "subprocess.CompletedProcess[str]":
    paths = os.pathsep.join([str(project), str(project / "shared" / "contracts")])
    return subprocess.run(
        [sys.executable, "-c", "from deploy.cli.main import main; main()", "contracts", "check"],
        cwd=project, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def replacing(file: Path | str, old: str, new: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        text = (project / file).read_text()
        assert old in text
        (project / file).write_text(text.replace(old, new))

    return change


def removing(path: Path) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        if (project / path).is_dir():
            shutil.rmtree(project / path)
        else:
            (project / path).unlink()

    return change


ENVELOPE = "shared/contracts/tandem_events/envelope.py"
PAIR_FORMED = FROZEN / "v1" / "pair-formed.json"
SAMPLE = FROZEN / "v1" / "samples" / "pair-formed" / "whole.json"
ALTERED = "frozen/v1 is not what was frozen"

BROKEN = {
    "a frozen contract is edited": (
        replacing(PAIR_FORMED, '"description"', '"descriptions"'), ALTERED,
    ),
    "a frozen contract is removed": (removing(PAIR_FORMED), ALTERED),
    "a frozen sample is removed": (removing(SAMPLE), ALTERED),
    "a frozen version is removed": (removing(FROZEN / "v1"), ALTERED),
    "the fingerprints are removed": (removing(Path("shared/contracts/frozen.sha256")), ALTERED),
    "a header is renamed for writers and readers": (
        replacing(ENVELOPE, "ce_causationid", "ce_causedby"), "ce_causedby is missing",
    ),
    "an optional header is renamed for writers and readers": (
        replacing(ENVELOPE, '"traceparent"', '"trace"'), "traceparent is not written as it was",
    ),
    "a header is not written any more": (
        replacing(
            ENVELOPE, '            ("ce_correlationid", self.correlation_id.encode()),\n', ""
        ),
        "ce_correlationid is not written as it was",
    ),
    "a page is not current": (
        removing(Path("docs/events/pair-formed.md")), "pair-formed.md is not current",
    ),
}  # fmt: skip


class TestTheCheck:
    def test_succeeds_on_the_project_as_it_is(self, project: Path) -> None:
        done = check(project)

        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize("case", BROKEN)
    def test_fails_when(self, project: Path, case: str) -> None:
        breaking, words = BROKEN[case]
        breaking(project)

        done = check(project)

        assert done.returncode == 1
        assert words in done.stderr
