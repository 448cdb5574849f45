"""Bad files that have names of their own: what somebody may send by mistake or by malice, each with its verdict.

What the converters' own tests try on bytes is tried here on files, from the folder in which they are dropped to the
room in which they end. Nothing large is kept: it is made when it is needed, with holes where it may have holes.
"""

from __future__ import annotations

import os
import socket
import unicodedata
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO

import pytest
from post_office import NAMESPACE, PostOffice, good, goods
from sales_pages import page, receipt, shift
from tillpost.errors import Halt, Reason
from tillpost.pipeline.feed import Feed
from tillpost.queues.disk import LocalDisk

pytestmark = pytest.mark.sweep

LONG = bool(os.environ.get("TILLPOST_FAULTS"))
TERABYTE = 1 << 40
WHOLE = goods(good("1"), good("2"), full=False).encode()
OPEN = f'<goods xmlns="{NAMESPACE}" fullness="I"><good code="1"><name>'
CLOSE = "</name><price>1.00</price></good></goods>"
ATTRIBUTES = [f'a{at}=""' for at in range(200_000)]
LAUGHS = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))


@pytest.fixture
def office(memory: Path) -> PostOffice:
    return PostOffice(Path(mkdtemp(dir=memory)), {"5": ["1", "2"]}, "[feed]\nrefused_share = 0.9")


def verdict(office: PostOffice, data: bytes | str, name: str = "x.xml") -> tuple[str, str]:
    """State and reason of one export, which has put nothing else into the catalogue."""
    office.drop(name, data)
    (export,) = office.feed().exports
    assert export.put_away
    return export.state.value, export.reason.code if export.reason else ""


def sold(office: PostOffice, data: bytes | str) -> tuple[str, str, int]:
    """State and reason of one sales file, and how many objects of it were refused."""
    office.sell("x.json", data)
    (file,) = office.collect().files
    assert file.put_away
    return file.state.value, file.reason.code if file.reason else "", file.tally.refused


# --- XML

EXPORTS: dict[str, tuple[bytes, tuple[str, str]]] = {
    "billion laughs": (
        f'<!DOCTYPE g [<!ENTITY l0 "ha">{LAUGHS}]>{OPEN}&l9;{CLOSE}'.encode(), ("broken", "xml.doctype")),
    "quadratic blow-up": (
        f'<!DOCTYPE g [<!ENTITY a "{"a" * 50_000}">]>{OPEN}{"&a;" * 50_000}{CLOSE}'.encode(),
        ("broken", "xml.doctype")),
    "external entity": (
        f'<!DOCTYPE g [<!ENTITY a SYSTEM "file:///etc/passwd">]>{OPEN}&a;{CLOSE}'.encode(), ("broken", "xml.doctype")),
    "external DTD": (
        f'<!DOCTYPE goods SYSTEM "http://127.0.0.1:9/x.dtd">{OPEN}a{CLOSE}'.encode(), ("broken", "xml.doctype")),
    "parameter entity": (
        f'<!DOCTYPE g [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>{OPEN}a{CLOSE}'.encode(),
        ("broken", "xml.doctype")),
    "DTD in UTF-16": (f"<!DOCTYPE g []>{OPEN}a{CLOSE}".encode("utf-16"), ("broken", "xml.doctype")),
    "200 levels": (f'{OPEN}{"<a>" * 200}{"</a>" * 200}{CLOSE}'.encode(), ("broken", "xml.too-deep")),
    "100,000 levels": (f'{OPEN}{"<a>" * 100_000}'.encode(), ("broken", "xml.limit")),
    "attribute of 10 MB": (
        f'<goods xmlns="{NAMESPACE}" fullness="I"><good code="{"1" * 10_000_000}"/></goods>'.encode(),
        ("broken", "xml.text-too-long")),
    "attribute of 10 MB at the root": (
        f'<goods xmlns="{NAMESPACE}" source="{"1" * 10_000_000}"/>'.encode(),
        ("broken", "xml.no-root")),
    "text of 20 MB": (f'{OPEN}{"x" * 20_000_000}{CLOSE}'.encode(), ("broken", "xml.text-too-long")),
    "CDATA of 20 MB, full of brackets": (f'{OPEN}<![CDATA[{"<" * 20_000_000}]]>{CLOSE}'.encode(),
        ("broken", "xml.limit")),
    "200,000 attributes": (
        f"{OPEN}a</name><x {' '.join(ATTRIBUTES)}/></good></goods>".encode(),
        ("broken", "xml.text-too-long")),
    "NUL": (f"{OPEN}a\0b{CLOSE}".encode(), ("broken", "xml.malformed")),
    "control character": (f"{OPEN}a\x08b{CLOSE}".encode(), ("broken", "xml.malformed")),
    "reference to NUL": (f"{OPEN}a&#0;b{CLOSE}".encode(), ("broken", "xml.malformed")),
    "declared UTF-8, written in windows-1251": (
        f'<?xml version="1.0" encoding="utf-8"?>{OPEN}Гречка ядрица{CLOSE}'.encode("cp1251"),
        ("broken", "xml.looks-like-1251")),
    "declared windows-1251, written in UTF-8": (
        f'<?xml version="1.0" encoding="windows-1251"?>{OPEN}Гречка{CLOSE}'.encode(), ("processed", "")),
    "declared in an encoding of no text": (
        f'<?xml version="1.0" encoding="zlib"?>{OPEN}a{CLOSE}'.encode(), ("broken", "xml.unknown-encoding")),
    "UTF-16 cut in a character": (f"{OPEN}ы{CLOSE}".encode("utf-16")[:-1], ("broken", "xml.wrong-bytes")),
    "half a pair of UTF-16": (
        f"{OPEN}\ud83e{CLOSE}".encode("utf-16", "surrogatepass"), ("broken", "xml.wrong-bytes")),
    "half a pair in UTF-8": (f"{OPEN}\ud83e{CLOSE}".encode("utf-8", "surrogatepass"), ("broken", "xml.not-utf8")),
    "the tail of an older one": (WHOLE + WHOLE[-60:], ("broken", "xml.malformed")),
    "itself again": (WHOLE * 2, ("broken", "xml.malformed")),
    "zeros in the place of its end": (WHOLE[:-60] + bytes(60), ("broken", "xml.malformed")),
    "zeros alone": (bytes(4096), ("broken", "xml.not-xml")),
    "nothing": (b"", ("broken", "xml.empty")),
    "a program": (b"\x7fELF" + bytes(range(256)) * 20, ("broken", "xml.not-xml")),
}  # fmt: skip


@pytest.mark.parametrize("case", EXPORTS)
def test_bad_export_has_its_verdict(office: PostOffice, case: str) -> None:
    data, expected = EXPORTS[case]
    assert verdict(office, data) == expected
    assert verdict(office, WHOLE, "next.xml") == ("processed", "")


def test_export_cut_at_each_byte_is_never_taken(office: PostOffice) -> None:
    for length in range(len(WHOLE.rstrip())):
        office.drop(f"{length}.xml", WHOLE[:length])
    found = office.feed().exports
    assert len(found) == len(WHOLE.rstrip())
    assert {export.state.value for export in found} == {"broken"}
    assert office.take().goods == {}


@pytest.mark.skipif(not LONG, reason="it takes a gigabyte of disk: make faults")
def test_text_of_a_gigabyte_is_refused(tmp_path: Path) -> None:
    office = PostOffice(tmp_path / "root", {"5": ["1"]})
    fresh = tmp_path / "fresh"
    with fresh.open("wb") as file:
        file.write(OPEN.encode())
        for _ in range(1024):
            file.write(b"x" * (1 << 20))
    fresh.rename(office.root / "inbox" / "x.xml")
    (export,) = office.feed().exports
    assert export.reason
    assert (export.state.value, export.reason.code) == ("broken", "xml.text-too-long")


# --- a till's JSON

DAY = page([shift()], [receipt(1)])
SALES: dict[str, tuple[str, tuple[str, str, int]]] = {
    "a key twice": (DAY.replace('"docNum": 1', '"docNum": 9, "docNum": 1'), ("processed", "", 0)),
    "NaN": (DAY.replace('"docSum": 52.5', '"docSum": NaN'), ("processed", "", 1)),
    "infinite": (DAY.replace('"docSum": 52.5', '"docSum": -Infinity'), ("processed", "", 1)),
    "a huge exponent": (DAY.replace('"docSum": 52.5', '"docSum": 1e999999999'), ("processed", "", 1)),
    "a number of 100,000 digits": (DAY.replace('"docNum": 1', f'"docNum": {"9" * 100_000}'), ("processed", "", 1)),
    "a number of 100,000 decimals": (
        DAY.replace('"docSum": 52.5', f'"docSum": 52.{"3" * 100_000}'), ("processed", "", 1)),
    "10,000 levels": (
        DAY.replace('"docNum": 1', f'"x": {"[" * 10_000}{"]" * 10_000}, "docNum": 1'), ("processed", "", 1)),
    "10,000 levels that never end": (
        DAY.replace('"docNum": 1', f'"x": {"[" * 10_000}, "docNum": 1'), ("processed", "", 1)),
    "half a pair": (DAY.replace('"userCode": "7"', '"userCode": "\\ud83e"'), ("processed", "", 1)),
    "the tail of an older one": (DAY + DAY[-60:], ("broken", "sales.outside", 0)),
    "nothing": ("", ("broken", "xml.empty", 0)),
}  # fmt: skip


@pytest.mark.parametrize("case", SALES)
def test_bad_sales_file_has_its_verdict(office: PostOffice, case: str) -> None:
    data, expected = SALES[case]
    assert sold(office, data) == expected
    assert sold(office, DAY) == ("processed", "", 0)


# --- names

NAMES = {
    "a line in it": "a\nb.xml",
    "a tab and a bell": "a\t\x07.xml",
    "the way up": "x..\\..\\y.xml",
    "forbidden on NTFS": 'a<b>:"|?*.xml',
    "a device of Windows": "con.xml",
    "a dot at its end": "x.xml.",
    "255 bytes": "ы" * 125 + "a.xml",
    "no Unicode": os.fsdecode(b"\xff\xfe.xml"),
    "from right to left": "\u202egpj.xml",
    "an option": "-rf.xml",
}


@pytest.mark.parametrize("case", NAMES)
def test_file_of_any_name_is_taken_and_replied_to(office: PostOffice, case: str) -> None:
    assert verdict(office, WHOLE, NAMES[case]) == ("processed", "")
    assert office.where(NAMES[case].replace("[", "[[]").replace("?", "[?]").replace("*", "[*]")) == ["processed"]
    assert len(list((office.root / "replies").iterdir())) == 1


def test_two_normal_forms_of_a_name_are_two_files(office: PostOffice) -> None:
    for form in ("NFC", "NFD"):
        office.drop(unicodedata.normalize(form, "йод.xml"), WHOLE)
    assert [export.state.value for export in office.feed().exports] == ["processed", "processed"]
    assert len(list((office.root / "replies").iterdir())) == 2


# --- what is no plain file of ours


def planted(office: PostOffice, plant: Callable[[Path], object], name: str = "x.xml") -> tuple[str, str]:
    plant(office.root / "inbox" / name)
    (export,) = office.feed().exports
    return export.state.value, export.reason.code if export.reason else ""


def test_link_is_refused_and_what_it_points_to_is_left_alone(office: PostOffice, tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_bytes(WHOLE)
    assert planted(office, lambda path: path.symlink_to(secret)) == ("broken", "arrival.symlink")
    assert secret.read_bytes() == WHOLE
    assert office.take().goods == {}


def test_pipe_and_socket_are_refused_and_stop_nobody(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    assert planted(office, os.mkfifo) == ("broken", "arrival.fifo")
    monkeypatch.chdir(office.root / "inbox")  # a socket's path may have 107 bytes
    with socket.socket(socket.AF_UNIX) as listening:
        assert planted(office, lambda path: listening.bind("y.xml"), "y.xml") == ("broken", "arrival.socket")


@pytest.mark.parametrize("where", ["", "online"])
def test_what_is_no_file_among_a_tills_sales_is_refused_as_what_it_is(
    office: PostOffice, tmp_path: Path, where: str
) -> None:
    secret = office.root.with_suffix(".secret")
    secret.write_text(DAY, "utf-8")
    folder = office.root / "sales" / "5" / "1" / where
    (folder / "link.json").symlink_to(secret)
    (folder / "folder.json").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.json")
    (folder / "names.json").hardlink_to(secret)
    found = {file.name: (file.state.value, file.reason.code if file.reason else "") for file in office.collect().files}
    assert found == {
        "link.json": ("broken", "arrival.symlink"),
        "folder.json": ("broken", "arrival.symlink"),
        "pipe.json": ("broken", "arrival.fifo"),
        "names.json": ("processed", ""),
    }
    assert secret.read_text("utf-8") == DAY


def test_file_that_has_another_name_elsewhere_is_read_and_left_as_it_is(office: PostOffice) -> None:
    elsewhere = office.root.with_suffix(".elsewhere")
    elsewhere.write_bytes(WHOLE)
    assert planted(office, lambda path: path.hardlink_to(elsewhere)) == ("processed", "")
    assert elsewhere.read_bytes() == WHOLE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_file_of_another_owner_is_taken_as_any_other(office: PostOffice) -> None:
    def given_away(path: Path) -> None:
        path.write_bytes(WHOLE)
        os.chown(path, 65534, 65534)
        path.chmod(0o600)

    assert planted(office, given_away) == ("processed", "")


def test_terabyte_of_holes_is_refused_unread(office: PostOffice) -> None:
    def holes(path: Path) -> None:
        path.touch()
        os.truncate(path, TERABYTE)

    assert planted(office, holes) == ("broken", "feed.too-large")
    holes(office.root / "sales" / "5" / "1" / "x.json")
    (file,) = office.collect().files
    assert file.reason
    assert (file.state.value, file.reason.code) == ("broken", "sales.too-large")


class Denied(LocalDisk):
    """To the user that we run as, who may be root in a test, one file does not open."""

    def open(self, path: Path) -> BinaryIO:
        if path.name == "x.xml":
            raise Halt(Reason("disk.denied", path=path, detail="Permission denied"))
        return super().open(path)


def test_file_that_cannot_be_read_waits_is_told_and_stops_no_other(office: PostOffice) -> None:
    office.drop("x.xml", WHOLE)
    office.drop("y.xml", WHOLE)
    with office.open(disk=Denied()) as opened:
        account = Feed(opened).round(once=True)
    assert [(export.name, export.state.value) for export in account.exports] == [("y.xml", "processed")]
    assert [(name, reason.code) for name, reason in account.waiting] == [("x.xml", "disk.denied")]
    assert office.where("x.xml") == ["inbox"]
