"""What a scan sees."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from tillpost.errors import Halt, Reason
from tillpost.queues.disk import Entry, FileKind, LocalDisk
from tillpost.queues.inbox import Scan, flag_of, refusal, scan
from tillpost.queues.memory import MemoryDisk
from tillpost.queues.troubles import Missing


def look(inbox: Path, suffix: str = ".flz") -> Scan:
    return scan(LocalDisk(), inbox, suffix)


def names(seen: Scan) -> list[tuple[str, str]]:
    return sorted((found.shop, found.name) for found in seen.found)


def test_exports_are_found_at_the_top_and_in_shops_folders(tmp_path: Path) -> None:
    (tmp_path / "5").mkdir()
    (tmp_path / "7").mkdir()
    for path in ("goods.xml", "5/goods.xml", "7/goods.xml"):
        (tmp_path / path).write_bytes(b"<a/>")
    seen = look(tmp_path)
    assert names(seen) == [("", "goods.xml"), ("5", "goods.xml"), ("7", "goods.xml")]
    assert len({found.inode for found in seen.found}) == 3
    assert {found.path for found in seen.found} == {tmp_path / p for p in ("goods.xml", "5/goods.xml", "7/goods.xml")}


def test_found_file_looks_as_the_disk_says(tmp_path: Path) -> None:
    (tmp_path / "goods.xml").write_bytes(b"<goods/>")
    os.utime(tmp_path / "goods.xml", ns=(1, 4_000_000_000_123_456_789))
    (found,) = look(tmp_path).found
    status = (tmp_path / "goods.xml").stat()
    assert found.look == (status.st_dev, status.st_ino, 8, 4_000_000_000_123_456_789)


def test_dot_names_and_unfinished_names_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".claimed" / "0000000001").mkdir(parents=True)
    (tmp_path / ".claimed" / "0000000001" / "goods.xml").touch()
    for folder in ("lost+found", "5/lost+found"):  # a shop's folder may be a file system of its own
        (tmp_path / folder).mkdir(parents=True)
    for name in (".hidden", "..xml", "goods.xml.part", "a.tmp", "A.FILEPART"):
        (tmp_path / name).touch()
    assert look(tmp_path) == Scan((), ())


@pytest.mark.parametrize(
    "raw",
    [b"a\nb.xml", b"\xff\xfe.xml", b"-rf", b"x" * 255, "й.xml".encode(), "и\u0306.xml".encode(), b" ", b"*", b"a\\b"],
)
def test_surprising_name_is_found_as_it_is(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / os.fsdecode(raw)).touch()
    (found,) = look(tmp_path).found
    assert os.fsencode(found.path) == os.fsencode(tmp_path) + b"/" + raw


def test_what_is_no_file_is_seen_for_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = tmp_path / "5"
    (shop / "nested" / "deep").mkdir(parents=True)
    (shop / "nested" / "goods.xml").touch()
    (shop / "link.xml").symlink_to("/etc/passwd")
    (tmp_path / "to-folder").symlink_to(shop)
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "fifo.xml")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.xml")
        seen = {(found.shop, found.name): found.kind for found in look(tmp_path).found}
    assert seen == {
        ("5", "nested"): FileKind.FOLDER,
        ("5", "link.xml"): FileKind.SYMLINK,
        ("", "to-folder"): FileKind.SYMLINK,
        ("", "dangling"): FileKind.SYMLINK,
        ("", "fifo.xml"): FileKind.FIFO,
        ("", "socket.xml"): FileKind.SOCKET,
    }


def test_every_kind_but_a_file_is_refused_with_a_text() -> None:
    assert refusal(FileKind.FILE, "goods.xml") is None
    for kind in set(FileKind) - {FileKind.FILE}:
        no = refusal(kind, "a\nb")
        assert isinstance(no, Reason)
        assert r"a\nb" in no.text("ru")


def test_flags_are_no_exports_and_speak_of_their_file(tmp_path: Path) -> None:
    for name in ("goods.xml", "goods.flz", "prices.xml", "prices.xml.FLZ", "import0_1.xml", "import0.flz", ".flz"):
        (tmp_path / name).touch()
    seen = look(tmp_path)
    assert {found.name: found.flags for found in seen.found} == {
        "goods.xml": ("goods.flz",),
        "prices.xml": ("prices.xml.FLZ",),
        "import0_1.xml": (),
    }
    assert sorted((flag.name, flag.of) for flag in seen.flags) == [
        ("goods.flz", "goods"),
        ("import0.flz", "import0"),
        ("prices.xml.FLZ", "prices.xml"),
    ]


def test_flag_speaks_for_its_own_folder_only(tmp_path: Path) -> None:
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "goods.xml").touch()
    (tmp_path / "goods.flz").touch()
    assert [found.flags for found in look(tmp_path).found] == [()]


def test_link_or_folder_of_a_flags_name_is_no_flag(tmp_path: Path) -> None:
    (tmp_path / "goods.flz").symlink_to("nowhere")
    seen = look(tmp_path)
    assert seen.flags == ()
    assert names(seen) == [("", "goods.flz")]


def test_suffix_of_flags_is_a_setting() -> None:
    assert flag_of("goods.ready", ".ready") == "goods"
    assert flag_of("goods.flz", ".ready") == ""
    assert flag_of("goods.flz", "") == ""


def test_shops_folder_that_cannot_be_read_stops_no_other() -> None:
    class Denying(MemoryDisk):
        def entries(self, folder: Path) -> list[Entry]:
            if folder.name == "5":
                raise Halt(Reason("disk.denied", path=folder, detail="no"))
            if folder.name == "6":
                raise Missing(folder)  # removed since it was listed
            return super().entries(folder)

    disk = Denying()
    for folder in ("/in", "/in/5", "/in/6", "/in/7"):
        disk.plant(Path(folder), FileKind.FOLDER)
    disk.plant(Path("/in/7/goods.xml"))
    seen = scan(disk, Path("/in"))
    assert names(seen) == [("7", "goods.xml")]
    assert [reason.code for reason in seen.unread] == ["disk.denied"]


def test_inbox_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Missing):
        look(tmp_path / "inbox")


def test_full_inbox_is_seen_whole() -> None:
    disk = MemoryDisk()
    disk.plant(Path("/in"), FileKind.FOLDER)
    for number in range(20_000):
        disk.plant(Path(f"/in/import0_{number}.xml"))
    assert len({found.name for found in scan(disk, Path("/in")).found}) == 20_000
