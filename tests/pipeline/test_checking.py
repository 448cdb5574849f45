"""Checking tills' folders against the state, and putting right what can be."""

from __future__ import annotations

import pytest
from post_office import PostOffice, good, goods
from tillpost.errors import Reject
from tillpost.pipeline import root
from tillpost.pipeline.checking import check
from tillpost.pipeline.views import Row

pytestmark = pytest.mark.usefixtures("unsynced")


@pytest.fixture
def filled(make_office) -> PostOffice:
    """Two tills with three chunks each."""
    office = make_office(settings="[feed]\nchunk_size = 5")
    office.send("goods.xml", goods(*(good(str(number)) for number in range(10))))
    return office


def found(office: PostOffice, till: str = "", *, fix: bool = False) -> list[Row]:
    with office.open() as opened:
        return check(opened, "5", till, fix=fix)


def settled(office: PostOffice) -> None:
    """The tills take everything, and end alike."""
    office.feed()
    office.take_all()
    office.feed()
    office.take_all()
    assert office.tills["5", "1"].state() == office.tills["5", "2"].state()
    assert len(office.tills["5", "1"].goods) == 10


def test_nothing_is_found_where_nothing_is_wrong(filled: PostOffice) -> None:
    assert found(filled) == []
    assert found(filled, fix=True) == []


def test_unknown_till_is_refused(filled: PostOffice) -> None:
    with pytest.raises(Reject, match="77"):
        found(filled, "77")


def tamper(office: PostOffice, number: int = 2) -> None:
    file = office.folder("5", "1") / f"pos{number:010}.aif"
    data = file.read_bytes().replace(b"10.00", b"90.00")
    file.unlink()
    file.write_bytes(data)


def test_changed_chunk_is_found_at_its_till_alone(filled: PostOffice) -> None:
    tamper(filled)
    (row,) = found(filled)
    assert (row["shop"], row["till"], row["number"], row["done"]) == ("5", "1", 2, "")


def resync(office: PostOffice) -> None:
    with office.open() as opened:
        root.resync(opened, "5", "1", now=True)


def test_changed_chunk_is_put_right_and_wants_a_full_load(filled: PostOffice) -> None:
    """Nobody knows whether the till has read it."""
    tamper(filled)
    done, left = found(filled, fix=True)
    assert (done["number"], done["done"]) == (2, "done")
    assert "till resync" in str(left["finding"])
    assert [row["finding"] for row in found(filled)] == [left["finding"]]
    resync(filled)
    assert found(filled) == []
    settled(filled)


def test_missing_flag_is_found_and_never_made_again(filled: PostOffice) -> None:
    """The till may have died between its two deletions: then it would get old prices back."""
    (filled.folder("5", "1") / "pos0000000001.flz").unlink()
    (row,) = found(filled, "1")
    assert row["number"] == 1
    found(filled, "1", fix=True)
    filled.feed()
    assert "pos0000000001.flz" not in filled.queue("5", "1")
    resync(filled)
    settled(filled)


def test_missing_data_of_a_flag_is_put_right_as_taken(filled: PostOffice) -> None:
    (filled.folder("5", "1") / "pos0000000001.aif").unlink()
    (row,) = found(filled, "1", fix=True)
    assert (row["number"], row["done"]) == (1, "done")
    assert "pos0000000001.flz" not in filled.queue("5", "1")


def test_foreign_file_is_found_and_left_to_a_person(filled: PostOffice) -> None:
    foreign = filled.folder("5", "1") / "notes.txt"
    foreign.write_text("mine")
    (row,) = found(filled)
    assert "notes.txt" in str(row["finding"])
    rows = found(filled, fix=True)
    assert foreign.exists() or all(row["done"] for row in rows)


def test_halted_till_goes_on_after_it_was_put_right(filled: PostOffice) -> None:
    tamper(filled)
    filled.feed()
    filled.send("change.xml", goods(good("0", "11.00"), full=False))
    assert len(filled.queue("5", "1")) < len(filled.queue("5", "2"))
    found(filled, fix=True)
    resync(filled)
    settled(filled)


def test_only_the_till_that_was_asked_for_is_checked(filled: PostOffice) -> None:
    tamper(filled)
    assert found(filled, "2") == []
    assert len(found(filled, "1")) == 1


def test_check_alone_changes_nothing(filled: PostOffice) -> None:
    tamper(filled)
    before = {path: path.stat().st_mtime_ns for path in filled.root.rglob("pos*")}
    found(filled)
    assert {path: path.stat().st_mtime_ns for path in filled.root.rglob("pos*")} == before
