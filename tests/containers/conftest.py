"""The engine, the images and one running installation, for all tests of containers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.engine import Engine, NoEngine, make_images, running_engine
from tests.containers.project import Project, running_project


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.containers)
            item.add_marker(pytest.mark.timeout(900))  # the first one waits for the images


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """An engine with the images made; where none can run, every test is skipped, and says why."""
    try:
        with running_engine() as running:
            make_images(running)
            yield running
    except NoEngine as reason:
        pytest.skip(f"no container can run here: {reason}")


@pytest.fixture(scope="session")
def project(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with running_project(engine, tmp_path_factory.mktemp("project")) as running:
        yield running
