"""Whether the last bytes close the root."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.queues.whole import is_whole

EXPORT = (
    '<?xml version="1.0"?>\n<!-- made > by <ERP> -->\n<КоммерческаяИнформация ВерсияСхемы="2.08">'
    "<Товары><Товар/></Товары></КоммерческаяИнформация>\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251", "utf-16", "utf-16-le", "utf-16-be"])
def test_export_is_whole_in_every_encoding(encoding: str) -> None:
    assert is_whole(BytesIO(EXPORT.encode(encoding)))


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "utf-16"])
def test_every_beginning_of_an_export_is_not_whole(encoding: str) -> None:
    data = EXPORT.encode(encoding)
    ends = len(data) - len("\n".encode(encoding).removeprefix(b"\xff\xfe"))
    assert not any(is_whole(BytesIO(data[:end])) for end in range(ends))


@pytest.mark.parametrize(
    "text",
    [
        "<a></a>", "<a/>", "<a b='1' />\r\n", "<a></a >", "<a></a>\n<!-- end --> \n<?done?>\n", "\n<a>\n</a>\n\n",
        "<ns:a xmlns:ns='u'></ns:a>", "<a/><!-- <b> -->",
    ],
)  # fmt: skip
def test_closed_root_is_whole(text: str) -> None:
    assert is_whole(BytesIO(text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "<", "<a", "<a>", "<a><b/>", "<a></b>", "<a></aa>", "<a></a>\0\0", "<a></a><!--", "-->", "?>",
        "<!-- only -->", "<?xml version='1.0'?>", "a;b;c\n1;2;3\n", '{"a": "</a>"}', "<a><![CDATA[</a>]]>",
        "<!-- open <a></a>",
    ],
)  # fmt: skip
def test_what_does_not_close_a_root_is_not_whole(text: str) -> None:
    assert not is_whole(BytesIO(text.encode()))


def test_large_export_is_whole_only_with_its_end() -> None:
    data = b"<a>" + b"<b>text</b>" * 100_000 + b"</a>"
    assert is_whole(BytesIO(data))
    assert not is_whole(BytesIO(data[:-4]))


def test_large_utf16_export_is_read_two_by_two() -> None:
    for blanks in range(4):
        assert is_whole(BytesIO(("<a>" + "б" * 5000 + " " * blanks + "</a>").encode("utf-16")))


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data: bytes) -> None:
    assert is_whole(BytesIO(data)) in (True, False)
