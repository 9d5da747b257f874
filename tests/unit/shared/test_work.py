"""What a unit of work knows of itself before it commits."""

from typing import cast

from shared.bus.work import Cause, Work
from shared.database import Connection
from tests.support.probe import a_registration
from tests.support.room import NOON


def _work() -> Work:
    return Work(cast("Connection", None), NOON, Cause.fresh())


class TestAUnitOfWork:
    def test_tells_nothing_at_first(self) -> None:
        assert not _work().tells

    def test_tells_what_it_publishes(self) -> None:
        work = _work()

        work.publish(a_registration())

        assert work.tells

    def test_tells_what_it_publishes_again(self) -> None:
        work = _work()

        work.publish_again(a_registration(), 1)

        assert work.tells
