"""Any envelope, and any event at all, made from what its fields say of themselves."""

from collections.abc import Mapping
from datetime import UTC, date
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from annotated_types import Ge, Le, MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import AwareDatetime, StringConstraints
from pydantic.fields import FieldInfo

from deploy.contracts.differences import KNOWN_VALUES
from tandem_events import Envelope, Part

_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\x00")
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    UUID: st.uuids(),
    AwareDatetime: st.datetimes(timezones=st.just(UTC)),
    date: st.dates(),
    bool: st.booleans(),
    NoneType: st.none(),
}


def envelopes() -> st.SearchStrategy[Envelope]:
    """Any envelope at all."""
    ids = st.text(_CHARACTERS, min_size=1, max_size=40)
    return st.builds(
        Envelope,
        id=st.uuids(),
        source=ids,
        type=ids,
        time=st.datetimes(timezones=st.just(UTC)),
        subject=ids,
        sequence=st.integers(1, 10**18 - 1),
        correlation_id=ids,
        causation_id=ids,
        traceparent=st.just("00-1-1-01"),
    )


def made(part: type[Part]) -> st.SearchStrategy[Any]:
    """Any instance of an event, or of a piece of one."""
    fields = {name: _field(field) for name, field in part.model_fields.items()}
    return st.builds(part, **fields)


def _field(field: FieldInfo) -> st.SearchStrategy[Any]:
    extra = field.json_schema_extra
    known = extra.get(KNOWN_VALUES) if isinstance(extra, Mapping) else None
    if isinstance(known, list):
        return st.sampled_from(known)
    return _values(field.annotation, field.metadata)


def _values(kind: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    if get_origin(kind) is Annotated:
        inner, *more = get_args(kind)
        return _values(inner, [*metadata, *more])
    for item in metadata:
        if isinstance(item, FieldInfo) and isinstance(item.json_schema_extra, Mapping):
            return _field(item)
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, Part):
        return made(kind)
    bounded = _bounded(kind, metadata)
    return _composed(kind, metadata) if bounded is None else bounded


def _bounded(kind: Any, metadata: list[Any]) -> st.SearchStrategy[Any] | None:
    if kind is int:
        return st.integers(_bound(metadata, Ge, "ge", -(2**31)), _bound(metadata, Le, "le", 2**31))
    if kind is str:
        return st.text(
            _CHARACTERS,
            min_size=_length(metadata, MinLen, "min_length", 0),
            max_size=_length(metadata, MaxLen, "max_length", 60),
        )
    return None


def _composed(kind: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        return st.lists(_values(inner[0], []), max_size=4).map(tuple)
    if origin is dict:
        return st.dictionaries(_values(inner[0], []), _values(inner[1], []), max_size=4)
    if origin in {Union, UnionType}:
        return st.one_of([_values(choice, metadata) for choice in inner])
    raise NotImplementedError(kind)


def _bound(metadata: list[Any], kind: type, name: str, default: int) -> int:
    found = [getattr(item, name) for item in metadata if isinstance(item, kind)]
    return found[0] if found else default


def _length(metadata: list[Any], kind: type, name: str, default: int) -> int:
    constraints = [item for item in metadata if isinstance(item, kind | StringConstraints)]
    found = [getattr(item, name) for item in constraints if getattr(item, name) is not None]
    return found[0] if found else default
