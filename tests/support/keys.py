"""A key pair for each issuer of a test's installation; no two issuers share one."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.auth import Issuer


def new_private_key() -> str:
    """The PEM of a private key that nobody trusts yet."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode()


def public_key_of(issuer: Issuer) -> str:
    """The PEM with which an issuer's tokens are verified."""
    key = serialization.load_pem_private_key(issuer.private_key.encode(), password=None)
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode()


COMMAND_LINE = Issuer("tandem", new_private_key())
PORTAL = Issuer("portal", new_private_key())
LINKS = Issuer("notifications", new_private_key())

TRUSTED = {issuer.name: public_key_of(issuer) for issuer in (COMMAND_LINE, PORTAL)}
"""Whose access tokens the services trust."""

TRUSTED_LINKS = {LINKS.name: public_key_of(LINKS)}
"""Whose links are trusted."""
