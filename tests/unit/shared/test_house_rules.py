"""Rules of the house that a reader of the code could break without noticing."""

import ast
import re
from pathlib import Path

import pytest
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from shared.bus.consumer import subscribe
from tests.support.probe import ProbeSettings
from tests.unit.shared.test_settings import ENOUGH

ROOT = Path(__file__).parents[3]
OURS = [
    path
    for folder in ("services", "shared", "deploy")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
SQL_HOMES = ("shared/bus/", "shared/migrations.py", "deploy/embedded/postgres.py")
"""Where SQL may be besides the stores: the spine, and what makes databases and their tables."""
SQL = re.compile(
    r"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+[\w.]+\s+(AS\s+\w+\s+)?SET\s|DELETE\s+FROM\s"
    r"|WITH\s+(RECURSIVE\s+)?\w+\s*(\([^)]*\)\s*)?AS\s|(LISTEN|NOTIFY|TRUNCATE)\s"
    r"|(CREATE|ALTER|DROP|LOCK|GRANT|REVOKE)\s+[A-Z]+\s)"
)


def _calls(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    return [
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def _may_hold_sql(path: Path) -> bool:
    place = path.relative_to(ROOT)
    return "store" in {*place.parts, place.stem} or place.as_posix().startswith(SQL_HOMES)


def _sql_in(tree: ast.AST) -> list[str]:
    """Strings that begin as SQL statements do, and uses of a unit's connection."""
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    used = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "connection"
    ]
    return texts + used


class TestTheHouse:
    @pytest.mark.parametrize(
        "path", [p for p in OURS if not _may_hold_sql(p)], ids=lambda p: str(p.relative_to(ROOT))
    )
    def test_holds_sql_in_its_stores_alone(self, path: Path) -> None:
        assert _sql_in(ast.parse(path.read_text())) == []

    @pytest.mark.parametrize(
        "code",
        [
            "q = 'SELECT 1'",
            "q = 'INSERT INTO pair (id) VALUES ($1)'",
            "q = 'UPDATE pair SET a = 1'",
            "q = f'SELECT a FROM {table}'",
            "q = 'DELETE FROM pair'",
            "await work.connection.fetch(query)",
        ],
    )
    def test_knows_sql_when_it_sees_it(self, code: str) -> None:
        assert _sql_in(ast.parse(f"async def f():\n    {code}"))

    @pytest.mark.parametrize("text", ["Select a mentor", "UPDATED", "Delete from the list"])
    def test_takes_plain_words_for_words(self, text: str) -> None:
        assert _sql_in(ast.parse(repr(text))) == []

    def test_subscribes_in_one_place_only(self) -> None:
        places = [str(path.relative_to(ROOT)) for path in OURS if "subscriber" in _calls(path)]

        assert places == ["shared/bus/consumer.py"]

    def test_acknowledges_by_hand(self) -> None:
        async def handler(_message: object) -> None:
            return None

        settings = ProbeSettings.load(ENOUGH)
        subscriber = subscribe(KafkaBroker(), ["a-topic"], settings, handler)

        assert subscriber.ack_policy is AckPolicy.MANUAL
        assert subscriber._connection_args["auto_offset_reset"] == "earliest"
        assert subscriber._connection_args["enable_auto_commit"] is False

    @pytest.mark.parametrize("path", [p for p in OURS if "domain" in p.parts], ids=str)
    def test_asks_no_clock_in_its_rules(self, path: Path) -> None:
        assert not {"now", "utcnow", "today"} & set(_calls(path))

    @pytest.mark.parametrize("path", [p for p in OURS if "domain" in p.parts], ids=str)
    def test_awaits_nothing_in_its_rules(self, path: Path) -> None:
        tree = ast.parse(path.read_text())

        assert not any(
            isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(tree)
        )

    def test_commits_only_in_the_spine(self) -> None:
        services = [p for p in OURS if "services" in p.parts]

        committing = [str(p) for p in services if {"transaction", "commit"} & set(_calls(p))]

        assert committing == []
