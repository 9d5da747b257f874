"""The passwords and keys of one installation: made once, in files that only their owner reads."""

import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.embedded.files import private_folder, write_private


class Secrets:
    """A folder of secrets; asking for one that is not there yet makes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def password_file(self, name: str) -> Path:
        """Return the file that holds the password called `name`."""
        path = private_folder(self.folder) / f"{name}.password"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32).encode())
        return path

    def password(self, name: str) -> str:
        """Return the password called `name`."""
        return self.password_file(name).read_text()

    def database_password_file(self, service: str) -> Path:
        """Return the file with the password of a service's database role."""
        return self.password_file(f"postgres-{service}")

    def kafka_password_file(self, service: str) -> Path:
        """Return the file with the password of a service's Kafka user."""
        return self.password_file(f"kafka-{service}")

    @property
    def issuer_key_file(self) -> Path:
        """The private Ed25519 key (PKCS #8 PEM) that signs access tokens."""
        path = private_folder(self.folder) / "issuer.key"
        if not path.exists():
            write_private(path, _private_pem(Ed25519PrivateKey.generate()))
        return path

    @property
    def issuer_public_key_file(self) -> Path:
        """The public half of the issuer's key (PEM), which services verify tokens with."""
        path = self.folder / "issuer.pub"
        if not path.exists():
            write_private(path, _public_pem(self.issuer_key_file.read_bytes()))
        return path


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _public_pem(private_pem: bytes) -> bytes:
    key = serialization.load_pem_private_key(private_pem, password=None)
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
