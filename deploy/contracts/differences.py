"""What is different between two JSON Schemas, apart from what only explains them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

KNOWN_VALUES = "x-known-values"
_EXPLAINS = {"$schema", "$id", "$defs", "$ref", "$comment", "title", "description", "examples"}
_TYPE = {"type", "anyOf"}
_LOWER_BOUNDS = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
_UPPER_BOUNDS = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
_ABSENT = object()


class Kind(StrEnum):
    """What kind of difference it is."""

    REMOVED = "removed"
    RENAMED = "renamed"
    ADDED_REQUIRED = "added required"
    ADDED_OPTIONAL = "added optional"
    NOW_REQUIRED = "now required"
    NOW_OPTIONAL = "now optional"
    TYPE = "type"
    CODES = "codes"
    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Attributes:
        kind: Of which kind it is.
        place: The field, from the outermost to the innermost, such as `profile.seniority`.
        what: What happened to it, as the rest of a sentence.
        instead: The new name of a renamed field.
    """

    kind: Kind
    place: str
    what: str
    instead: str = ""


def differences(old: Schema, new: Schema) -> list[Difference]:
    """What makes the data of one schema different from that of the other, by place."""
    return list(_Comparison(old, new).of(old, new, ""))


class _Comparison:
    """Compares two schemas, each of which resolves its own references (none is recursive)."""

    def __init__(self, old_root: Schema, new_root: Schema) -> None:
        self._old_root = old_root
        self._new_root = new_root

    def of(self, old: Schema, new: Schema, place: str) -> Iterator[Difference]:
        """Compare what stands at one place."""
        old, new = _resolved(old, self._old_root), _resolved(new, self._new_root)
        if _type(old, self._old_root) != _type(new, self._new_root):
            was, is_now = _type(old, self._old_root), _type(new, self._new_root)
            yield Difference(Kind.TYPE, place, f"changed its type from {was} to {is_now}")
            return
        yield from self._fields(old, new, place)
        yield from self._insides(old, new, place)
        yield from _codes(old, new, place)
        yield from _rest(old, new, place)

    def _fields(self, old: Schema, new: Schema, place: str) -> Iterator[Difference]:
        before, after = old.get("properties", {}), new.get("properties", {})
        was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
        added = {name: after[name] for name in after if name not in before}
        for name in [name for name in before if name not in after]:
            renamed = self._same_as(before[name], added)
            if renamed:
                added.pop(renamed)
                what = f"was renamed to {renamed}"
                yield Difference(Kind.RENAMED, _within(place, name), what, renamed)
            else:
                yield Difference(Kind.REMOVED, _within(place, name), "was removed")
        for name in added:
            kind = Kind.ADDED_REQUIRED if name in is_required else Kind.ADDED_OPTIONAL
            how = "required" if name in is_required else "optional"
            yield Difference(kind, _within(place, name), f"was added as a {how} field")
        for name in [name for name in before if name in after]:
            where = _within(place, name)
            if name in is_required - was_required:
                yield Difference(Kind.NOW_REQUIRED, where, "was optional and is required now")
            if name in was_required - is_required:
                yield Difference(Kind.NOW_OPTIONAL, where, "was required and is optional now")
            yield from self.of(before[name], after[name], where)

    def _insides(self, old: Schema, new: Schema, place: str) -> Iterator[Difference]:
        for keyword, mark in (("items", "[]"), ("additionalProperties", "{}")):
            before, after = old.get(keyword), new.get(keyword)
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                yield from self.of(before, after, place + mark)
            elif before != after:
                yield Difference(Kind.OTHER, place, f"has other {keyword} than it had")
        for keyword in ("anyOf", "prefixItems"):
            for before, after in zip(old.get(keyword, ()), new.get(keyword, ()), strict=False):
                yield from self.of(before, after, place)
        if "propertyNames" in old or "propertyNames" in new:
            names = old.get("propertyNames", {}), new.get("propertyNames", {})
            yield from self.of(*names, f"{place}{{}} (its names)")

    def _same_as(self, field: Schema, others: Mapping[str, Schema]) -> str:
        """The name of the field that says just the same under another name, if there is one."""
        same = [
            name for name in others
            if not list(_Comparison(self._old_root, self._new_root).of(field, others[name], name))
        ]  # fmt: skip
        return same[0] if same else ""


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target: Schema = root["$defs"][reference.removeprefix("#/$defs/")]
    beside = {name: value for name, value in schema.items() if name != "$ref"}
    return {**_resolved(target, root), **beside}


def _type(schema: Schema, root: Schema) -> str:
    """A schema's type in words, such as `integer or null`."""
    schema = _resolved(schema, root)
    if "anyOf" in schema:
        return " or ".join(_type(choice, root) for choice in schema["anyOf"])
    return str(schema.get("type", "anything"))


def _codes(old: Schema, new: Schema, place: str) -> Iterator[Difference]:
    before, after = old.get("enum"), new.get("enum")
    if before is None and after is not None:
        yield Difference(Kind.CODES, place, "is closed now: only listed values are allowed")
    elif before is not None and after is None:
        yield Difference(Kind.CODES, place, "is open now: values are allowed that were not")
    elif before is not None and after is not None and set(before) != set(after):
        yield Difference(Kind.CODES, place, "allows other values than it did")
    if after is not None:
        return
    known_before, known_now = set(old.get(KNOWN_VALUES, ())), set(new.get(KNOWN_VALUES, ()))
    for value in sorted(known_before - known_now):
        yield Difference(Kind.CODES, place, f"no longer knows the value {value}")


def _rest(old: Schema, new: Schema, place: str) -> Iterator[Difference]:
    handled = _EXPLAINS | _TYPE | {"properties", "required", "items", "additionalProperties"}
    handled |= {"prefixItems", "propertyNames", "enum", KNOWN_VALUES}
    for keyword in sorted((old.keys() | new.keys()) - handled):
        before, after = old.get(keyword, _ABSENT), new.get(keyword, _ABSENT)
        if before == after or (keyword == "default" and _means_the_same(before, after)):
            continue
        change = f"{keyword}: {_word(before)} became {_word(after)}"
        if keyword in _LOWER_BOUNDS | _UPPER_BOUNDS:
            kind = Kind.TIGHTENED if _is_tighter(keyword, before, after) else Kind.LOOSENED
            yield Difference(kind, place, f"has a bound that was {kind} ({change})")
        else:
            yield Difference(Kind.OTHER, place, f"is no longer described as it was ({change})")


def _means_the_same(before: Any, after: Any) -> bool:
    """Whether a default stands for the same: a part's own default grows with its fields.

    That there is a default at all is told by whether the field is required.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return all(name in after and _means_the_same(before[name], after[name]) for name in before)
    return before is _ABSENT or after is _ABSENT or before == after


def _is_tighter(keyword: str, before: Any, after: Any) -> bool:
    if before is _ABSENT or after is _ABSENT:
        return before is _ABSENT
    return bool(after > before if keyword in _LOWER_BOUNDS else after < before)


def _word(value: object) -> str:
    return "none" if value is _ABSENT else repr(value)


def _within(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
