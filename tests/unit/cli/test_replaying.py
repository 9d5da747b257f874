"""Replaying many dead letters when a service goes away in the middle."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest

from deploy.cli import dead_letters
from deploy.cli.dead_letters import replay_letters
from deploy.cli.installation import Api
from deploy.cli.output import CommandFailed

IDS = [str(uuid4()) for _ in range(3)]


class GoesAway:
    """An installation whose service replays two dead letters and then does not answer."""

    def __init__(self) -> None:
        self.replayed = 0

    @contextmanager
    def api(self, service: str) -> Iterator[Api]:
        transport = httpx.MockTransport(self._answer)
        with httpx.Client(transport=transport, base_url="http://service") as client:
            yield Api(service, client)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"items": [{"id": each} for each in IDS], "next": None})
        if self.replayed == 2:
            raise httpx.ConnectError("It is gone.")
        self.replayed += 1
        letter = request.url.path.split("/")[-2]
        return httpx.Response(200, json={"id": letter, "state": "replayed"})


@pytest.fixture(autouse=True)
def installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "the_installation", GoesAway)


class TestReplayingAll:
    def test_says_what_was_done_before_it_broke_off(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(CommandFailed, match="matching does not answer"):
            replay_letters(every=True, service="matching")

        assert "2 of 3 dead letters took effect." in capsys.readouterr().out

    def test_says_it_to_programs_in_the_same_document(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(CommandFailed) as failure:
            replay_letters(every=True, service="matching", as_json=True)

        assert [each["id"] for each in failure.value.extra["outcomes"]] == IDS[:2]
        assert capsys.readouterr().out == ""
