"""A coordinator's way with programmes, in a running Tandem, from the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.running import Running, running_tandem

STAFF = """employee_number,name,email,department,seniority,time_zone
1,Ana Lima,ana@example.com,Sales,3,Europe/Berlin
2,Ben Okoro,ben@example.com,Law,2,America/New_York
"""


@pytest.fixture(scope="module")
def tandem(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_tandem(tmp_path_factory.mktemp("programmes") / "tandem", "--empty") as running:
        yield running


class TestAProgramme:
    def test_goes_its_whole_way_and_is_cloned_for_the_next_year(self, tandem: Running) -> None:
        made = tandem.tandem(
            "programme", "create", "Mentoring 2027", "--draft", "--kind", "yearly",
            "--time-zone", "Europe/Berlin",
        )  # fmt: skip
        key = made["programme_id"]
        amended = tandem.tandem("programme", "amend", key, "--department", "Sales")

        states = [
            tandem.tandem("programme", *move, key)["state"]
            for move in (["open"], ["close"], ["open"], ["close"], ["run"], ["end", "--yes"])
        ]
        clone = tandem.tandem("programme", "clone", key)
        again = tandem.failure("programme", "run", key)

        assert (made["state"], made["campaign"]) == ("draft", None)
        assert amended["audience"] == ["Sales"]
        assert states == ["open", "closed", "open", "closed", "running", "ended"]
        assert (clone["name"], clone["state"], clone["kind"]) == (
            "Mentoring 2028", "draft", "yearly"
        )  # fmt: skip
        assert "is ended and can't become running" in again["error"]

    def test_says_to_how_many_which_step_goes(self, tandem: Running, tmp_path: Path) -> None:
        staff = tmp_path / "staff.csv"
        staff.write_text(STAFF)
        tandem.tandem("import", "people", str(staff))
        made = tandem.tandem(
            "programme", "create", "Spring", "--opens", "2100-03-01", "--invite",
            "--enrolment-days", "30",
        )  # fmt: skip

        campaign = tandem.tandem("programme", "campaign", made["programme_id"])

        assert (made["state"], made["opens_by_date"]) == ("draft", True)
        assert {step["people"] for step in campaign["steps"]} == {2}
        assert campaign["steps"][1]["step"] == "invitation"
        assert campaign["steps"][1]["last_at"] == "2100-03-01T14:00:00Z"


class TestMistakes:
    def test_are_explained(self, tandem: Running) -> None:
        key = tandem.tandem("programme", "create", "Autumn", "--draft")["programme_id"]

        nowhere = tandem.failure("programme", "create", "X", "--time-zone", "Mars/Olympus")
        nothing = tandem.failure("programme", "amend", key)
        backward = tandem.failure("programme", "amend", key, "--ends", "2020-01-01")

        assert "Mars/Olympus is no time zone" in nowhere["error"]
        assert "Nothing was named" in nothing["error"]
        assert "ends_on must be after starts_on" in backward["error"]
