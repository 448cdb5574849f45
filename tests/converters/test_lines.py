"""Lines are those in which start tags begin, in files of any length, however the file is cut into pieces."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tillpost.converters.lines import Lines

PARTS = st.sampled_from(
    [
        "<good>",
        '<good code="1">',
        "<good\n  code='1'\n>",
        "<good/>",
        "</good>",
        "<goods>",
        "<goo>",
        "<delete/>",
        "<t:good>",
        "<x:good>",
        "\n",
        "text\n",
        "<!-- <good> \n -->",
        "<!---->",
        "<![CDATA[<good>\n<delete/>]]>",
        "<?pi <good>\n?>",
        "<товар>",
    ]
)


def found(text: str, cuts: list[int], prefix: str = "") -> list[int]:
    lines = Lines(("good", "delete"), prefix)
    data = text.encode()
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        lines.feed(data[start:end])
    result = []
    while line := lines.next():
        result.append(line)
    return result


def expected(text: str, prefix: str = "") -> list[int]:
    """The slow and plain way: blank what is no markup, keep its line ends, then look."""
    plain = re.sub(
        r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", lambda match: "\n" * match[0].count("\n"), text, flags=re.DOTALL
    )
    names = "(?:good|delete)" if not prefix else f"(?:{prefix}:)?(?:good|delete)"
    return [plain.count("\n", 0, match.start()) + 1 for match in re.finditer(rf"<{names}[\s/>]", plain)]


@given(st.lists(PARTS, max_size=30), st.lists(st.integers(0, 1000), max_size=8), st.sampled_from(["", "t"]))
def test_lines_are_those_of_the_plain_way_for_any_cuts(parts: list[str], cuts: list[int], prefix: str) -> None:
    text = "".join(parts) + "<end/>"
    assert found(text, cuts, prefix) == expected(text, prefix)


def test_file_fed_byte_by_byte_gives_the_same_lines() -> None:
    text = "<goods>\n<!-- <good>\n --><good\ncode='1'><![CDATA[<good>\n]]></good>\n<delete/><?x <good>?>\n<good/>"
    assert found(text, list(range(len(text.encode())))) == expected(text) == [3, 6, 7]


def test_nothing_is_found_where_nothing_was_fed() -> None:
    assert Lines(("good",)).next() == 0
