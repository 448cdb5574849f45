"""Whether the last bytes close the root, or end a section."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.queues.whole import ends_section, is_whole

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


# --- sales files

SALE = (
    "### shift info begin ###\n{}\n---\n### shift info end ###\n### sales data begin ###\n"
    '{"a": "Чек ### sales data end ###"}\n---\n### sales data end ###\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_sales_file_ends_a_section_in_every_encoding(encoding: str, newline: str) -> None:
    data = SALE.replace("\n", newline)
    for end in ("", newline, f" {newline}{newline}\t"):
        assert ends_section(BytesIO((data + end).encode(encoding)))


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "utf-16"])
def test_beginning_of_a_sales_file_ends_a_section_only_behind_a_marker(encoding: str) -> None:
    ends = {SALE.index("info end ###") + len("info end ###"), len(SALE.rstrip())}
    for end in range(len(SALE) + 1):
        whole = SALE[:end].rstrip("\n")
        assert ends_section(BytesIO(SALE[:end].encode(encoding))) == (len(whole) in ends), SALE[:end]


@pytest.mark.parametrize("section", ["shift info", "sales data", "securitylog info", "something new"])
def test_every_section_has_an_end(section: str) -> None:
    assert ends_section(BytesIO(f"### {section} end ###".encode()))
    assert not ends_section(BytesIO(f"### {section} begin ###".encode()))


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "###", "### end ###", "### sales data end ##", "## sales data end ###", "x ### sales data end ###",
        "### sales data end ### x", "### sales data end ###\0", '"### sales data end ###"', "### sales\ndata end ###",
        "---", "{}", "### sales dataend ###", "<a/>",
    ],
)  # fmt: skip
def test_what_does_not_end_a_section_is_not_whole(text: str) -> None:
    assert not ends_section(BytesIO(text.encode()))


def test_large_sales_file_is_whole_only_with_its_end() -> None:
    for blanks in range(4):
        text = (
            "### sales data begin ###\n" + '{"a": "чек"}\n---\n' * 100_000 + " " * blanks + "\n### sales data end ###\n"
        )
        for encoding in ("utf-8", "utf-16"):
            assert ends_section(BytesIO(text.encode(encoding)))
            assert not ends_section(BytesIO(text[:-4].encode(encoding)))


@given(st.binary(max_size=200))
def test_any_bytes_end_a_section_or_not(data: bytes) -> None:
    assert ends_section(BytesIO(data)) in (True, False)
