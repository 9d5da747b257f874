"""Only new optional fields, new events and explanations may come; the rest is named and refused."""

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import pytest
from pydantic import Field, create_model

from deploy.contracts.compatibility import Break, Contract, breaks
from deploy.contracts.current import contract_of
from deploy.contracts.differences import differences
from tandem_events import Event, Part
from tandem_events.codes import Cadence, _documented
from tandem_events.topics import Kind, Topic


class Detail(Part):
    level: int = Field(ge=1, le=10)
    note: str = "none"


class Agreed(Event):
    """The event whose changes are tried."""

    topic: ClassVar[Topic] = Topic("agreed", Kind.FACT, "pair_id", "checkins")
    subject_field: ClassVar[str] = "pair_id"

    pair_id: UUID
    cadence: Cadence
    rating: int | None = Field(default=None, ge=1, le=5)
    details: tuple[Detail, ...] = ()
    weights: dict[str, int] = Field(default_factory=dict)
    usual: Detail = Detail(level=3)


FROZEN = contract_of(Agreed)


def changed(**fields: Any) -> Contract:
    """The contract with some fields as (type, default); None takes one away."""
    kept = {
        name: (Annotated[info.annotation, *info.metadata, info], ...)
        if info.is_required() else (info.annotation, info)
        for name, info in Agreed.model_fields.items()
        if name not in fields
    }  # fmt: skip
    given = {name: field for name, field in fields.items() if field is not None}
    model = create_model("Agreed", __base__=Event, __doc__=Agreed.__doc__, **kept | given)
    model.topic, model.subject_field = Agreed.topic, Agreed.subject_field
    return contract_of(model)


def on_topic(**terms: Any) -> Contract:
    """The contract with other terms of its topic."""
    return Contract({**FROZEN.terms, **terms}, FROZEN.schema)


def detail(**fields: Any) -> Any:
    """The inner part with other fields."""
    kept = {"level": (int, Field(ge=1, le=10)), "note": (str, "none")} | fields
    given = {name: field for name, field in kept.items() if field is not None}
    return create_model("Detail", __base__=Part, **given)


def details(**fields: Any) -> Any:
    """The field of inner parts, of which each has other fields."""
    return (tuple[detail(**fields), ...], ())  # type: ignore[misc]


_LARGER = detail(more=(str, ""))


def found(contract: Contract | None) -> list[Break]:
    current = {"agreed": contract} if contract else {}
    return breaks({1: {"agreed": FROZEN}}, current)


_CADENCES = frozenset({"weekly", "twice-a-month", "monthly"})

REFUSED = {
    "a field is removed": (changed(rating=None), "rating", "was removed"),
    "a field is renamed": (
        changed(rating=None, mark=(int | None, Field(default=None, ge=1, le=5))),
        "rating",
        "was renamed to mark",
    ),
    "a required field is added": (changed(place=(str, ...)), "place", "was added as a required"),
    "an optional field becomes required": (
        changed(rating=(Annotated[int, Field(ge=1, le=5)] | None, ...)),
        "rating",
        "is required now",
    ),
    "a required field becomes optional": (
        changed(pair_id=(UUID, UUID(int=0))),
        "pair_id",
        "is optional now",
    ),
    "a type changes": (changed(cadence=(int, ...)), "cadence", "from string to integer"),
    "a field may be null": (changed(pair_id=(UUID | None, ...)), "pair_id", "string or null"),
    "a code is closed": (
        changed(cadence=(Literal["weekly", "monthly"], ...)),
        "cadence",
        "is closed now",
    ),
    "a known code is forgotten": (
        changed(cadence=(Annotated[str, _documented(_CADENCES)], ...)),
        "cadence",
        "no longer knows the value every-two-weeks",
    ),
    "a bound is tightened": (
        changed(rating=(Annotated[int, Field(ge=1, le=4)] | None, None)),
        "rating",
        "maximum: 5 became 4",
    ),
    "a bound is loosened": (
        changed(rating=(Annotated[int, Field(ge=0, le=5)] | None, None)),
        "rating",
        "minimum: 1 became 0",
    ),
    "a bound is added": (
        changed(weights=(dict[str, Annotated[int, Field(ge=0)]], Field(default_factory=dict))),
        "weights{}",
        "minimum: none became 0",
    ),
    "a default changes": (
        changed(details=details(note=(str, "other"))),
        "details[].note",
        "default: 'none' became 'other'",
    ),
    "a part's default changes": (
        changed(usual=(Detail, Detail(level=4))),
        "usual",
        "default",
    ),
    "a format changes": (changed(pair_id=(str, ...)), "pair_id", "format: 'uuid' became none"),
    "an inner field is removed": (
        changed(details=details(level=None)),
        "details[].level",
        "was removed",
    ),
    "an inner field is added as required": (
        changed(details=details(more=(str, ...))),
        "details[].more",
        "was added as a required field",
    ),
    "unknown fields are forbidden": (
        Contract(FROZEN.terms, {**FROZEN.schema, "additionalProperties": False}),
        "its data",
        "additionalProperties",
    ),
    "the event is removed": (None, "the event", "was removed"),
    "the topic's key changes": (on_topic(key="programme_id"), "its key", "to programme_id"),
    "the topic's kind changes": (on_topic(kind="state"), "its kind", "from fact to state"),
    "the subject changes": (on_topic(subject="id"), "its subject", "from pair_id to id"),
    "the owner changes": (on_topic(owner="matching"), "its owner", "from checkins to matching"),
    "the type's name changes": (on_topic(event_type="x"), "its event type", "to x"),
    "the partitions change": (on_topic(partitions=24), "its number of partitions", "12 to 24"),
    "others lose access": (on_topic(readers=["matching"]), "its circle of readers", "narrower"),
    "less is kept": (on_topic(retention_days=7), "its retention", "became shorter"),
}  # fmt: skip

ALLOWED = {
    "nothing": FROZEN,
    "an optional field is added": changed(place=(str | None, None)),
    "an optional inner field is added": changed(details=details(more=(str, ""))),
    "the default of a part grows with its fields": changed(usual=(_LARGER, _LARGER(level=3))),
    "a code is added": changed(
        cadence=(
            Annotated[str, _documented(frozenset(
                {"weekly", "every-two-weeks", "twice-a-month", "monthly", "daily"}
            ))],
            ...,
        )
    ),
    "a description changes": Contract(FROZEN.terms, {**FROZEN.schema, "description": "Other."}),
}  # fmt: skip


class TestAChange:
    @pytest.mark.parametrize("change", REFUSED)
    def test_is_refused_when(self, change: str) -> None:
        contract, place, what = REFUSED[change]

        (broken,) = found(contract)

        assert broken.place == place
        assert what in broken.what
        assert str(broken).startswith(f"agreed, frozen in version 1: {place} ")
        assert broken.remedy

    @pytest.mark.parametrize("change", ALLOWED)
    def test_is_allowed_when(self, change: str) -> None:
        assert found(ALLOWED[change]) == []

    def test_that_adds_an_event_is_allowed(self) -> None:
        current = {"agreed": FROZEN, "another": FROZEN}

        assert breaks({1: {"agreed": FROZEN}}, current) == []

    def test_is_held_against_every_frozen_version(self) -> None:
        with_place = changed(place=(str | None, None))
        frozen = {1: {"agreed": FROZEN}, 2: {"agreed": with_place}}

        (broken,) = breaks(frozen, {"agreed": FROZEN})

        assert (broken.version, broken.place) == (2, "place")

    @pytest.mark.parametrize("now", [["weekly"], ["weekly", "monthly", "daily"]])
    def test_of_a_closed_list_is_refused(self, now: list[str]) -> None:
        old = {"properties": {"cadence": {"type": "string", "enum": ["weekly", "monthly"]}}}
        new = {"properties": {"cadence": {"type": "string", "enum": now}}}

        (difference,) = differences(old, new)

        assert difference.what == "allows other values than it did"

    def test_says_of_which_event_and_version_and_what_to_do(self) -> None:
        (broken,) = found(changed(rating=None))

        assert str(broken) == (
            "agreed, frozen in version 1: rating was removed. "
            "Put it back: readers of that version need it."
        )
