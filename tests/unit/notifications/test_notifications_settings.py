import pytest

from services.notifications.domain.safe_mode import MailOnlyTo
from services.notifications.settings import Settings
from shared.settings import WrongSettings

NEEDED = {
    "TANDEM_DATABASE_URL": "postgresql://x",
    "TANDEM_DATABASE_PASSWORD": "x",
    "TANDEM_KAFKA_BOOTSTRAP": "x",
    "TANDEM_KAFKA_USER": "x",
    "TANDEM_KAFKA_PASSWORD": "x",
    "TANDEM_API_PORT": "1",
    "TANDEM_INTERNAL_PORT": "2",
    "TANDEM_TOKEN_ISSUERS": "{}",
    "TANDEM_PORTAL_URL": "https://portal.example",
    "TANDEM_SIGNING_KEY": "x",
}


def settings(**given: str) -> Settings:
    return Settings.load(NEEDED | {f"TANDEM_{name}": value for name, value in given.items()})


class TestSettings:
    def test_are_safe_to_try_without_any_given(self) -> None:
        assert settings().sender.addr_spec == "tandem@example.com"
        assert settings().permitted == MailOnlyTo()

    def test_read_the_sender_with_its_name(self) -> None:
        sender = settings(MAIL_FROM="Mentoring, HR <hr@example.org>").sender

        assert sender.addr_spec == "hr@example.org"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("MAIL_FROM", "nobody"),
            ("MAIL_ONLY_TO", "example.com"),
            ("SMTP_TLS", "maybe"),
            ("SEND_CONNECTIONS", "21"),
            ("SEND_TIMEOUT_SECONDS", "500"),
        ],
    )
    def test_refuse_what_cannot_work(self, name: str, value: str) -> None:
        with pytest.raises(WrongSettings, match=name):
            settings(**{name: value})

    def test_do_not_show_the_password(self) -> None:
        assert "hunter2" not in repr(settings(SMTP_PASSWORD="hunter2", SMTP_USER="tandem"))
