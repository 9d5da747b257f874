"""What a new user sees: a sample company on the first start, and the same company on the next."""

from pathlib import Path

from shared.ids import new_id
from tests.system.running import running_tandem


class TestTheFirstStart:
    def test_fills_tandem_and_the_next_start_continues_from_it(self, tmp_path: Path) -> None:
        folder = tmp_path / "tandem"

        with running_tandem(folder) as first:
            programme = first.tandem("programme", "list")[0]["programme_id"]
            pairs = first.tandem("pairs", programme)
            mails = first.tandem("mail", "--limit", "10000")
            states = first.tandem("status")
        with running_tandem(folder) as second:
            pairs_later = second.tandem("pairs", programme)
            mails_later = second.tandem("mail", "--limit", "10000")

        assert "people of a sample company were imported" in "".join(first.output)
        assert len(pairs) > 100
        assert len(mails) > 2 * len(pairs)
        assert {state["state"] for state in states.values()} == {"ready"}
        assert pairs_later == pairs
        assert mails_later == mails

    def test_shows_events_and_explains_mistakes(self, tmp_path: Path) -> None:
        bad = tmp_path / "bad.csv"
        bad.write_text("employee_number,name\n1,Ana\n")

        with running_tandem(tmp_path / "tandem") as tandem:
            events = tandem.lines("events", "--limit", "5", "--topic", "pair-formed")
            refusal = tandem.failure("import", "people", str(bad))
            mistyped = tandem.failure("pairs", "no-such-programme", exit_code=2)
            unknown = tandem.failure("pairs", str(new_id()))

        assert {event["topic"] for event in events} == {"pair-formed"}
        assert "The header lacks" in refusal["error"]
        assert "'programme'" in mistyped["error"]
        assert "has not heard of" in unknown["error"]
