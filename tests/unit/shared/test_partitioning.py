"""Keys go to the partitions to which every Kafka client sends them."""

from uuid import UUID

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from shared.bus.partitioning import partitions_of

KEYS = st.lists(st.binary(max_size=40), max_size=20)
IDS = st.lists(st.uuids().map(lambda each: str(each).encode()), max_size=20)


@given(KEYS | IDS, st.integers(1, 64))
def test_keys_go_where_other_clients_put_them(keys: list[bytes], count: int) -> None:
    numbers = list(range(count))

    theirs = [DefaultPartitioner()(key, numbers, numbers) for key in keys]

    assert partitions_of(keys, count) == theirs


@pytest.mark.parametrize(("number", "partition"), [(0, 9), (1, 2), (2**128 - 1, 6)])
def test_ids_stay_where_they_are(number: int, partition: int) -> None:
    assert partitions_of([str(UUID(int=number)).encode()], 12) == [partition]
