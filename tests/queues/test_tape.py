"""Archives as bytes: what any tar reads, and what must not be believed."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import tarfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tillpost.errors import Reject, Retry
from tillpost.queues.tape import Member, pack, unpack

HERE = Path("/backup/some.tgz")
EDGES = (b"", b"x", bytes(511), bytes(512), bytes(513), os.urandom(3 << 20))


def packed(*files: tuple[str, bytes]) -> bytes:
    return b"".join(pack((Member(name, len(data), 1_700_000_000), (data,)) for name, data in files))


def unpacked(archive: bytes) -> list[tuple[Member, bytes]]:
    return [(member, b"".join(content)) for member, content in unpack(io.BytesIO(archive), HERE)]


def by_hand(*members: tarfile.TarInfo) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return file.getvalue()


def test_what_was_packed_is_unpacked_byte_for_byte() -> None:
    files = [(f"processed/exports/2026-11-20/{at:010}/goods.xml", data) for at, data in enumerate(EDGES)]
    assert unpacked(packed(*files)) == [(Member(name, len(data), 1_700_000_000), data) for name, data in files]


def test_archive_of_nothing_is_whole() -> None:
    assert unpacked(packed()) == []


def test_same_files_make_the_same_archive() -> None:
    assert packed(("a", b"1"), ("b", b"2")) == packed(("a", b"1"), ("b", b"2"))


# what a file system allows in a path: any bytes but NUL, in parts of 1 to 255
parts = st.binary(min_size=1, max_size=255).filter(lambda part: not set(part) & {0, 47} and part not in (b".", b".."))
names = st.lists(parts, min_size=1, max_size=4).map(lambda found: os.fsdecode(b"/".join(found)))


@settings(max_examples=150)
@given(st.lists(st.tuples(names, st.binary(max_size=2000)), max_size=5))
@example(
    [("Товар ".ljust(120, "я") + ".xml", b"1"), ("a\nb", b"2"), (os.fsdecode(b"\xff\xfe.xml"), b"3"), ("x" * 255, b"")]
)
def test_any_name_and_any_bytes_go_through(files: list[tuple[str, bytes]]) -> None:
    assert [(member.name, data) for member, data in unpacked(packed(*files))] == files


@pytest.mark.skipif(not shutil.which("tar"), reason="no tar here")
def test_any_tar_unpacks_it(tmp_path: Path) -> None:
    files = {"день/goods.xml": b"1" * 1000, "long/" + "n" * 255: b"", os.fsdecode(b"raw/\xff.xml"): b"3"}
    (tmp_path / "a.tgz").write_bytes(packed(*files.items()))
    subprocess.run(["tar", "-xzf", "a.tgz"], cwd=tmp_path, check=True)
    assert {name: (tmp_path / name).read_bytes() for name in files} == files


def test_file_that_grows_or_shrinks_meanwhile_is_not_packed() -> None:
    for data in (b"12345", b"123"):
        with pytest.raises(Retry) as found:
            list(pack([(Member("a", 4), (data,))]))
        assert found.value.reason.code == "archive.changed"


def test_memory_does_not_grow_with_the_files() -> None:
    def pieces() -> Iterator[bytes]:
        yield from (bytes(1 << 20) for _ in range(64))

    tracemalloc.start()
    try:
        archive = b"".join(pack([(Member("large", 64 << 20), pieces())]))
        sizes = [sum(len(piece) for piece in content) for _, content in unpack(io.BytesIO(archive), HERE)]
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
    assert sizes == [64 << 20]


# --- what is not believed


DAMAGED = "archive.damaged"


def read(archive: bytes) -> str | list[tuple[Member, bytes]]:
    """Its members, or the code of the one error that is foreseen."""
    try:
        return unpacked(archive)
    except Reject as no:
        return no.reason.code


WHOLE = packed(("one", b"1" * 600), ("two", os.urandom(5000)), ("three", b""))


@settings(max_examples=150)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_byte_that_was_changed_is_noticed_or_harmless(at: int, by: int) -> None:
    """Some of gzip's header says nothing of what is in it."""
    damaged = bytearray(WHOLE)
    damaged[at] ^= by
    assert read(bytes(damaged)) in (DAMAGED, unpacked(WHOLE))


@settings(max_examples=100)
@given(st.integers(0, len(WHOLE) - 1))
def test_archive_cut_anywhere_is_damaged(at: int) -> None:
    with pytest.raises(Reject, match="damaged"):
        unpacked(WHOLE[:at])


@settings(max_examples=150)
@given(st.binary(max_size=3000), st.integers(0, 3000), st.binary(max_size=600))
def test_any_bytes_are_members_or_damage(start: bytes, at: int, middle: bytes) -> None:
    """Behind a right sum, too: whatever stands there, it is told in one way."""
    plain = bytearray(gzip.decompress(WHOLE))
    plain[at : at + len(middle)] = middle
    for archive in (start, gzip.compress(start), gzip.compress(bytes(plain))):
        read(archive)


def test_archive_that_ends_without_its_end_is_damaged() -> None:
    plain = gzip.decompress(WHOLE)
    for cut in (plain[: -2 * 512], plain[:512], plain + b"x" * 512, plain[:1536] + b"?" * 512 + plain[2048:]):
        with pytest.raises(Reject, match="damaged"):
            unpacked(gzip.compress(cut))


def test_size_that_lies_is_damage() -> None:
    for size in ("100000", "-5", "9" * 30):
        info = tarfile.TarInfo("liar")
        info.pax_headers = {"size": size}
        plain = info.tobuf(tarfile.PAX_FORMAT) + bytes(1024)
        with pytest.raises(Reject, match="damaged"):
            unpacked(gzip.compress(plain))


def test_header_that_would_fill_the_memory_is_damage() -> None:
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 1 << 33
    with pytest.raises(Reject, match="damaged"):
        unpacked(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024)))


def test_chain_of_headers_without_end_is_damage() -> None:
    info = tarfile.TarInfo("pax")
    info.type = tarfile.XHDTYPE
    with pytest.raises(Reject, match="damaged"):
        unpacked(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) * 5000 + bytes(1024)))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_what_is_no_file_is_told_as_such(kind: bytes) -> None:
    info = tarfile.TarInfo("strange")
    info.type, info.linkname = kind, "/etc/passwd"
    assert [(member.regular, data) for member, data in unpacked(by_hand(info))] == [(False, b"")]


def test_members_that_are_not_read_are_passed_over() -> None:
    assert [member.name for member, _ in unpack(io.BytesIO(WHOLE), HERE)] == ["one", "two", "three"]
