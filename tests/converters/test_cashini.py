"""The promise of cash.ini: our properties have our values, and not one other byte is another."""

from __future__ import annotations

import codecs
import configparser
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tillpost.converters.cashini import Change, Edited, edited
from tillpost.errors import Reject

WANTED = {"cash.code": "_cash_8_99dec44a", "storeid": "5", "queuechunksize": "25000"}
OWN = ("queuechunksize",)
NEW = b"[Properties]\ncash.code = _cash_8_99dec44a\nstoreid = 5\nqueuechunksize = 25000\n"
VENDORS = """\
[Properties]
dept.broker.ip = 127.0.0.1
cash.code = _cash_8_99dec44a
storeid = _shop_8_dac059e6
mode = cash
grpccacertpath =
queuechunksize = 1000
errorsFilePath =""
"""


def edit(text: str, wanted: dict[str, str] = WANTED) -> str:
    return edited(text.encode(), wanted, OWN).data.decode()


def refused(data: bytes, wanted: dict[str, str] = WANTED) -> Reject:
    with pytest.raises(Reject) as wrong:
        edited(data, wanted, OWN)
    return wrong.value


# --- a file that is not there


@pytest.mark.parametrize("blank", [b"", b"\n\n", codecs.BOM_UTF8, b" \r\n"])
def test_file_of_blanks_becomes_one_of_our_properties_in_their_order(blank: bytes) -> None:
    assert edited(blank, WANTED, OWN) == Edited(
        blank + NEW, tuple(Change(key, None, value) for key, value in WANTED.items())
    )


# --- where a property gets its value


def test_property_gets_its_value_where_it_stands_and_others_stay() -> None:
    changed = edited(VENDORS.encode(), WANTED, OWN)
    assert changed.data.decode() == VENDORS.replace("_shop_8_dac059e6", "5")
    assert changed.changes == (Change("storeid", "_shop_8_dac059e6", "5"),)


def test_property_that_is_lacking_goes_to_the_end_of_its_section() -> None:
    before = "[Properties]\nmode = cash\n# the end\n\n[Other]\nstoreid = 7\n"
    added = "cash.code = _cash_8_99dec44a\nstoreid = 5\nqueuechunksize = 25000\n"
    assert edit(before) == before.replace("# the end", added + "# the end")


def test_last_line_without_an_end_gets_one() -> None:
    assert edit("[Properties]\r\nstoreid = 5", {"a": "1"}) == "[Properties]\r\nstoreid = 5\r\na = 1\r\n"


def test_values_that_are_right_leave_the_file_as_it_is() -> None:
    assert edited(NEW, WANTED, OWN) == Edited(NEW, ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("storeid=4", "storeid=5"),
        ("StoreID : 4 \t", "StoreID : 5 \t"),
        ("  storeid =\t4", "  storeid =\t5"),
        ("storeid =", "storeid = 5"),
        ("storeid=", "storeid=5"),
        ("storeid =  ", "storeid = 5"),
        ("storeid = 4 ; ours", "storeid = 5"),
        ("storeid = a = b : c", "storeid = 5"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_spelling_and_line_ends_of_a_changed_property_stay(before: str, after: str, end: str) -> None:
    head = f"[Properties]{end}"
    assert edit(f"{head}{before}{end}a = 1{end}", {"storeid": "5"}) == f"{head}{after}{end}a = 1{end}"


def test_empty_value_is_written_without_a_blank_behind_it() -> None:
    assert edit("[Properties]\na = 1\n", {"a": "", "b": ""}) == "[Properties]\na =\nb =\n"


def test_property_inherited_from_the_defaults_counts_as_there() -> None:
    before = "[DEFAULT]\nstoreid = 5\nqueuechunksize = 7\n[Properties]\n"
    assert edit(before, {"storeid": "5", "queuechunksize": "25000"}) == before


# --- what is the till's own


@pytest.mark.parametrize("value", ["7", "25000", "much"])
def test_own_value_of_a_till_stays(value: str) -> None:
    before = f"[Properties]\nQueueChunkSize = {value}\n"
    assert edit(before, {"queuechunksize": "25000"}) == before


def test_own_property_without_a_value_gets_ours() -> None:
    assert edit("[Properties]\nqueuechunksize =\n", {"queuechunksize": "9"}) == "[Properties]\nqueuechunksize = 9\n"


# --- encodings


def test_encoding_and_mark_stay() -> None:
    text = "[Properties]\n# касса у входа\nstoreid = 4\n"
    for mark, encoding in ((b"", "utf-8"), (codecs.BOM_UTF8, "utf-8"), (b"", "cp1251")):
        changed = edited(mark + text.encode(encoding), {"storeid": "Омск"}, OWN)
        assert changed.data == mark + text.replace("4", "Омск").encode(encoding)


def test_letter_that_the_files_encoding_lacks_is_refused() -> None:
    halt = refused("[Properties]\n# касса\n".encode("cp1251"), {"storeid": "店"})
    assert (halt.reason.code, halt.reason.parts["letters"]) == ("cash.encoding", "店")


# --- what is left alone


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"[Properties]\nstoreid = 4\0\n", "cash.no-text"),
        ("[Properties]\nstoreid = 4\n".encode("utf-16"), "cash.no-text"),
        (codecs.BOM_UTF8 + "[Properties]\n# касса\n".encode("cp1251"), "cash.no-text"),
        (b"\x98\xff\n", "cash.no-text"),
        (b"storeid = 4\n[Properties]\n", "cash.no-section"),
        (b"[properties]\nstoreid = 4\n", "cash.no-section"),
        (b"# nothing yet\n", "cash.no-section"),
        (b"[Other]\nstoreid = 4\n", "cash.no-section"),
        (b"[Properties]\nmode = cash\nwhat is this\n", "cash.malformed"),
        (b"[Other]\n = 5\n[Properties]\n", "cash.malformed"),
        (b"[Properties]\nstoreid = 4\nSTOREID = 5\n", "cash.twice"),
        (b"[Properties]\nstoreid = 4\n[Other]\n[Properties]\nmode = cash\n", "cash.twice"),
        (b"[Properties]\nstoreid = 4\n  mode = cash\n", "cash.folded"),
        (b"[Properties]\n    [Other]\nx = 1\n", "cash.tangled"),  # the header would go on with what is put before it
    ],
)
def test_file_that_could_be_spoilt_is_refused(data: bytes, code: str) -> None:
    assert refused(data).reason.code == code


def test_refusal_names_the_lines() -> None:
    assert refused(b"[Properties]\n\nmode\n").reason.parts == {"line": 3}
    twice = refused(b"[Properties]\nstoreid = 4\n#\nstoreid = 5\n").reason
    assert twice.parts == {"key": "storeid", "first": 2, "second": 4}


def test_property_of_another_twice_is_none_of_our_business() -> None:
    before = "[Properties]\nmode = a\nmode = b\n"
    assert edit(before, {"a": "1"}) == before + "a = 1\n"


# --- whatever the file

KEYS = ["cash.code", "StoreID", "queuechunksize", "mode", "errorsFilePath", "[x", "#storeid", "Касса"]
indents = st.sampled_from(["", "", "", " ", "\t", "  "])
values = st.sampled_from(["", "5", "_cash_8_99dec44a", '""', "a = b", "x:y", "# no comment", "Омск", "[y]", "%(a)s"])
gaps = st.sampled_from(["=", " = ", ":", " :", "= ", "  =\t"])
properties = st.builds("{}{}{}{}".format, indents, st.sampled_from(KEYS), gaps, values)
headers = st.builds("{}[{}]".format, indents, st.sampled_from(["Properties", "Properties", "Other", "properties"]))
remarks = st.builds("{}{}".format, indents, st.sampled_from(["# storeid = 9", "; x", "", "   ", "\x0b", "\u2028"]))
odd = st.sampled_from(["torn", "  goes on", "x\x85y = 1"])
lines = st.one_of(*[properties] * 8, headers, remarks, remarks, odd)
ends = st.sampled_from(["\n", "\n", "\r\n", "\r"])
files = st.builds(
    lambda begin, rest, cut: (begin + "".join(f"{line}{end}" for line, end in rest))[: -1 if cut else None],
    st.sampled_from(["", *["[Properties]\n", "[Properties]\r\n", "# first\n[Properties]\n"] * 3]),
    st.lists(st.tuples(lines, ends), max_size=7),
    st.booleans(),
)
OURS = re.compile(rf"\s*({'|'.join(map(re.escape, WANTED))})\s*[=:]", re.IGNORECASE)


def foreign(text: str) -> str:
    """Every line that names no property of ours, with its end."""
    parts = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    return "".join(part for part in parts if not OURS.match(part))


def read(file: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    with file.open(encoding="utf-8") as opened:
        parser.read_file(opened)
    return parser


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ini") / "cash.ini"


@given(files)
@example("[Properties]\n    [Other]\nx = 1\n")
@example("[Properties]\nmode = cash\n\n  # storeid = 1\n    goes on\n")
@example("[Properties]\nstoreid = 1\n\n  # a remark\n\n[Other]")
def test_lines_that_are_not_ours_stay_and_a_till_reads_our_values(place: Path, text: str) -> None:
    try:
        changed = edited(text.encode(), WANTED, OWN)
    except Reject:
        return
    place.write_bytes(text.encode())
    before = read(place) if text.strip() else None
    place.write_bytes(changed.data)
    after = read(place)
    now = changed.data.decode()
    if before:
        assert foreign(now).startswith(foreign(text))
        assert foreign(now)[len(foreign(text)) :] in {"", "\n", "\r\n", "\r"}
        assert after.sections() == before.sections()
    kept = before.get("Properties", "queuechunksize", fallback="") if before else ""
    assert dict(after["Properties"]) == {
        **(dict(before["Properties"]) if before else {}),
        **WANTED,
        **({"queuechunksize": kept} if kept else {}),
    }
    assert edited(changed.data, WANTED, OWN) == Edited(changed.data, ())


@given(st.binary(max_size=60), st.sampled_from([b"", b"[Properties]\n", codecs.BOM_UTF8]))
def test_any_bytes_are_changed_or_refused(data: bytes, begin: bytes) -> None:
    try:
        changed = edited(begin + data, WANTED, OWN)
    except Reject:
        return
    assert edited(changed.data, WANTED, OWN) == Edited(changed.data, ())
