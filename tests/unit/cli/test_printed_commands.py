"""Commands that are printed work when they are copied into another terminal."""

import shlex
import sys
from pathlib import Path

import pytest

from deploy.cli.installation import Installation
from deploy.up.environment import Ports

PROGRAM = str(Path(sys.executable).with_name("tandem"))


def words(folder: Path) -> list[str]:
    return shlex.split(Installation(folder, Ports(1000)).command)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestTheCommand:
    def test_for_the_usual_folder_names_none(self, here: Path) -> None:
        assert words(here / ".tandem") == [PROGRAM]

    @pytest.mark.parametrize("name", [".tandem-demo", "a folder/.tandem", "it's"])
    def test_for_another_folder_names_it_as_a_shell_reads_it(self, here: Path, name: str) -> None:
        assert words(here / name) == [f"TANDEM_DATA={name}", PROGRAM]

    def test_for_a_folder_elsewhere_names_all_of_the_way(self) -> None:
        assert words(Path("/srv/.tandem")) == ["TANDEM_DATA=/srv/.tandem", PROGRAM]

    def test_is_as_short_as_where_one_stands_allows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(Path(sys.executable).parents[2])

        assert words(Path.cwd() / ".tandem-demo") == [
            "TANDEM_DATA=.tandem-demo",
            str(Path(PROGRAM).relative_to(Path.cwd())),
        ]
