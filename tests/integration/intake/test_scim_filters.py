"""SCIM filters in SQL let through whom the library's own evaluator lets through."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim2_models import InvalidFilterException

from services.intake.api.scim_requests import search_of
from services.intake.domain.scim.resources import POLICY
from services.intake.domain.scim.users import ShownUser
from services.intake.store import scim_users
from services.intake.store.scim_columns import COLUMNS, Column
from services.intake.store.scim_filters import (
    MOST_COMPARISONS,
    Condition,
    condition_of,
    order_of,
)
from tests.integration.intake.company import a_person, import_people
from tests.integration.intake.hr_system import (
    ENTERPRISE,
    TANDEM,
    a_user,
    create,
    find,
    patch,
    scim,
)
from tests.support.room import Room

OF_SEVERAL = {
    "emails": Column(""), "emails.value": Column(""), "emails.type": Column(""),
    "emails.primary": Column("", bool),
}  # fmt: skip
OF_ENTRY = {"value": Column(""), "type": Column(""), "primary": Column("", bool)}
ATTRIBUTES = {**COLUMNS, **OF_SEVERAL}
WORDS = (
    "Ana", "ana", "ANA LIMA 1", "p1@example.com", "P1@", "Straße", "STRASSE", "ΣΊΣΥΦΟΣ", "σίσυφος",
    "İpek", "Sales", "s", "", "X1", "x1", "E1", "de", "DE", "work", "home", "1", "2", "1;2;3",
    "User", "user", 'W/"1"', 'W/"2"', "%", "_", "\\", '"', "é", "e\u0301", "Europe/Berlin",
)  # fmt: skip
INSTANTS = ("2026-03-02T12:00:00Z", "2026-03-02T13:00:00+01:00", "2020-01-01T00:00:00Z")


def path_of(attribute: str) -> st.SearchStrategy[str]:
    """An attribute as it may be written: with its schema, without, in another case."""
    short = attribute.rpartition("User:")[2] if ":core:" in attribute else attribute
    return st.sampled_from([attribute, short, short.upper() if ":" not in short else short])


def operand(column: Column) -> st.SearchStrategy[object]:
    if column.kind is bool:
        return st.sampled_from([True, False])
    if column.kind is not str:
        return st.sampled_from(INSTANTS)
    return st.sampled_from(WORDS) | st.text(max_size=3, alphabet="aAeEpP1@. ßΣσ")


def operators(column: Column) -> st.SearchStrategy[str]:
    texts = ["co", "sw", "ew"] if column.kind is str else []
    ordered = [] if column.kind is bool else ["gt", "ge", "lt", "le"]
    return st.sampled_from(["eq", "ne", *texts, *ordered])


@st.composite
def comparisons(draw: st.DrawFn, columns: Mapping[str, Column]) -> str:
    attribute = draw(st.sampled_from(sorted(columns)))
    column = columns[attribute]
    path = draw(path_of(attribute))
    if draw(st.integers(0, 5)) == 0:
        return f"{path} pr"
    op = draw(operators(column))
    value = draw(operand(column) | st.none()) if op in {"eq", "ne"} else draw(operand(column))
    return f"{path} {op} {json.dumps(value)}"


def nested(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds("not ({})".format, inner)
            | st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or"]), inner)
        ),
        max_leaves=5,
    )


FILTERS = nested(
    comparisons(ATTRIBUTES)
    | st.builds("emails[{}]".format, nested(comparisons(OF_ENTRY)))
    | st.sampled_from(["name pr", f"{ENTERPRISE}:manager pr"])
)


@pytest.fixture
async def company(room: Room) -> Room:
    """People of all kinds: pushed, imported, changed by a file since, inactive, half empty."""
    await import_people(room, a_person(1), a_person(2, title="", education_field="", name="İpek"))
    home = {"value": "Home@Example.com", "type": "home"}
    work = {"value": "p5@example.com", "type": "work", "primary": True}
    async with scim(room) as client:
        kinds: dict[int, dict[str, Any]] = {
            3: {"displayName": "Straße", "name": {"familyName": "Σίσυφος", "givenName": "Ana"}},
            4: {"externalId": None, "emails": [{"value": "p4@example.com"}], "active": False},
            5: {"emails": [home, work], "title": 'a "%_\\', "timezone": "Europe/Berlin"},
            6: {TANDEM: {"seniority": "2", "workingDays": "1;2;3", "educationField": "é"}},
            7: {ENTERPRISE: {"manager": "E1"}, "preferredLanguage": "de", "locale": "de-DE"},
        }
        for number, more in kinds.items():
            await create(client, a_user(number, **more))
        found = (await find(client, 'externalId eq "X3"'))["Resources"]
        await patch(client, found[0]["id"], {"op": "add", "path": "title", "value": "Counsel"})
    await import_people(room, a_person(6, name="Ana Neu", department="Law"))
    return room


async def page(room: Room, condition: Condition, order: str = "person_id") -> list[ShownUser]:
    async with room.units.reading() as work:
        found = await scim_users.page(work, condition, order, 0, 100)
        assert await scim_users.count(work, condition) == len(found)
    return found


class TestFilters:
    @given(text=FILTERS)
    @settings(
        max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    async def test_let_through_whom_the_evaluator_lets_through(
        self, company: Room, text: str
    ) -> None:
        everybody = await page(company, condition_of(None))
        search = search_of({"filter": text})

        found = await page(company, condition_of(search.filter.ast))

        with POLICY:
            expected = [each.person_id for each in everybody if search.filter.match(each.user)]
        assert [each.person_id for each in found] == expected

    @pytest.mark.parametrize(
        "text",
        [
            "userName", 'userName eq "a" and', "userName eq 3", 'shoeSize eq "9"', 'active gt "x"',
            'schemas eq "x"', 'name eq "x"', 'meta.location eq "x"', 'userName eq "\\u0000"',
            'userName eq "\\ud800"', 'meta.lastModified gt "2026-03-02T12:00:00"',
            " or ".join(['userName eq "a"'] * (MOST_COMPARISONS + 1)),
            "not (" * 11 + "active eq true" + ")" * 11, 'userName eq "' + "a" * 2000 + '"',
        ],
    )  # fmt: skip
    async def test_that_cannot_be_answered_are_refused(self, room: Room, text: str) -> None:
        async with scim(room) as client:
            answers = [
                await client.get("/Users", params={"filter": text}),
                await client.post("/.search", json={"filter": text}),
            ]

        for answer in answers:
            assert answer.status_code == 400, answer.text
            assert answer.json()["scimType"] == "invalidFilter"
            assert answer.headers["content-type"] == "application/scim+json"

    async def test_take_what_looks_like_sql_as_text(self, company: Room) -> None:
        async with scim(company) as client:
            found = await find(client, """userName eq "'; DROP TABLE person; --" """)
            assert found["totalResults"] == 0
            assert (await find(client, "userName pr"))["totalResults"] == 7

    @pytest.mark.parametrize("attribute", ["userName", "externalId"])
    async def test_of_entra_and_okta_use_an_index(self, company: Room, attribute: str) -> None:
        condition = condition_of(search_of({"filter": f'{attribute} eq "p1"'}).filter.ast)
        query = f"SELECT * FROM ({scim_users._SHOWN}) AS shown WHERE {condition.sql}"  # noqa: S608

        async with company.pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL enable_seqscan = off")
            rows = await connection.fetch("EXPLAIN " + query, *condition.values)

        index = {"userName": "person_by_user_name", "externalId": "person_by_external_id"}
        assert index[attribute] in "\n".join(row[0] for row in rows)


class TestSorting:
    @given(
        attribute=st.sampled_from(sorted({*COLUMNS} - {"meta"})),
        order=st.sampled_from(["ascending", "descending"]),
    )
    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    async def test_agrees_with_the_library(self, company: Room, attribute: str, order: str) -> None:
        search = search_of({"sortBy": attribute, "sortOrder": order})

        found = await page(company, condition_of(None), order_of(search))

        with POLICY:
            keys: list[Any] = [search.sort_value(each.user) for each in found]
            expected = [search.sort_value(user) for user in search.sort([e.user for e in found])]
        assert keys == expected

    async def test_by_what_has_no_order_is_refused(self, room: Room) -> None:
        async with scim(room) as client:
            answer = await client.get("/Users", params={"sortBy": "name"})
        assert answer.status_code == 400


def test_a_filter_may_not_be_refused_for_its_parentheses() -> None:
    assert condition_of(search_of({"filter": "((((active eq true))))"}).filter.ast).values == [True]


def test_a_selection_of_other_values_is_refused() -> None:
    with pytest.raises(InvalidFilterException):
        condition_of(search_of({"filter": 'schemas[value eq "x"]'}).filter.ast)
