from dataclasses import replace

from deploy.debezium.compare import Published, aspects_listed_in, compare, unlisted

HEADERS = (("ce_id", b"1"), ("ce_time", b"2026-11-25T09:30:17+00:00"), ("traceparent", b""))
RECORD = Published("pair-formed", 3, b"key", b"{}", HEADERS)
PAGE = """# Debezium

| not | this |
|---|---|
| `key` | no |

## What differs

| what | how |
|---|---|
| text of `ce_time` | Z |
| order of headers | swapped |

## Next

| topic | no |
"""


def numbered(number: int) -> Published:
    return replace(RECORD, headers=(("ce_id", str(number).encode()), *HEADERS[1:]))


def differing(relay: list[Published], debezium: list[Published]) -> set[str]:
    return {tally.aspect for tally in compare(relay, debezium) if tally.different}


def with_header(name: str, value: bytes | None) -> Published:
    headers = tuple((n, value if n == name else v) for n, v in HEADERS)
    return replace(RECORD, headers=headers)


class TestComparing:
    def test_finds_nothing_where_all_is_alike(self) -> None:
        tallies = compare([RECORD, numbered(2)], [RECORD, numbered(2)])

        assert [tally for tally in tallies if tally.different] == []
        assert {t.aspect for t in tallies} >= {"topic", "partition", "key", "value", "traceparent"}

    def test_sees_a_row_that_only_one_of_them_published(self) -> None:
        assert differing([RECORD, numbered(2)], [RECORD]) == {"published", "order within a key"}
        assert "published" in differing([RECORD], [RECORD, numbered(2)])

    def test_sees_each_part_of_a_record(self) -> None:
        assert differing([RECORD], [replace(RECORD, topic="pair-ended")]) == {"topic"}
        assert differing([RECORD], [replace(RECORD, partition=4)]) == {"partition"}
        assert differing([RECORD], [replace(RECORD, key=b'"key"')]) == {"key"}
        assert differing([RECORD], [replace(RECORD, value=b'"{}"')]) == {"value"}

    def test_sees_a_tombstone_that_is_none(self) -> None:
        ended = replace(RECORD, value=None)

        assert differing([ended], [replace(RECORD, value=b"")]) == {"tombstone"}

    def test_sees_a_header_that_is_null_or_other(self) -> None:
        assert differing([RECORD], [with_header("traceparent", None)]) == {"traceparent"}

    def test_sees_a_header_too_many(self) -> None:
        more = replace(RECORD, headers=(*HEADERS, ("id", b"1")))

        assert differing([RECORD], [more]) == {"names of headers"}

    def test_sees_headers_in_another_order(self) -> None:
        turned = replace(RECORD, headers=HEADERS[::-1])

        assert differing([RECORD], [turned]) == {"order of headers"}

    def test_tells_another_text_of_an_instant_from_another_instant(self) -> None:
        same = with_header("ce_time", b"2026-11-25T09:30:17.000000Z")
        later = with_header("ce_time", b"2026-11-25T09:30:18Z")

        assert differing([RECORD], [same]) == {"text of ce_time"}
        assert differing([RECORD], [later]) == {"text of ce_time", "instant of ce_time"}

    def test_sees_that_a_key_is_out_of_order(self) -> None:
        assert differing([RECORD, numbered(2)], [numbered(2), RECORD]) == {"order within a key"}

    def test_counts_a_repeated_row_as_it_first_came(self) -> None:
        repeated = [RECORD, numbered(2), RECORD, numbered(2)]

        assert differing([RECORD, numbered(2)], repeated) == set()


class TestThePage:
    def test_lists_what_is_in_the_table_under_its_heading(self) -> None:
        assert aspects_listed_in(PAGE) == {"text of ce_time", "order of headers"}

    def test_lists_nothing_without_that_heading(self) -> None:
        assert aspects_listed_in("# Debezium\n") == frozenset()

    def test_excuses_what_it_lists_and_nothing_else(self) -> None:
        other = replace(with_header("ce_time", b"2026-11-25T09:30:17Z"), key=b"other")

        assert unlisted(compare([RECORD], [other]), PAGE) == ["key"]
