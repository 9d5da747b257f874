"""Header names as they are: aiokafka's fetch raises at a name that is not UTF-8.

It raises in the middle of a fetch, where a consumer can neither take the record nor step past it,
so the partition would stand still for ever. Here such a batch is read again with a reader that
keeps a broken name's bytes as lone surrogates (PEP 383); every other batch is read as before. See
docs/decisions/0016-poison.md.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiokafka.codec import gzip_decode, lz4_decode, snappy_decode, zstd_decode
from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

_SIZE = struct.Struct(">qi")
_BATCH = struct.Struct(">qiibIhiqqqhii")
_MAGIC_OF_HEADERS = 2
_CODEC, _APPEND_TIME = 0x07, 0x08
_INFLATE = {1: gzip_decode, 2: snappy_decode, 3: lz4_decode, 4: zstd_decode}


def keep_raw_header_names() -> None:
    """Have every aiokafka consumer of this process read header names that are not UTF-8."""
    fetcher.MemoryRecords = RawRecords


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record as aiokafka's fetcher wants it."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    checksum: None = None


class RawRecords:
    """What a broker answered for one partition, batch by batch."""

    def __init__(self, data: bytes) -> None:
        self._inner = MemoryRecords(data)
        self._data = memoryview(data)
        self._place = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def next_batch(self) -> Any:
        """The next batch; one in a format of before there were headers is aiokafka's own."""
        _, length = _SIZE.unpack_from(self._data, self._place)
        end = self._place + _SIZE.size + length
        data, self._place = self._data[self._place : end], end
        batch = self._inner.next_batch()
        return _Batch(batch, data) if batch.magic >= _MAGIC_OF_HEADERS else batch


class _Batch:
    """One batch, read by aiokafka if it can."""

    def __init__(self, batch: Any, data: memoryview) -> None:
        self._batch = batch
        self._data = data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except UnicodeDecodeError:
            return _records(self._data)


def _records(data: memoryview) -> Iterator[RawRecord]:
    """Read the records of a batch (https://kafka.apache.org/documentation/#recordbatch)."""
    fields = _BATCH.unpack_from(data)
    base_offset, attributes, first_time, latest_time, count = (
        fields[0], fields[5], fields[7], fields[8], fields[12],
    )  # fmt: skip
    body = bytes(data[_BATCH.size :])
    codec = attributes & _CODEC
    cursor = _Cursor(bytearray(_INFLATE[codec](body) if codec else body))
    by_broker = bool(attributes & _APPEND_TIME)
    for _ in range(count):
        cursor.number()
        cursor.skip(1)
        time_delta, offset_delta = cursor.number(), cursor.number()
        yield RawRecord(
            offset=base_offset + offset_delta,
            timestamp=latest_time if by_broker else first_time + time_delta,
            timestamp_type=int(by_broker),
            key=cursor.text(),
            value=cursor.text(),
            headers=[(_name(cursor.text()), cursor.text()) for _ in range(cursor.number())],
        )


def _name(raw: bytes | None) -> str:
    return (raw or b"").decode(errors="surrogateescape")


class _Cursor:
    """A place in a batch's bytes."""

    def __init__(self, data: bytearray) -> None:
        self._data = data
        self._place = 0

    def number(self) -> int:
        """A whole number of variable length."""
        number, self._place = decode_varint(self._data, self._place)
        return int(number)

    def text(self) -> bytes | None:
        """Bytes behind their length; a negative length means null."""
        length = self.number()
        if length < 0:
            return None
        begin = self._place
        self.skip(length)
        return bytes(self._data[begin : self._place])

    def skip(self, length: int) -> None:
        """Go on by so many bytes."""
        self._place += length
