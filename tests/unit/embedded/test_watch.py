from pathlib import Path

import pytest

from deploy.embedded.errors import CannotStart
from deploy.up.supervision import State
from deploy.up.watch import Watch


def matching(folder: Path, *, started: int, state: str = "RUNNING") -> State:
    log = folder / "matching.log"
    log.write_text("first\nNoSuchTable: pool\n")
    return State("matching", state, pid=7, started=started, log=log)


class TestWatch:
    def test_says_nothing_of_a_program_that_runs(self, tmp_path: Path) -> None:
        watch = Watch()

        said = [*watch.notice([matching(tmp_path, started=100)])]
        said += watch.notice([matching(tmp_path, started=100)])

        assert said == []

    def test_tells_of_a_program_started_again(self, tmp_path: Path) -> None:
        watch = Watch()
        list(watch.notice([matching(tmp_path, started=100)]))

        said = list(watch.notice([matching(tmp_path, started=200)]))

        assert said == ["matching stopped and was started again."]

    def test_shows_the_end_of_the_log_of_a_program_that_keeps_crashing(
        self, tmp_path: Path
    ) -> None:
        watch = Watch()
        for started in (100, 101):
            list(watch.notice([matching(tmp_path, started=started)]))

        with pytest.raises(CannotStart, match=r"(?s)matching keeps crashing.*NoSuchTable"):
            watch.refuse_crashing([matching(tmp_path, started=103)])

    def test_forgives_crashes_that_are_far_apart(self, tmp_path: Path) -> None:
        watch = Watch()
        for started in (100, 1000, 2000):
            list(watch.notice([matching(tmp_path, started=started)]))

        assert not watch.keeps_crashing(matching(tmp_path, started=2000))
