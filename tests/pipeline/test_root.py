"""Making a root, and its tills."""

from __future__ import annotations

import pytest
from post_office import PostOffice, good, goods
from tillpost.errors import Halt, Reject
from tillpost.pipeline import root, views

pytestmark = pytest.mark.usefixtures("unsynced")


def test_root_has_its_folders_and_its_tills(tmp_path) -> None:
    root.make(tmp_path / "new", {"5": ["1", "2"], "6": ["1"]})
    assert {"inbox", "queues", "state", "replies", "held"} <= {path.name for path in (tmp_path / "new").iterdir()}
    tills = {(path.parent.name, path.name) for path in (tmp_path / "new" / "queues").glob("*/*")}
    assert tills == {("5", "1"), ("5", "2"), ("6", "1")}


def test_root_that_is_there_is_left_as_it_is(office: PostOffice) -> None:
    before = (office.root / "tillpost.toml").read_bytes()
    with pytest.raises(Reject, match="till add"):
        root.make(office.root, {"7": ["1"]})
    assert (office.root / "tillpost.toml").read_bytes() == before


def test_folder_with_something_in_it_is_no_place_for_a_root(tmp_path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(Reject, match="not empty"):
        root.make(tmp_path, {"5": ["1"]})
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("tills", [{"a/b": ["1"]}, {"5": ["../1"]}, {"": ["1"]}, {"5": ["con"]}])
def test_name_that_is_no_folder_is_refused_before_anything_is_made(tmp_path, tills: dict[str, list[str]]) -> None:
    with pytest.raises((Reject, Halt)):
        root.make(tmp_path / "new", tills)
    assert not (tmp_path / "new").exists()


def test_till_is_added_once(office: PostOffice) -> None:
    with office.open() as opened, pytest.raises(Reject, match="already"):
        root.add_tills(opened, "5", ["1"])


def test_tills_whose_names_differ_in_case_alone_are_the_same(office: PostOffice) -> None:
    with office.open() as opened:
        root.add_tills(opened, "5", ["left"])
        with pytest.raises(Reject):
            root.add_tills(opened, "5", ["LEFT"])


def test_till_of_an_unknown_shop_is_refused(office: PostOffice) -> None:
    with office.open() as opened, pytest.raises(Reject, match="no shop 9"):
        root.add_tills(opened, "9", ["1"])


def test_either_all_tills_are_added_or_none(office: PostOffice) -> None:
    with office.open() as opened:
        with pytest.raises(Reject):
            root.add_tills(opened, "5", ["3", "1"])
        assert [row["till"] for row in views.tills(opened)] == ["1", "2"]


@pytest.mark.parametrize("act", ["resync", "hold"])
def test_unknown_till_is_refused(office: PostOffice, act: str) -> None:
    with office.open() as opened, pytest.raises(Reject, match="9"):
        root.resync(opened, "5", "9", now=True) if act == "resync" else root.hold(opened, "5", "9", held=True)


def test_resync_goes_behind_what_stands_there(office: PostOffice) -> None:
    office.send("goods.xml", goods(good("1")))
    with office.open() as opened:
        root.resync(opened, "5", "1", now=True)
    assert office.queue() == [f"pos000000000{number}.{suffix}" for number in (1, 2) for suffix in ("aif", "flz")]
    assert set(office.take().goods) == {"1"}


def test_size_of_a_resync_is_what_it_will_send(office: PostOffice) -> None:
    office.send("goods.xml", goods(*(good(str(number)) for number in range(7))))
    with office.open() as opened:
        size = root.resync_size(opened, "5", "1")
        assert root.resync(opened, "5", "1", now=True) == size


def test_resync_of_an_empty_shop_offers_nothing(office: PostOffice) -> None:
    with office.open() as opened:
        assert root.resync(opened, "5", "1", now=True) == 0


def test_held_till_says_so(office: PostOffice) -> None:
    with office.open() as opened:
        root.hold(opened, "5", "1", held=True)
        assert [row["standing"] for row in views.tills(opened)] == ["on hold", "to be filled"]
