from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.embedded.errors import CannotStart
from deploy.embedded.secrets import Secrets
from deploy.services import SERVICES, settings_class
from deploy.up.environment import FORM_ISSUERS, Ports, service_environments

ACCEPTED = {
    "intake": frozenset({"TANDEM_INSTALLATION", "TANDEM_LOG_LEVEL"}),
    "notifications": frozenset({"TANDEM_SMTP_PORT", "TANDEM_MAIL_ONLY_TO"}),
    "checkins": frozenset({"TANDEM_TOKEN_ISSUERS", "TANDEM_TOKEN_ISSUERS_FILE"}),
}


def environments(folder: Path, caller: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return service_environments(
        ACCEPTED, ports=Ports.chosen(caller), secrets=Secrets(folder / "secrets"), caller=caller
    )


class TestServiceEnvironments:
    def test_give_each_service_its_own_place(self, tmp_path: Path) -> None:
        made = environments(tmp_path, {})

        assert made["intake"]["TANDEM_API_PORT"] == "8101"
        assert made["notifications"]["TANDEM_INTERNAL_PORT"] == "8202"
        assert made["intake"]["TANDEM_KAFKA_USER"] == "tandem-intake"
        assert made["notifications"]["TANDEM_DATABASE_URL"] == (
            "postgresql://tandem_notifications@127.0.0.1:54320/tandem_notifications"
        )

    def test_hold_no_password_but_the_file_it_is_in(self, tmp_path: Path) -> None:
        made = environments(tmp_path, {})["intake"]

        password = Path(made["TANDEM_DATABASE_PASSWORD_FILE"]).read_text()

        assert password
        assert not [value for value in made.values() if password in value]

    def test_give_a_service_only_the_settings_that_it_knows(self, tmp_path: Path) -> None:
        caller = {"TANDEM_MAIL_ONLY_TO": "hr@example.org", "TANDEM_LOG_LEVEL": "debug", "HOME": "/"}

        made = environments(tmp_path, caller)

        assert "TANDEM_MAIL_ONLY_TO" not in made["intake"]
        assert "TANDEM_SMTP_PORT" not in made["intake"]
        assert made["notifications"]["TANDEM_MAIL_ONLY_TO"] == "hr@example.org"
        assert made["intake"]["TANDEM_LOG_LEVEL"] == "debug"

    def test_let_the_caller_replace_a_default(self, tmp_path: Path) -> None:
        made = environments(tmp_path, {"TANDEM_SMTP_PORT": "25"})

        assert made["notifications"]["TANDEM_SMTP_PORT"] == "25"

    def test_let_the_caller_replace_a_default_that_is_a_file(self, tmp_path: Path) -> None:
        mine = {"TANDEM_TOKEN_ISSUERS": '{"ours": "a key"}'}

        made = environments(tmp_path, mine)["checkins"]

        assert made["TANDEM_TOKEN_ISSUERS"] == mine["TANDEM_TOKEN_ISSUERS"]
        assert "TANDEM_TOKEN_ISSUERS_FILE" not in made  # a file would be read instead

    @pytest.mark.parametrize("caller", [{}, {"TANDEM_FORM_ISSUERS": "{}"}])
    def test_tell_only_who_is_opened_by_links_whose_links_to_trust(
        self, tmp_path: Path, caller: dict[str, str]
    ) -> None:
        accepted = {name: settings_class(name).variables() for name in SERVICES}
        made = service_environments(
            accepted, ports=Ports(), secrets=Secrets(tmp_path / "secrets"), caller=caller
        )

        told = {name for name, settings in made.items() if FORM_ISSUERS & settings.keys()}

        assert told == {"checkins", "portal"}

    def test_shift_every_port_for_a_second_copy(self, tmp_path: Path) -> None:
        made = environments(tmp_path, {"TANDEM_PORT_SHIFT": "1000"})["notifications"]

        assert made["TANDEM_API_PORT"] == "9102"
        assert made["TANDEM_KAFKA_BOOTSTRAP"] == "127.0.0.1:10192"
        assert made["TANDEM_SMTP_PORT"] == "3525"

    @pytest.mark.parametrize(
        ("caller", "says"),
        [
            ({"TANDEM_LOG_LEVLE": "debug"}, "TANDEM_LOG_LEVLE is no setting of Tandem"),
            ({"TANDEM_API_PORT": "80"}, "gives TANDEM_API_PORT to each service itself"),
            ({"TANDEM_PORT_SHIFT": "-1"}, "is a number from 0 to 10000, not '-1'"),
        ],
    )
    def test_refuse_what_would_be_ignored(
        self, tmp_path: Path, caller: dict[str, str], says: str
    ) -> None:
        with pytest.raises(CannotStart, match=says):
            environments(tmp_path, caller)


class TestPorts:
    def test_of_a_shifted_tandem_are_known_in_another_terminal(self, tmp_path: Path) -> None:
        (tmp_path / "run").mkdir()

        Ports(1000).remember(tmp_path)

        assert Ports.in_use(tmp_path, {}) == Ports(1000)
        assert Ports.in_use(tmp_path, {"TANDEM_PORT_SHIFT": "7"}) == Ports(7)

    def test_of_a_tandem_that_never_ran_are_the_usual_ones(self, tmp_path: Path) -> None:
        assert Ports.in_use(tmp_path, {}) == Ports()
