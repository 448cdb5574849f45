"""What a scan of the tills' folders sees."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.errors import Halt, Reason, Retry, Trouble
from tillpost.queues.disk import Disk, Entry, FileKind, LocalDisk
from tillpost.queues.inbox import Found, Scan, refusal
from tillpost.queues.layout import Layout
from tillpost.queues.memory import MemoryDisk
from tillpost.queues.salesbox import scan_sales
from tillpost.queues.troubles import Missing

SALES = Path("/sales")


def plant(disk: Disk, folder: Path, *paths: str) -> None:
    """Files, and the folders that they lie in."""
    for path in paths:
        above = folder
        for name in Path(path).parts[:-1]:
            above /= name
            disk.mkdir(above, 0o755)
        disk.write_new(folder / path, [b"###"], 0o644)


def seen(disk: Disk, folder: Path) -> dict[str, tuple[str, str, bool]]:
    """Whose each file is, by its path."""
    found = scan_sales(disk, folder).found
    return {one.path.relative_to(folder).as_posix(): (one.shop, one.till, one.live) for one in found}


def test_sales_and_live_receipts_are_their_tills(place: tuple[Disk, Path]) -> None:
    plant(*place, "5/1/sale1.json", "5/2/sale1.json", "5/1/online/sale2.json", "6/1/sale.json")
    assert seen(*place) == {
        "5/1/sale1.json": ("5", "1", False),
        "5/2/sale1.json": ("5", "2", False),
        "5/1/online/sale2.json": ("5", "1", True),
        "6/1/sale.json": ("6", "1", False),
    }


def test_files_that_lie_in_no_tills_folder_are_found_without_a_till(place: tuple[Disk, Path]) -> None:
    plant(*place, "sale1.json", "5/sale1.json")
    assert seen(*place) == {"sale1.json": ("", "", False), "5/sale1.json": ("5", "", False)}


def test_where_a_file_lies_leads_back_to_its_folder(tmp_path: Path) -> None:
    plant(LocalDisk(), tmp_path, "a", "5/a", "5/1/a", "5/1/online/a")
    found = scan_sales(LocalDisk(), tmp_path).found
    assert sorted(one.where for one in found) == ["", "5", "5/1", "5/1/online"]
    assert all(tmp_path / one.where == one.folder for one in found)


def test_found_file_looks_as_the_disk_says(tmp_path: Path) -> None:
    plant(LocalDisk(), tmp_path, "5/1/sale1.json")
    (found,) = scan_sales(LocalDisk(), tmp_path).found
    status = (tmp_path / "5/1/sale1.json").stat()
    assert found.look == (status.st_dev, status.st_ino, 3, status.st_mtime_ns)
    assert found.kind is FileKind.FILE
    assert found.flags == ()


@pytest.mark.parametrize("name", ["sale.req", "SALE.REQ", "Sale.Req"])
def test_our_own_request_is_no_find(place: tuple[Disk, Path], name: str) -> None:
    plant(*place, f"5/1/{name}", "5/1/sale.request", "5/1/sale.req.json")
    assert sorted(seen(*place)) == ["5/1/sale.req.json", "5/1/sale.request"]


@pytest.mark.parametrize("path", ["sale.req", "5/sale.req", "5/1/online/sale.req"])
def test_request_where_no_till_would_see_it_is_found(place: tuple[Disk, Path], path: str) -> None:
    plant(*place, path)
    assert list(seen(*place)) == [path]


def test_unfinished_and_hidden_names_are_passed_over(place: tuple[Disk, Path]) -> None:
    plant(
        *place, ".claimed/0000000001/sale1.json", ".refused/1/x", "5/.hidden/sale1.json", "5/1/.claimed/0000000001/x",
        "5/1/sale1.json.tmp", "5/1/sale1.json.PART", "5/1/online/.sale1.json", "5/1/.tillpost-1.tmp", "5/1/x.filepart",
        "lost+found/a", "5/lost+found/a", "5/1/lost+found/a", "5/1/online/lost+found/a",
    )  # fmt: skip
    assert scan_sales(*place) == Scan((), ())


def test_what_is_no_file_is_seen_for_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    till = tmp_path / "5" / "1"
    (till / "online" / "deep").mkdir(parents=True)
    (till / "nested").mkdir()
    (till / "nested" / "sale1.json").touch()
    (till / "link.json").symlink_to("/etc/passwd")
    os.mkfifo(till / "online" / "fifo.json")
    (tmp_path / "to-shop").symlink_to(tmp_path / "5")
    (tmp_path / "5" / "to-till").symlink_to(till)
    (till / "sale.req").symlink_to("nowhere")
    monkeypatch.chdir(till)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.json")
        found = scan_sales(LocalDisk(), tmp_path).found
    assert {one.path.relative_to(tmp_path).as_posix(): one.kind for one in found} == {
        "5/1/nested": FileKind.FOLDER,
        "5/1/online/deep": FileKind.FOLDER,
        "5/1/link.json": FileKind.SYMLINK,
        "5/1/sale.req": FileKind.SYMLINK,
        "5/1/online/fifo.json": FileKind.FIFO,
        "5/1/socket.json": FileKind.SOCKET,
        "to-shop": FileKind.SYMLINK,
        "5/to-till": FileKind.SYMLINK,
    }
    assert all(refusal(one.kind, one.name) for one in found)


def test_online_that_is_no_folder_is_found_for_what_it_is(place: tuple[Disk, Path]) -> None:
    plant(*place, "5/1/online")
    assert seen(*place) == {"5/1/online": ("5", "1", False)}


@pytest.mark.parametrize("trouble", [Halt, Retry])
@pytest.mark.parametrize("which", ["5", "5/1", "5/1/online"])
def test_folder_that_cannot_be_read_stops_no_other(which: str, trouble: type[Trouble]) -> None:
    class Denying(MemoryDisk):
        def entries(self, folder: Path) -> list[Entry]:
            if folder == SALES / which:
                raise trouble(Reason("disk.denied", path=folder, detail="no"))
            if folder.name == "3":
                raise Missing(folder)  # removed since it was listed
            return super().entries(folder)

    disk = Denying()
    disk.plant(SALES, FileKind.FOLDER)
    every = ["5/1/a", "5/1/online/a", "5/2/a", "6/1/a", "a"]
    plant(disk, SALES, *every, "3/1/a", "6/3/a")
    scanned = scan_sales(disk, SALES)
    assert {one.path.relative_to(SALES).as_posix() for one in scanned.found} == {
        path for path in every if not path.startswith(f"{which}/")
    }
    assert [reason.code for reason in scanned.unread] == ["disk.denied"]


def test_folder_of_the_tills_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Missing):
        scan_sales(LocalDisk(), tmp_path / "sales")


@pytest.mark.parametrize("raw", [b"a\nb.json", b"\xff\xfe.json", b"-rf", b"x" * 255, b" ", b"a\\b", b"*"])
def test_surprising_names_are_found_as_they_are(tmp_path: Path, raw: bytes) -> None:
    name = os.fsdecode(raw)
    folder = tmp_path / name / name
    folder.mkdir(parents=True)
    (folder / name).touch()
    (found,) = scan_sales(LocalDisk(), tmp_path).found
    assert found.path == tmp_path / found.where / name


def test_new_root_has_an_empty_folder_for_the_tills(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path / "root")
    layout.create(LocalDisk())
    assert scan_sales(LocalDisk(), layout.sales) == Scan((), ())


@given(
    st.sets(
        st.tuples(
            st.sampled_from(["", "5", "6", ".x", "online"]),
            st.sampled_from(["", "1", "online", ".y"]),
            st.sampled_from(["", "online", "other"]),
            st.sampled_from(["sale1.json", "sale.req", "x.tmp", ".z"]),
        ),
        max_size=12,
    )
)
@settings(max_examples=60, deadline=None)
def test_every_finished_file_is_found_once_or_lies_in_a_folder_that_is(paths: set[tuple[str, ...]]) -> None:
    disk = MemoryDisk()
    disk.plant(SALES, FileKind.FOLDER)
    files = {Path(*filter(None, parts)) for parts in paths}
    plant(disk, SALES, *map(str, files))
    found = [one.path.relative_to(SALES) for one in scan_sales(disk, SALES).found]
    shown = (path if len(path.parts) < 4 or path.parts[2] == "online" else path.parent for path in files)
    wanted = {path for path in shown if not any(part.startswith(".") or part.endswith(".tmp") for part in path.parts)}
    requests = {path for path in wanted if path.name == "sale.req" and len(path.parts) == 3}
    assert sorted(found) == sorted(wanted - requests)


def test_many_tills_are_seen_whole() -> None:
    disk = MemoryDisk()
    disk.plant(SALES, FileKind.FOLDER)
    plant(
        disk, SALES, *(f"{shop}/{till}/online/sale{n}.json" for shop in range(20) for till in range(50) for n in "12")
    )
    assert len({found.path for found in scan_sales(disk, SALES).found}) == 2000


def test_find_of_an_inbox_says_where_it_lies_too() -> None:
    found = Found(Path("/in/5"), "5", "goods.xml", FileKind.FILE, 1, 1, 1, 1)
    assert found.where == "5"
