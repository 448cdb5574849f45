"""Keys as bytes sort and nest as the tuples do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.catalogue.keys import (
    LONGEST,
    Key,
    is_short,
    last_number,
    last_text,
    number,
    pack,
    pack_texts,
    packed_length,
    text,
    unpack,
    unpack_texts,
)
from tillpost.errors import Reject

texts = st.text(st.characters(max_codepoint=0x2FF), max_size=6) | st.text(st.sampled_from("\x00\x01\x02a"), max_size=4)
numbers = st.integers(0, 2**64 - 1) | st.integers(0, 3)
keys = st.lists(texts | numbers, max_size=4).map(tuple)


def alike(key: Key) -> list[type]:
    return [type(part) for part in key]


@given(keys)
def test_key_survives_its_bytes(key: Key) -> None:
    assert unpack(pack(key)) == key


wild = texts | st.text(st.characters(categories=["Cs", "Lu"]), max_size=2) | st.text("aя", min_size=150, max_size=250)


@given(st.lists(wild, max_size=4).map(tuple))
def test_texts_are_packed_alike_by_the_quick_way(key: tuple[str, ...]) -> None:
    assert outcome(pack_texts, key) == outcome(pack, key)
    assert pack(key[:1]) == b"".join(map(text, key[:1]))


@given(st.lists(texts, min_size=1, max_size=4).map(tuple))
def test_texts_are_unpacked_alike_by_the_quick_way(key: tuple[str, ...]) -> None:
    assert unpack_texts(pack(key)) == key


def outcome(packing: Callable[[Any], bytes], key: Key) -> object:
    try:
        return packing(key)
    except Reject as reject:
        return str(reject)


@given(keys, numbers)
def test_number_at_the_end_is_read_alone(beginning: Key, last: int) -> None:
    assert pack((*beginning, last)) == pack(beginning) + number(last)
    assert last_number(pack((*beginning, last))) == last


@given(st.lists(texts, max_size=3).map(tuple), texts)
def test_last_text_is_read_alone(beginning: tuple[str, ...], last: str) -> None:
    assert last_text(pack((*beginning, last)), len(pack(beginning))) == last


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
