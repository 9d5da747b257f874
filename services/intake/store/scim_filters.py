"""SCIM filters as SQL conditions: names of columns from a table of ours, values as parameters.

A condition is never NULL, so that `not` is what it says; an equality is written so that an index
can still serve it. What a filter means is what the library's own evaluator makes of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from scim2_models import SearchRequest
from scim2_models.path import (
    AttributeBinding,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Path,
    Present,
    ValuePath,
    coerce_value,
)

from services.intake.domain.scim.resources import POLICY, Email, FullUser
from services.intake.domain.scim.users import filter_refused
from services.intake.store.scim_columns import (
    ADDRESS,
    COLUMNS,
    CORE,
    ENTRY,
    Column,
    folded,
)
from shared.text import UnstorableText, storable

LONGEST_FILTER = 2000
MOST_COMPARISONS = 50
DEEPEST = 10

_ORDERS = {
    CompareOperator.gt: ">",
    CompareOperator.ge: ">=",
    CompareOperator.lt: "<",
    CompareOperator.le: "<=",
}
_WITHIN = {
    CompareOperator.co: "strpos({0}, {1}) > 0",
    CompareOperator.sw: "starts_with({0}, {1})",
    CompareOperator.ew: "right({0}, length({1})) = {1}",
}
_WHOLE = ("formatted", "family_name", "given_name")


class Condition(NamedTuple):
    """A condition on a row, and the values of its parameters in their order."""

    sql: str
    values: list[Any]


def condition_of(node: FilterNode | None, first: int = 1) -> Condition:
    """The condition that a filter is.

    Args:
        node: The filter; None lets every row through.
        first: The number of the first parameter.

    Raises:
        InvalidFilterException: It compares what can't be compared, or is too long or too deep.
    """
    if node is None:
        return Condition("TRUE", [])
    _check_size(node, DEEPEST)
    values: list[Any] = []
    return Condition(_OfUser(values, first).visit(node), values)


def order_of(search: Any) -> str:
    """What to sort rows by, as the `sortBy` and `sortOrder` of a search say.

    Raises:
        InvalidFilterException: Nothing can be sorted by that attribute.
    """
    binding: AttributeBinding | None = search.sort_binding(FullUser)
    if binding is None:
        return "person_id"
    column = ADDRESS if binding.urn == f"{CORE}:emails.value" else COLUMNS.get(binding.urn)
    if column is None:
        raise filter_refused(f"Users can't be sorted by {binding.urn}.")
    falling = search.sort_order == SearchRequest.SortOrder.descending
    # as the standard says: who has no value comes last, or first when falling, as in PostgreSQL
    return f"{column.sql} {'DESC' if falling else 'ASC'}, person_id"


class _Conditions(FilterVisitor[str]):
    """Makes conditions; parameters are numbered as they come."""

    def __init__(self, values: list[Any], first: int) -> None:
        self._values = values
        self._first = first

    def visit_not(self, node: Not) -> str:
        return f"NOT {self.visit(node.expr)}"

    def visit_logical_expr(self, node: LogicalExpr) -> str:
        word = " AND " if node.op == LogicalOperator.and_ else " OR "
        return f"({word.join(self.visit(term) for term in node.terms)})"

    def _compared(self, column: Column, node: Comparison, binding: AttributeBinding) -> str:
        """A comparison of one value, as the evaluator makes it."""
        op, value = node.op, coerce_value(binding, node.value, node.op)
        if value is None:
            missing = {CompareOperator.eq: "IS NULL", CompareOperator.ne: "IS NOT NULL"}
            return f"({column.sql} {missing[op]})" if op in missing else "FALSE"
        if not isinstance(value, column.kind) or (op in _WITHIN and column.kind is not str):
            return "FALSE"
        parameter = self._parameter(_comparable(binding, value), column.cast)
        if op == CompareOperator.ne:
            return f"({column.sql} IS DISTINCT FROM {parameter})"
        if op in _WITHIN:
            test = _WITHIN[op].format(column.sql, parameter)
        else:
            test = f"{column.sql} {_ORDERS.get(op, '=')} {parameter}"
        return f"({test} AND {column.sql} IS NOT NULL)"

    def _parameter(self, value: object, cast: str) -> str:
        self._values.append(value)
        return f"${self._first + len(self._values) - 1}::{cast}"


class _OfUser(_Conditions):
    """Conditions on a user."""

    def visit_comparison(self, node: Comparison) -> str:
        binding = _bound(FullUser, node, compared=True)
        if binding.field_name == "emails":
            return self._any_email(node, binding)
        return self._compared(_column(COLUMNS, binding), node, binding)

    def visit_present(self, node: Present) -> str:
        binding = _bound(FullUser, node)
        if binding.field_name == "emails":
            test = _present(ENTRY[binding.sub_field_name or "value"])
            return _some_email(test)
        if binding.field_name in {"name", "manager"} and binding.sub_field_name is None:
            columns = _WHOLE if binding.field_name == "name" else ("manager",)
            return f"({' OR '.join(_present(folded(each)) for each in columns)})"
        return _present(_column(COLUMNS, binding))

    def visit_value_path(self, node: ValuePath) -> str:
        if node.attr_path.attr.lower() != "emails":
            raise filter_refused(f"Values of {node.attr_path.attr} can't be selected.")
        entry = _OfEmail(self._values, self._first)
        return _some_email(entry.visit(node.val_filter))

    def _any_email(self, node: Comparison, binding: AttributeBinding) -> str:
        column = ENTRY[binding.sub_field_name or "value"]
        if node.op is not CompareOperator.ne:
            return _some_email(self._compared(column, node, binding))
        # none of them equals: so does the evaluator read "not equal" of several values
        equal = Comparison(node.attr_path, CompareOperator.eq, node.value)
        return f"NOT {_some_email(self._compared(column, equal, binding))}"


class _OfEmail(_Conditions):
    """Conditions on one of a user's addresses."""

    def visit_comparison(self, node: Comparison) -> str:
        binding = _bound(Email, node)
        return self._compared(_column(ENTRY, binding), node, binding)

    def visit_present(self, node: Present) -> str:
        return _present(_column(ENTRY, _bound(Email, node)))

    def visit_value_path(self, node: ValuePath) -> str:  # noqa: ARG002 - the library's form
        raise filter_refused("A selection can't stand inside another.")


def _bound(model: Any, node: Comparison | Present, *, compared: bool = False) -> AttributeBinding:
    path = str(node.attr_path)
    binding: AttributeBinding | None = Path[model](path).resolve(model)
    if binding is not None and compared and path.lower().endswith("emails"):
        binding = Path[model](f"{path}.value").resolve(model)
    if binding is None:
        raise filter_refused(f"There is no attribute {node.attr_path}.")
    return binding


def _column(columns: Mapping[str, Column], binding: AttributeBinding) -> Column:
    if binding.urn not in columns:
        raise filter_refused(f"Users can't be filtered by {binding.urn}.")
    return columns[binding.urn]


def _present(column: Column) -> str:
    test = f" AND {column.sql} <> ''" if column.kind is str else ""
    return f"({column.sql} IS NOT NULL{test})"


def _some_email(condition: str) -> str:
    return f"EXISTS (SELECT FROM jsonb_array_elements(emails) AS entry WHERE {condition})"


def _comparable(binding: AttributeBinding, value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise filter_refused("An instant needs its distance from UTC, such as Z.")
    if not isinstance(value, str):
        return value
    try:
        return storable(str(binding.comparable(value, POLICY)))
    except UnstorableText as error:
        raise filter_refused(f"A text {error}.") from None


def _check_size(node: FilterNode, deepest: int) -> None:
    if _comparisons(node, deepest) > MOST_COMPARISONS:
        raise filter_refused(f"A filter may hold {MOST_COMPARISONS} comparisons at most.")


def _comparisons(node: FilterNode, depth: int) -> int:
    if depth == 0:
        raise filter_refused(f"A filter may be {DEEPEST} levels deep at most.")
    if isinstance(node, Not):
        return _comparisons(node.expr, depth - 1)
    if isinstance(node, LogicalExpr):
        return sum(_comparisons(term, depth - 1) for term in node.terms)
    if isinstance(node, ValuePath):
        return _comparisons(node.val_filter, depth - 1)
    return 1
