"""Frozen versions: kept by the code, and frozen one after the other."""

from pathlib import Path

import pytest

from deploy.contracts import frozen
from deploy.contracts.compatibility import Contract
from deploy.contracts.current import contract_of, current_contracts
from deploy.contracts.frozen import CannotFreeze, broken_promises, freeze, frozen_versions
from deploy.contracts.samples import samples_in
from tandem_events import PairFormed


class TestTheFrozenVersions:
    def test_are_kept(self) -> None:
        assert [str(broken) for broken in broken_promises()] == []

    def test_begin_with_1_and_leave_none_out(self) -> None:
        versions = sorted(frozen_versions())

        assert versions
        assert versions == list(range(1, len(versions) + 1))


class TestFreezing:
    def test_writes_what_is_promised_now_with_its_samples(self, tmp_path: Path) -> None:
        home = freeze(1, tmp_path)

        assert frozen_versions(tmp_path) == {1: current_contracts()}
        assert samples_in(home / "samples") == samples_in()

    @pytest.mark.parametrize("version", [1, 3])
    def test_takes_the_next_version_alone(self, tmp_path: Path, version: int) -> None:
        freeze(1, tmp_path)

        with pytest.raises(CannotFreeze, match="the next one is 2"):
            freeze(version, tmp_path)

    def test_refuses_what_breaks_an_earlier_version(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        freeze(1, tmp_path)
        kept = contract_of(PairFormed)
        other = {"pair-formed": Contract(dict(kept.terms) | {"key": "mentor_id"}, kept.schema)}
        monkeypatch.setattr(frozen, "current_contracts", lambda: current_contracts() | other)

        with pytest.raises(CannotFreeze, match="its key changed from pair_id to mentor_id"):
            freeze(2, tmp_path)
