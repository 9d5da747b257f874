"""The shapes in which Entra and Okta send users, brought to the one that the standard describes.

What the library tolerates itself is not repeated here: `op` in any case, booleans as words, a PATCH
without a path, a path that selects an entry which is not there yet.
"""

from collections.abc import Mapping
from typing import Any

from services.intake.domain.scim.resources import EnterpriseUser, TandemUser

ENTERPRISE = str(EnterpriseUser.__schema__).lower()
TANDEM = str(TandemUser.__schema__).lower()

_MANAGER_PATHS = {f"{ENTERPRISE}:manager"}
_NUMBERS = {"seniority", "educationlevel"}
_NUMBER_PATHS = {f"{TANDEM}:{name}" for name in _NUMBERS}

Payload = dict[str, Any]


def user_payload(payload: Mapping[str, Any], *, active: bool) -> Payload:
    """A whole user as sent, with what may be left out of it filled in.

    Args:
        payload: The body of a POST or PUT.
        active: What counts where `active` is left out.
    """
    shaped: Payload = _shaped_members(payload)
    names = {name.lower(): name for name in shaped}
    if shaped.get(names.get("active", "active")) is None:
        shaped[names.get("active", "active")] = active
    user_name = shaped.get(names.get("username", "userName"))
    if not shaped.get(names.get("emails", "emails")) and "@" in str(user_name):
        address = {"value": user_name, "type": "work", "primary": True}
        shaped[names.get("emails", "emails")] = [address]
    return shaped


def patch_payload(payload: Mapping[str, Any]) -> Payload:
    """The body of a PATCH with the values of its operations brought to one shape."""
    shaped = dict(payload)
    for name, operations in payload.items():
        if name.lower() == "operations" and isinstance(operations, list):
            shaped[name] = [_shaped_operation(each) for each in operations]
    return shaped


def _shaped_operation(operation: object) -> object:
    if not isinstance(operation, dict):
        return operation
    members = {name.lower(): value for name, value in operation.items()}
    if "value" not in members:
        return members
    path = members.get("path")
    if isinstance(path, str) and path:
        members["value"] = _shaped_value(path.lower(), members["value"])
    else:
        members.pop("path", None)
        members["value"] = _shaped_members(members["value"])
    return members


def _shaped_members(value: Any) -> Any:
    """The members of a user, of one of its extensions too."""
    if not isinstance(value, Mapping):
        return value
    return {
        name: _shaped_extension(name.lower(), each)
        if name.lower() in {ENTERPRISE, TANDEM}
        else _shaped_value(name.lower(), each)
        for name, each in value.items()
    }


def _shaped_extension(schema: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: _shaped_value(f"{schema}:{name.lower()}", each) for name, each in value.items()}


def _shaped_value(path: str, value: Any) -> Any:
    if path in {ENTERPRISE, TANDEM}:
        return _shaped_extension(path, value)
    if path in _MANAGER_PATHS:
        return _shaped_manager(value)
    if path in _NUMBER_PATHS and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _shaped_manager(value: Any) -> Any:
    """A manager as an object; as none where there is nothing in it."""
    if isinstance(value, list) and len(value) == 1:
        [value] = value
    if isinstance(value, str | int):
        value = {"value": str(value)}
    if isinstance(value, Mapping) and not any(value.values()):
        return None
    return value
