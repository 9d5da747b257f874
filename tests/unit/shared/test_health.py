"""Readiness by reported problems, liveness by progress."""

import httpx

from shared.bus.pending import Outlook
from shared.health import Health, StallTimer
from shared.internal import Look, build_internal
from tests.support.room import NOON


async def _nobody_knows() -> Outlook | None:
    return None


def _client(health: Health, look: Look = _nobody_knows) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(build_internal(health, look)), base_url="http://internal"
    )


class TestHealth:
    async def test_is_ready_and_alive_while_nothing_is_wrong(self) -> None:
        async with _client(Health()) as client:
            answers = [await client.get("/readyz"), await client.get("/livez")]

        assert [answer.status_code for answer in answers] == [200, 200]

    async def test_says_why_it_is_not_ready_until_that_is_over(self) -> None:
        health = Health()
        health.problem("relay", "Kafka is away")

        async with _client(health) as client:
            red = await client.get("/readyz")
            health.well("relay")
            green = await client.get("/readyz")

        assert red.status_code == 503
        assert red.json()["reasons"] == {"relay": "Kafka is away"}
        assert green.status_code == 200

    async def test_is_not_alive_when_a_part_is_stuck(self) -> None:
        health = Health()
        stall = StallTimer(limit_seconds=-1)
        health.watch("consumer", stall.check)
        stall.begin()

        async with _client(health) as client:
            dead = await client.get("/livez")
            stall.end()
            alive = await client.get("/livez")

        assert (dead.status_code, alive.status_code) == (503, 200)
        assert "consumer" in dead.json()["reasons"]

    async def test_shows_the_metrics_by_their_declared_names(self) -> None:
        async with _client(Health()) as client:
            metrics = await client.get("/metrics")

        assert "tandem_outbox_waiting_events" in metrics.text


class TestWhatIsPending:
    async def test_is_unknown_until_the_database_answers(self) -> None:
        async with _client(Health()) as client:
            assert (await client.get("/pending")).status_code == 503

    async def test_is_said_with_the_instant_of_what_comes_next(self) -> None:
        async def look() -> Outlook:
            return Outlook(outbox=1, lag=2, seen=30, busy=["send-mail"], next_due=NOON)

        async with _client(Health(), look) as client:
            said = (await client.get("/pending")).json()

        assert said == {
            "outbox": 1, "lag": 2, "seen": 30, "busy": ["send-mail"], "next_due": NOON.isoformat(),
        }  # fmt: skip
