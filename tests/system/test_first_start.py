"""What a new user sees: a sample company on the first start, and the same company on the next."""

from pathlib import Path

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
            unknown = tandem.failure("pairs", "no-such-programme")

        assert {event["topic"] for event in events} == {"pair-formed"}
        assert "The header lacks" in refusal["error"]
        assert unknown["error"]
