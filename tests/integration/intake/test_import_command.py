"""`tandem import people`, on intake's real API."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import typer
import uvicorn

from deploy.cli import imports
from deploy.cli.imports import import_people
from deploy.cli.installation import Api
from deploy.cli.output import CommandFailed
from shared.auth import Role
from tests.integration.intake.company import a_person, table
from tests.support.room import Room, token

TEN = [a_person(number) for number in range(10)]


class OnlyIntake:
    """An installation with nothing but intake, at this address."""

    def __init__(self, url: str) -> None:
        self._url = url

    @contextmanager
    def api(self, service: str) -> Iterator[Api]:
        headers = {"Authorization": f"Bearer {token(Role.COORDINATOR)}"}
        with httpx.Client(base_url=self._url, headers=headers) as client:
            yield Api(service, client)


@pytest.fixture(autouse=True)
async def installation(room: Room, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    config = uvicorn.Config(room.service.api(room.units), lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    serving = asyncio.create_task(server.serve([listening]))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    monkeypatch.setattr(imports, "the_installation", lambda: OnlyIntake(url))
    yield
    server.should_exit = True
    await serving


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: dict[str, object]) -> Path:
        path = tmp_path / "staff.csv"
        path.write_bytes(table(rows))
        return path

    return write


async def run(path: Path, **options: object) -> None:
    await asyncio.to_thread(import_people, path, **options)  # type: ignore[arg-type]


async def active(room: Room) -> int:
    return len(await room.rows("SELECT FROM person WHERE left_at IS NULL"))


class TestImportPeople:
    async def test_says_what_became_of_the_file(
        self, room: Room, file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        await run(file(*TEN))

        expected = "10 rows, 10 imported, 0 came back, 0 changed, 0 unchanged, 0 left"
        assert capsys.readouterr().out.endswith(f"staff.csv: {expected}.\n")
        assert await active(room) == 10

    async def test_shows_what_would_change(
        self, room: Room, file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        await run(file(*TEN))
        capsys.readouterr()

        await run(file(a_person(0, department="Law"), *TEN[1:8]), full=True, dry_run=True)

        shown = capsys.readouterr().out
        assert "0 new, 1 changed, 0 coming back, 2 leaving, 7 unchanged" in shown
        assert "Sales → Law" in shown
        assert "--confirm-leaving 2" in shown
        assert await active(room) == 10

    async def test_refuses_many_leavers_in_its_own_words(
        self, room: Room, file: Callable[..., Path]
    ) -> None:
        await run(file(*TEN))

        with pytest.raises(CommandFailed, match="add --confirm-leaving 2") as refused:
            await run(file(*TEN[:8]), full=True)

        assert refused.value.extra["problem"]["code"] == "too-many-leaving"
        assert await active(room) == 10

    async def test_lets_them_leave_once_confirmed(
        self, room: Room, file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
    ) -> None:
        await run(file(*TEN))
        capsys.readouterr()

        await run(file(*TEN[:8]), full=True, confirm_leaving=2, as_json=True)

        [_log, document] = capsys.readouterr().out.split("\n", 1)
        assert json.loads(document)["left"] == 2
        assert await active(room) == 8

    async def test_takes_a_confirmation_for_full_files_only(
        self, file: Callable[..., Path]
    ) -> None:
        with pytest.raises(typer.BadParameter, match="--full"):
            await run(file(*TEN), confirm_leaving=2)
