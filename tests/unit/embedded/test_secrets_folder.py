import json
import stat
from datetime import timedelta
from pathlib import Path

from deploy.embedded.secrets import Secrets
from shared.auth import Issuer, verify_token


class TestSecrets:
    def test_are_made_once(self, tmp_path: Path) -> None:
        first = Secrets(tmp_path / "secrets").password("kafka-admin")

        assert Secrets(tmp_path / "secrets").password("kafka-admin") == first

    def test_differ_from_name_to_name(self, tmp_path: Path) -> None:
        secrets = Secrets(tmp_path / "secrets")

        assert secrets.password("postgres-intake") != secrets.password("kafka-intake")

    def test_are_readable_by_their_owner_alone(self, tmp_path: Path) -> None:
        secrets = Secrets(tmp_path / "secrets")

        files = [secrets.password_file("kafka-admin"), secrets.signing_key_file("tandem")]

        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert stat.S_IMODE(secrets.folder.stat().st_mode) == 0o700

    def test_sign_tokens_that_the_public_key_verifies(self, tmp_path: Path) -> None:
        secrets = Secrets(tmp_path / "secrets")
        key = secrets.signing_key_file("portal").read_text()

        trusted = json.loads(secrets.trust_file("token-issuers", ["tandem", "portal"]).read_text())
        token = Issuer("portal", key).access_token("someone", [], timedelta(minutes=1))

        assert verify_token(token, trusted).subject == "someone"
