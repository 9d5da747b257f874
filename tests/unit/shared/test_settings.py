"""Settings: read from the environment, bounded, and nothing misspelt."""

from pathlib import Path

import pytest

from shared.settings import Role, WrongSettings
from tests.support.probe import ProbeSettings

ENOUGH = {
    "TANDEM_DATABASE_URL": "postgresql://tandem_probe@127.0.0.1/tandem_probe",
    "TANDEM_DATABASE_PASSWORD": "made up",
    "TANDEM_KAFKA_BOOTSTRAP": "127.0.0.1:9192",
    "TANDEM_KAFKA_USER": "tandem-probe",
    "TANDEM_KAFKA_PASSWORD": "made up",
    "TANDEM_API_PORT": "8101",
    "TANDEM_INTERNAL_PORT": "8201",
    "TANDEM_TOKEN_ISSUERS": '{"tandem": "a key"}',
}


class TestSettings:
    def test_are_read_from_the_environment(self) -> None:
        settings = ProbeSettings.load({**ENOUGH, "TANDEM_ROLES": "api, relay", "HOME": "/root"})

        assert settings.roles == {Role.API, Role.RELAY}
        assert settings.source == "/tandem/local/probe"

    def test_refuse_a_misspelt_name(self) -> None:
        with pytest.raises(WrongSettings, match="TANDEM_LOGLEVEL is not a setting of probe"):
            ProbeSettings.load({**ENOUGH, "TANDEM_LOGLEVEL": "debug"})

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("TANDEM_API_PORT", "70000"),
            ("TANDEM_BATCH_SIZE", "0"),
            ("TANDEM_TOKEN_ISSUERS", "a key"),
            ("TANDEM_LOG_LEVEL", "loud"),
            ("TANDEM_ROLES", "api,everything"),
            ("TANDEM_INSTALLATION", "Our House"),
        ],
    )
    def test_refuse_what_is_out_of_bounds_and_name_it(self, name: str, value: str) -> None:
        with pytest.raises(WrongSettings, match=name):
            ProbeSettings.load({**ENOUGH, name: value})

    def test_name_everything_that_is_missing(self) -> None:
        with pytest.raises(WrongSettings) as refusal:
            ProbeSettings.load({})

        assert len(refusal.value.problems) == len(ENOUGH)

    def test_take_a_secret_from_a_file(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("from the file\n")
        without = {n: v for n, v in ENOUGH.items() if n != "TANDEM_KAFKA_PASSWORD"}

        settings = ProbeSettings.load({**without, "TANDEM_KAFKA_PASSWORD_FILE": str(secret)})

        assert settings.kafka_password.get_secret_value() == "from the file"

    def test_say_which_file_cannot_be_read(self) -> None:
        with pytest.raises(WrongSettings, match="TANDEM_KAFKA_PASSWORD_FILE"):
            ProbeSettings.load({**ENOUGH, "TANDEM_KAFKA_PASSWORD_FILE": "/nowhere"})

    def test_never_show_a_secret(self) -> None:
        settings = ProbeSettings.load(ENOUGH)

        assert "made up" not in repr(settings)
