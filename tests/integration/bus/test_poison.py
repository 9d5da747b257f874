"""Records that can't take effect, on the real broker: the rest goes on, and each is kept raw."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from shared.auth import Role
from tests.integration.bus.spine import TOPIC, consuming, effects, has, is_ready, not_ready, raw
from tests.support.databases import Databases
from tests.support.kafka import RawRecord, send_raw
from tests.support.probe import BUG, a_registration
from tests.support.room import Room
from tests.support.servers import Servers
from tests.support.until import until

LARGE = b"x" * 1_000_000


def with_header(name: str, value: bytes | None) -> Callable[[RawRecord], RawRecord]:
    def changed(record: RawRecord) -> RawRecord:
        key, content, headers = record
        return key, content, [*(h for h in headers if h[0] != name), (name, value)]

    return changed


def with_value(value: bytes | None) -> Callable[[RawRecord], RawRecord]:
    return lambda record: (record[0], value, record[2])


def without(name: str) -> Callable[[RawRecord], RawRecord]:
    return lambda record: (record[0], record[1], [h for h in record[2] if h[0] != name])


@dataclass(frozen=True)
class Poison:
    """One way to make a good record bad, and the words that say what is wrong with it."""

    spoil: Callable[[RawRecord], RawRecord]
    words: str


POISONS = {
    "null header": Poison(with_header("note", None), "a header is null"),
    "header value not UTF-8": Poison(with_header("note", b"\xff\xfe"), "a header is not UTF-8"),
    "header name not UTF-8": Poison(with_header("n\udcffme", b"x"), "name is not UTF-8"),
    "header name with a NUL": Poison(with_header("a\x00b", None), "a header is null"),
    "no headers": Poison(lambda record: (*record[:2], []), "ce_specversion"),
    "invalid JSON": Poison(with_value(b'{"participant_id": '), "the value is wrong"),
    "value not UTF-8": Poison(with_value(b"\xff\xfe"), "the value is wrong"),
    "large value": Poison(with_value(LARGE), "the value is wrong"),
    "unknown type": Poison(with_header("ce_type", b"tandem.unheard-of"), "its type is unknown"),
    "type of a topic elsewhere": Poison(
        lambda record: with_header("ce_type", b"tandem.programme-changed")(
            with_value(None)(record)
        ),
        "belongs to another topic",
    ),
    "missing sequence": Poison(without("ce_sequence"), "ce_sequence is missing"),
    "endless sequence": Poison(with_header("ce_sequence", b"9" * 5000), "ce_sequence is not"),
    "tombstone without headers": Poison(lambda _: (b"key", None, []), "ce_specversion"),
    "tombstone of a fact": Poison(
        lambda record: with_header("ce_type", b"tandem.pair-formed")(with_value(None)(record)),
        "a fact has no data",
    ),
    "foreign key": Poison(lambda record: (b"another", *record[1:]), "key contradicts"),
}


def topic_of(room: Room) -> str:
    return room.settings.topic_prefix + TOPIC


class TestPoison:
    @pytest.mark.parametrize("place", [0, 3, 6], ids=["first", "in-the-middle", "last"])
    async def test_is_put_aside_raw_wherever_it_is_and_the_rest_takes_effect(
        self, room: Room, servers: Servers, place: int
    ) -> None:
        good = [raw(a_registration()) for _ in range(6)]
        bad = [poison.spoil(raw(a_registration())) for poison in POISONS.values()]
        await send_raw(servers, topic_of(room), [*good[:place], *bad, *good[place:]])

        async with consuming(room) as health:
            await until(lambda: _dead(room, len(bad)), "the bad ones are dead letters")
            await until(lambda: has(room, 6), "the good ones took effect")
            await until(lambda: is_ready(health), "the consumer is well")

        rows = await room.rows("SELECT * FROM bus.dead_letter ORDER BY record_offset")
        assert [row["record_offset"] for row in rows] == list(range(place, place + len(bad)))
        for row, (key, value, headers), (kind, poison) in zip(
            rows, bad, POISONS.items(), strict=True
        ):
            names = [name.encode(errors="surrogateescape") for name, _ in headers]
            assert poison.words in row["problem"], kind
            assert (row["record_key"], row["record_value"]) == (key, value), kind
            assert row["header_names"] == names, kind
            assert row["header_values"] == [content for _, content in headers], kind
        assert await effects(room) == 6

    async def test_is_not_what_a_reader_does_not_know_or_a_large_event(
        self, room: Room, servers: Servers
    ) -> None:
        key, value, headers = raw(a_registration())
        assert value
        larger = json.dumps(json.loads(value) | {"of_a_later_version": "x" * 1_000_000}).encode()
        tombstone = raw(a_registration())
        await send_raw(
            servers,
            topic_of(room),
            [(key, larger, headers), (tombstone[0], None, tombstone[2]), raw(a_registration())],
        )

        async with consuming(room):
            await until(lambda: has(room, 2), "both events took effect")

        assert await room.rows("SELECT FROM bus.dead_letter") == []

    async def test_of_one_event_among_five_hundred_is_found_when_its_handler_fails(
        self, room: Room, servers: Servers
    ) -> None:
        good = [raw(a_registration()) for _ in range(499)]
        culprit = raw(a_registration(department=BUG))
        await send_raw(servers, topic_of(room), [*good[:321], culprit, *good[321:]])

        with capture_logs() as logs:  # printed for people, each trace would list 500 events
            async with consuming(room):
                await until(lambda: has(room, 499), "the others took effect")
                await until(lambda: _dead(room, 1), "the culprit is a dead letter")

        (row,) = await room.rows("SELECT record_offset, problem, times FROM bus.dead_letter")
        assert tuple(row) == (321, "Its handler fails: ProbeBug.", 1)
        assert [line["event"] for line in logs].count("consumer.culprit") == 1
        assert await effects(room) == 499


class TestPoisonInNumbers:
    async def test_stops_the_consumer_until_an_operator_has_dealt_with_it(
        self, room: Room, servers: Servers
    ) -> None:
        await send_raw(servers, topic_of(room), [(b"k", b"no event", [])] * 60)

        async with consuming(room) as health:
            await until(lambda: not_ready(health, "dead letters within a minute"), "it stopped")
            await send_raw(servers, topic_of(room), [raw(a_registration())])
            async with room.api(Role.OPERATOR) as operator:
                page = (await operator.get("/v1/dead-letters?limit=20")).json()
                stopped = await effects(room)
                for letter in page["items"]:
                    await operator.post(f"/v1/dead-letters/{letter['id']}/discard")
            await until(lambda: has(room, 1), "it goes on by itself")
            await until(lambda: is_ready(health), "it is ready again")

        assert stopped == 0

    async def test_is_remembered_across_a_restart_until_its_minute_is_over(
        self, room: Room, servers: Servers
    ) -> None:
        await send_raw(servers, topic_of(room), [(b"k", b"no event", [])] * 60)
        async with consuming(room) as health:
            await until(lambda: not_ready(health, "dead letters within a minute"), "it stopped")
        await send_raw(servers, topic_of(room), [raw(a_registration())])

        async with consuming(room) as health:
            await until(lambda: not_ready(health, "dead letters within a minute"), "it knows")
            before = await effects(room)
            await room.pool.execute(
                "UPDATE bus.dead_letter SET died_at = died_at - interval '1 minute'"
            )
            await until(lambda: has(room, 1), "it goes on")

        assert before == 0


class TestTheDatabaseAway:
    async def test_for_longer_than_all_tries_kills_no_letter_and_is_caught_up_with(
        self, room: Room, servers: Servers, databases: Databases
    ) -> None:
        """Eight tries, with doubling pauses, take about 13 s, and stand for any length of time.

        A failure that passes is never counted, so there is no limit that a minute would reach and
        13 s do not. A consumer that did count would have given up after TRIES and buried the
        letters within as many again, long before the eighth.
        """
        await databases.close()
        async with consuming(room) as health:
            await until(lambda: is_ready(health), "it consumes")
            with capture_logs() as logs:
                servers.embedded.stop_one("postgres")
                try:
                    await send_raw(
                        servers, topic_of(room), [raw(a_registration()) for _ in range(20)]
                    )
                    await until(lambda: _has_waited(logs, times=8), "it tried and tried", 60)
                    unready = dict(health.problems())
                finally:
                    servers.embedded.start_one("postgres")
                    await asyncio.to_thread(servers.embedded.wait_until_ready, names=("postgres",))
                await until(lambda: has(room, 20), "it caught up")
            await until(lambda: is_ready(health), "it is well again")

        assert "consumer" in unready
        assert await effects(room) == 20
        assert await room.rows("SELECT FROM bus.dead_letter") == []


async def _dead(room: Room, count: int) -> bool:
    return bool(await room.pool.fetchval("SELECT count(*) >= $1 FROM bus.dead_letter", count))


async def _has_waited(logs: Sequence[Mapping[str, object]], times: int) -> bool:
    return sum(line["event"] == "consumer.waits" for line in logs) >= times
