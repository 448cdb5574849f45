from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.converters.limits import LEAST_LONGEST, Limits
from tillpost.converters.reading import elements, records, sniff
from tillpost.errors import Reject
from tillpost.model import Head

PLAIN = Head("x.xml", "utf-8", "goods")


def refused(body: str, limits: Limits) -> list[str]:
    """The codes with which records and elements are refused; nothing where they are not."""
    data, codes = f"<goods>{body}</goods>".encode(), []
    for read in (records, elements):
        try:
            list(read(io.BytesIO(data), sniff(data[:1024], "x.xml"), ("good",), limits))
        except Reject as no:
            codes.append(no.reason.code)
    return codes


@pytest.mark.parametrize("levels", [10, 100, 250])
def test_depth_counts_from_the_root(levels: int) -> None:
    inside = levels - 1
    assert refused("<good>" * inside + "</good>" * inside, Limits(levels)) == []
    assert refused("<good/>" * 10_000 + "<a>" * levels + "</a>" * levels, Limits(levels)) == ["xml.too-deep"] * 2


@pytest.mark.parametrize("before", [0, 100_000, 262_144, 700_000])
@pytest.mark.parametrize(
    ("opening", "closing"), [("<good>", "</good>"), ('<good a="', '"/>'), ("<!--", "-->")], ids=["text", "tag", "aside"]
)
def test_longest_text_is_taken_and_a_longer_one_refused(before: int, opening: str, closing: str) -> None:
    """Wherever the file is cut into pieces."""
    limit = LEAST_LONGEST
    filled = "<a/>" * (before // 4)
    most = limit - len(opening.lstrip("<")) - len(closing.partition("<")[0])
    assert refused(f"{filled}{opening}{'x' * most}{closing}", Limits(longest=limit)) == []
    assert refused(f"{filled}{opening}{'x' * (most + 1)}{closing}", Limits(longest=limit)) == ["xml.text-too-long"] * 2


@given(st.lists(st.integers(0, 60_000), max_size=12))
def test_many_texts_may_be_longer_than_one_may_be(sizes: list[int]) -> None:
    assert refused("".join(f"<good>{'x' * size}</good>" for size in sizes), Limits(longest=LEAST_LONGEST)) == []
