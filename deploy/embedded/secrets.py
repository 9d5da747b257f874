"""The passwords and keys of one installation: made once, in files that only their owner reads."""

import json
import secrets
from collections.abc import Iterable
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
        path = self.folder / f"{name}.password"
        if not path.exists():
            self._keep(path, secrets.token_urlsafe(32).encode())
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

    def signing_key_file(self, issuer: str) -> Path:
        """Return the file with the private Ed25519 key (PKCS #8 PEM) that an issuer signs with."""
        path = self.folder / f"{issuer}.key"
        if not path.exists():
            self._keep(path, _private_pem(Ed25519PrivateKey.generate()))
        return path

    def trust_file(self, purpose: str, issuers: Iterable[str]) -> Path:
        """Write the public keys (PEM) of these issuers, by name, as a JSON object; return where."""
        path = self.folder / f"{purpose}.json"
        keys = {name: _public_pem(self.signing_key_file(name).read_bytes()) for name in issuers}
        content = json.dumps(keys, indent=1).encode()
        if not path.exists() or path.read_bytes() != content:
            self._keep(path, content)
        return path

    def _keep(self, path: Path, content: bytes) -> None:
        """Write a secret; one that is there already is only read, for a container may not write."""
        private_folder(self.folder)
        write_private(path, content)


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _public_pem(private_pem: bytes) -> str:
    key = serialization.load_pem_private_key(private_pem, password=None)
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode()
