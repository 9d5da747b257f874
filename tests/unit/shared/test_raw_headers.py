"""Reading batches as aiokafka does, and those that it can't read as they are."""

import pytest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as some

from shared.bus.raw_headers import RawRecords
from tests.support.kafka import AnyName

Record = tuple[bytes | None, bytes | None, list[tuple[bytes, bytes | None]]]

RECORDS = some.lists(
    some.tuples(
        some.none() | some.binary(max_size=300),
        some.none() | some.binary(max_size=300),
        some.lists(
            some.tuples(some.binary(max_size=20), some.none() | some.binary(max_size=20)),
            max_size=4,
        ),
    ),
    min_size=1,
    max_size=5,
)
NO_CODEC, GZIP = 0, 1


def batch_of(records: list[Record], codec: int) -> bytes:
    builder = _DefaultRecordBatchBuilderPy(
        magic=2, compression_type=codec, is_transactional=0, producer_id=-1, producer_epoch=-1,
        base_sequence=-1, batch_size=1_000_000,
    )  # fmt: skip
    for offset, (key, value, headers) in enumerate(records):
        named = [
            (AnyName(name.decode(errors="surrogateescape")), content) for name, content in headers
        ]
        builder.append(offset, 1_700_000_000_000 + offset, key, value, named)
    return bytes(builder.build())


def read(data: bytes) -> list[tuple[object, ...]]:
    records = RawRecords(data)
    read: list[tuple[object, ...]] = []
    while records.has_next():
        batch = records.next_batch()
        assert batch.validate_crc()
        read += [(r.offset, r.timestamp, r.key, r.value, list(r.headers)) for r in batch]
    return read


def as_read(records: list[Record]) -> list[tuple[object, ...]]:
    return [
        (
            offset,
            1_700_000_000_000 + offset,
            key,
            value,
            [(name.decode(errors="surrogateescape"), content) for name, content in headers],
        )
        for offset, (key, value, headers) in enumerate(records)
    ]


class TestReadingABatch:
    @pytest.mark.parametrize("codec", [NO_CODEC, GZIP], ids=["plain", "gzip"])
    @given(records=RECORDS)
    def test_gives_back_what_was_written_whatever_its_headers_are_called(
        self, codec: int, records: list[Record]
    ) -> None:
        assert read(batch_of(records, codec)) == as_read(records)

    def test_goes_on_with_the_next_one_after_a_broken_one(self) -> None:
        broken: list[Record] = [(b"k", b"1", [(b"\xff", b"x")])]
        good: list[Record] = [(b"k", b"2", [(b"name", b"x")])]
        data = batch_of(good, NO_CODEC) + batch_of(broken, NO_CODEC) + batch_of(good, NO_CODEC)

        assert [value for _, _, _, value, _ in read(data)] == [b"2", b"1", b"2"]

    def test_is_aiokafkas_own_where_it_can_be(self) -> None:
        data = batch_of([(b"k", b"v", [(b"name", None)])], NO_CODEC)

        (ours,) = list(RawRecords(data).next_batch())
        theirs_batch = MemoryRecords(data).next_batch()
        assert theirs_batch
        (theirs,) = list(theirs_batch)

        assert type(ours) is type(theirs)
