"""Tables on a narrow terminal."""

import pytest
from rich.console import Console

from deploy.cli import output
from deploy.cli.output import print_table

AN_ID = "019aa3f2-7c1d-7f3e-9d0a-0123456789ab"


class TestPrintTable:
    def test_never_folds_what_is_copied(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(output, "console", Console(width=80))
        columns = ["programme_id", "name", "state", "starts_on", "ends_on"]
        row = (AN_ID, "Mentoring for everybody, 2027", "running", "2027-01-01", "2027-12-31")

        print_table("Programmes", columns, [row], whole="programme_id")

        assert AN_ID in capsys.readouterr().out
