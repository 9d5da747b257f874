import stat
from pathlib import Path

import jwt

from deploy.embedded.secrets import Secrets


class TestSecrets:
    def test_are_made_once(self, tmp_path: Path) -> None:
        first = Secrets(tmp_path / "secrets").password("kafka-admin")

        assert Secrets(tmp_path / "secrets").password("kafka-admin") == first

    def test_differ_from_name_to_name(self, tmp_path: Path) -> None:
        secrets = Secrets(tmp_path / "secrets")

        assert secrets.password("postgres-intake") != secrets.password("kafka-intake")

    def test_are_readable_by_their_owner_alone(self, tmp_path: Path) -> None:
        secrets = Secrets(tmp_path / "secrets")

        files = [secrets.password_file("kafka-admin"), secrets.issuer_key_file]

        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert stat.S_IMODE(secrets.folder.stat().st_mode) == 0o700

    def test_sign_tokens_that_the_public_key_verifies(self, tmp_path: Path) -> None:
        secrets = Secrets(tmp_path / "secrets")
        public_key = secrets.issuer_public_key_file.read_text()

        token = jwt.encode({"sub": "x"}, secrets.issuer_key_file.read_text(), algorithm="EdDSA")

        assert jwt.decode(token, public_key, algorithms=["EdDSA"]) == {"sub": "x"}
