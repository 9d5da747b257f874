"""Rules of the house that a reader of the code could break without noticing."""

import ast
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
SQL_HOMES = {"store.py", "store", "bench", "embedded", "migrations.py", "wake.py", "work.py"}


def _calls(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    return [
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


class TestTheHouse:
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
