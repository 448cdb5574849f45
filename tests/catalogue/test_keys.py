"""Keys as bytes sort and nest as the tuples do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.catalogue.keys import LONGEST, Key, is_short, pack, packed_length, unpack
from tillpost.errors import Reject

texts = st.text(st.characters(max_codepoint=0x2FF), max_size=6) | st.text(st.sampled_from("\x00\x01\x02a"), max_size=4)
numbers = st.integers(0, 2**64 - 1) | st.integers(0, 3)
keys = st.lists(texts | numbers, max_size=4).map(tuple)


def alike(key: Key) -> list[type]:
    return [type(part) for part in key]


@given(keys)
def test_key_survives_its_bytes(key: Key) -> None:
    assert unpack(pack(key)) == key


@given(st.lists(texts, max_size=3), st.integers(0, 40))
def test_length_is_known_before_packing(many: list[str], limit: int) -> None:
    assert packed_length(*many) == len(pack(tuple(many)))
    assert is_short(limit, *many) == (packed_length(*many) <= limit)


@given(st.lists(st.tuples(texts, numbers, texts), max_size=8))
def test_bytes_sort_as_keys_do(many: list[Key]) -> None:
    def by_code_points(key: Key) -> list[object]:
        return [part.encode() if isinstance(part, str) else part for part in key]

    assert sorted(many, key=pack) == sorted(many, key=by_code_points)


@given(keys, keys)
def test_bytes_begin_with_those_of_a_beginning_and_of_nothing_else(key: Key, other: Key) -> None:
    beginning = key[: len(other)]
    assert pack(key).startswith(pack(other)) == (beginning == other and alike(beginning) == alike(other))


@given(st.text(st.sampled_from("ab\x00\x01"), max_size=5), st.text(st.sampled_from("ab\x00\x01"), max_size=5))
def test_text_is_no_beginning_of_a_longer_text(short: str, long: str) -> None:
    assert pack((long,)).startswith(pack((short,))) == (short == long)


def test_key_that_does_not_fit_is_refused() -> None:
    fits = "a" * (LONGEST - 2)
    assert len(pack((fits,))) == LONGEST
    with pytest.raises(Reject, match="511"):
        pack((fits + "a",))
