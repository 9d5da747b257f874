"""The checker sees: with a guarantee broken on purpose it says so, and else it says nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from shared.bus.moments import Moment
from shared.ids import new_id
from tests.conftest import OpenRoom
from tests.faults.checker import LOST, ORDER, TWICE, Finding, check
from tests.faults.small_rig import SmallRig, small_rig
from tests.support.databases import Databases
from tests.support.probe import a_registration
from tests.support.servers import Servers

Scenario = Callable[[SmallRig], Awaitable[None]]


Judge = Callable[[Scenario, str], Awaitable[tuple[list[Finding], list[Finding]]]]


@pytest.fixture
def judge(servers: Servers, databases: Databases, open_room: OpenRoom, tmp_path: Path) -> Judge:
    """Live a scenario with the spine whole and, beside it, broken; what is found of each."""

    async def live(scenario: Scenario, rig: SmallRig) -> list[Finding]:
        await scenario(rig)
        await rig.stop()
        return check(await rig.history())

    async def both(scenario: Scenario, sabotage: str) -> tuple[list[Finding], list[Finding]]:
        async with (
            small_rig(servers, databases, open_room, tmp_path) as whole,
            small_rig(servers, databases, open_room, tmp_path, sabotage) as broken,
        ):
            found = await asyncio.gather(live(scenario, whole), live(scenario, broken))
        return found[0], found[1]

    return both


def guarantees(findings: list[Finding]) -> set[str]:
    return {finding.guarantee for finding in findings}


class TestTheCheckerSeesThat:
    async def test_the_inbox_does_not_know_what_it_has_seen(self, judge: Judge) -> None:
        async def a_relay_dies_before_it_deletes(rig: SmallRig) -> None:
            await rig.tell(*(a_registration() for _ in range(20)))
            await rig.start_and_die_at(Moment.PUBLISHED)
            await rig.start()
            await rig.marks_take_effect()

        whole, broken = await judge(a_relay_dies_before_it_deletes, "event-ids")

        assert whole == []
        assert TWICE in guarantees(broken)

    async def test_the_position_row_does_not_hold(self, judge: Judge) -> None:
        """Event ids are forgotten after a week; the position is what covers redelivery then."""

        async def a_consumer_dies_before_it_acknowledges_and_comes_back_late(rig: SmallRig) -> None:
            await rig.tell(*(a_registration() for _ in range(20)))
            await rig.start_and_die_at(Moment.TAKEN)
            await rig.room.pool.execute("DELETE FROM bus.inbox_event")
            await rig.start()
            await rig.marks_take_effect()

        scenario = a_consumer_dies_before_it_acknowledges_and_comes_back_late
        whole, broken = await judge(scenario, "position-row")

        assert whole == []
        assert TWICE in guarantees(broken)

    async def test_the_relay_does_not_keep_the_order(self, judge: Judge) -> None:
        async def a_subject_changes_often(rig: SmallRig) -> None:
            subject = new_id()
            for capacity in range(10):
                await rig.tell(a_registration(subject, capacity=capacity))
            await rig.start()
            await rig.marks_take_effect()

        whole, broken = await judge(a_subject_changes_often, "relay-order")

        assert whole == []
        assert ORDER in guarantees(broken)

    async def test_what_had_no_effect_is_acknowledged(self, judge: Judge) -> None:
        async def a_consumer_dies_before_it_commits(rig: SmallRig) -> None:
            await rig.tell(*(a_registration() for _ in range(20)))
            await rig.start_and_die_at(Moment.HANDLED)
            await rig.start()
            await rig.marks_take_effect()

        whole, broken = await judge(a_consumer_dies_before_it_commits, "acknowledgement")

        assert whole == []
        assert LOST in guarantees(broken)

    async def test_what_kafka_did_not_acknowledge_is_deleted(self, judge: Judge) -> None:
        async def events_leave(rig: SmallRig) -> None:
            await rig.tell(*(a_registration() for _ in range(20)))
            await rig.start()
            await rig.outbox_is_empty()

        whole, broken = await judge(events_leave, "deletion")

        assert not any("never published" in str(finding) for finding in whole)
        assert any("never published" in str(finding) for finding in broken)
