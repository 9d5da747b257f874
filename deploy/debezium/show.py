"""`make debezium`: shows what Debezium publishes from the outbox beside what our relay does.

Exit code 1 when something differs that `docs/debezium.md` does not list.
"""

import asyncio
import sys
import time
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.debezium import store
from deploy.debezium.compare import Published, Tally, compare, unlisted
from deploy.debezium.connect import ConnectorFailed
from deploy.debezium.reader import PATIENCE_SECONDS, NeverCame, Reader, reading
from deploy.debezium.stage import SERVICE, Stage, stage
from deploy.debezium.story import Story, story_of
from deploy.embedded.errors import CannotStart
from shared.logs import configure_logs

PAGE = Path(__file__).parents[2] / "docs" / "debezium.md"
MANY = 10_000
PROBES = 50
OTHER_MIB = 32
BETWEEN_LOOKS_SECONDS = 0.5


class LogKeptBack(Exception):
    """Debezium's slot keeps what it does not need: the server's disk would fill."""

    def __init__(self, held: int) -> None:
        self.held = held
        super().__init__(f"The slot keeps {held:,} bytes of log that Debezium does not need.")


class Show:
    """One run: both publish the same rows, Debezium first, since the relay deletes them."""

    def __init__(self, stage: Stage, story: Story, reader: Reader, console: Console) -> None:
        self._stage = stage
        self._story = story
        self._reader = reader
        self._console = console
        self.debezium: list[Published] = []
        self.relay: list[Published] = []

    async def run(self) -> list[Tally]:
        """Let both publish in turn; return what is alike and what is not."""
        await self._story.tell_everything()
        await self._stream_with_debezium()
        await self._catch_up_with_debezium()
        await self._repeat_with_the_relay()
        await self._ignore_what_the_relay_deleted()
        return compare(self.relay, self.debezium)

    async def _stream_with_debezium(self) -> None:
        """First what waited before the connector was made, then what is told while it runs."""
        begin = time.monotonic()
        async with self._stage.debezium_running(killed=True):
            await self._take_into(self.debezium)
            self._say(f"Debezium's first start, with what waited: {_since(begin)}")
            await self._story.tell_everything()
            await self._take_into(self.debezium)
            self._say(f"Debezium, from commit to consumer: {await self._probe(self.debezium)}")
            await self._story.tell_many(100)
            await self._take_into(self.debezium)
        self._say("Debezium was killed (SIGKILL)")

    async def _catch_up_with_debezium(self) -> None:
        """What was told meanwhile comes too; what it had sent and not noted comes again."""
        await self._story.tell_many(MANY)
        seen = {record.event_id for record in self.debezium}
        async with self._stage.debezium_running():
            rate = await self._take_into(self.debezium)
        new = {record.event_id for record in self.debezium} - seen
        again = len(self.debezium) - len(seen) - len(new)
        self._say(f"Debezium catches up: {rate:,.0f} events/s; published again: {again}")

    async def _repeat_with_the_relay(self) -> None:
        async with self._stage.relay_running():
            rate = await self._take_into(self.relay)
            self._say(f"Our relay, the same rows: {rate:,.0f} events/s")
            self._say(f"Our relay, from commit to consumer: {await self._probe(self.relay)}")

    async def _ignore_what_the_relay_deleted(self) -> None:
        """Rows inserted and deleted while Debezium was away come all the same; deletes do not."""
        begun = {record.event_id for record in self.debezium}
        missed = {r.event_id for r in self.relay if r.event_id and r.event_id not in begun}
        waiting = len(await self._waiting())
        async with self._stage.debezium_running():
            self.debezium += (await self._reader.until_seen(missed)).records
            self.debezium += await self._reader.until_quiet()
            self._say(
                f"Rows left in the outbox by the relay: {waiting}; "
                f"published by Debezium after their deletion: {len(missed)}"
            )
            self._say(f"Log of other changes ({OTHER_MIB} MiB) let go after {await self._let_go()}")

    async def _let_go(self) -> str:
        """Change something else than the outbox; in words, how long the slot keeps that log."""
        dsn = self._stage.servers.postgres_dsn_admin
        begin = time.monotonic()
        await store.log_other_changes(dsn, SERVICE, OTHER_MIB)
        while (held := await store.bytes_held_back(dsn, SERVICE)) > 2**20:
            if time.monotonic() > begin + PATIENCE_SECONDS:
                raise LogKeptBack(held)
            await asyncio.sleep(BETWEEN_LOOKS_SECONDS)
        return _since(begin)

    async def _take_into(self, records: list[Published]) -> float:
        """Read until all rows of the outbox have come at least once; events per second."""
        seen = {record.event_id for record in records}
        arrivals = await self._reader.until_seen(await self._waiting() - seen)
        records += arrivals.records
        return arrivals.per_second if arrivals.seconds else 0

    async def _probe(self, records: list[Published]) -> str:
        """Tell events one by one while nothing else comes; in words, how long each took."""
        milliseconds = []
        for _ in range(PROBES):
            begin = time.monotonic()
            await self._story.tell_one()
            records += await self._reader.until_something()
            milliseconds.append((time.monotonic() - begin) * 1000)
        milliseconds.sort()
        slowest = milliseconds[int(PROBES * 0.95)]
        return f"p50 {median(milliseconds):.0f} ms, p95 {slowest:.0f} ms ({PROBES} events)"

    async def _waiting(self) -> set[bytes]:
        return await store.waiting_ids(self._stage.servers.postgres_dsn_admin, SERVICE)

    def _say(self, fact: str) -> None:
        self._console.print(fact, highlight=False)


def _since(begin: float) -> str:
    return f"{time.monotonic() - begin:.1f} s"


def table_of(tallies: list[Tally]) -> Table:
    """The result as a table: how often each aspect is equal, and an example where it is not."""
    table = Table("what", "equal", "different", "our relay", "Debezium")
    for tally in sorted(tallies, key=lambda tally: (tally.different > 0, tally.aspect)):
        example = tally.example
        shown = (_short(example.relay), _short(example.debezium)) if example else ("", "")
        table.add_row(tally.aspect, f"{tally.equal:,}", f"{tally.different:,}", *shown)
    return table


def _short(value: object) -> str:
    return escape(repr(value)[:200])


async def _show(console: Console) -> int:
    async with (
        stage() as set_up,
        story_of(set_up.settings) as story,
        reading(set_up.servers, SERVICE) as reader,
    ):
        show = Show(set_up, story, reader, console)
        tallies = await show.run()
    console.print(table_of(tallies))
    wrong = unlisted(tallies, PAGE.read_text())
    for aspect in wrong:
        console.print(f"{aspect} differs, and docs/debezium.md does not say so.")
    return 1 if wrong else 0


def main() -> int:
    """Run the comparison; 0 when nothing differs but what the page lists."""
    console = Console()
    configure_logs("debezium", "critical")
    try:
        return asyncio.run(_show(console))
    except CannotStart as reason:
        console.print(reason.sentence, highlight=False)
    except (ConnectorFailed, LogKeptBack, NeverCame) as reason:
        console.print(str(reason), highlight=False)
    return 1


if __name__ == "__main__":
    sys.exit(main())
