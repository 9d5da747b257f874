"""Identifiers: opaque, made by the owner of what they name."""

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562): unique, and roughly in order of time."""
    return compat.uuid7()
