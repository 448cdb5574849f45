"""An opened root: whose it is, and that it may be moved."""

from __future__ import annotations

import shutil

import pytest
from another_process import held_by_another
from faults import FaultyDisk, Fuse, Stopped
from post_office import PostOffice, good, goods
from tillpost.errors import Halt, Retry
from tillpost.pipeline.ledger import Ledger
from tillpost.pipeline.locks import Patience, holder
from tillpost.pipeline.office import open_office
from tillpost.pipeline.settings import template
from tillpost.queues.layout import Layout

pytestmark = pytest.mark.usefixtures("unsynced")

TEN = [good(str(number)) for number in range(10)]


def test_second_opener_is_told_who_holds_the_root(office: PostOffice) -> None:
    with (
        held_by_another(office.root) as process,
        pytest.raises(Retry) as told,
        open_office(office.root, ours=True, patience=Patience(0)),
    ):
        pass
    assert told.value.reason.code == "office.locked"
    assert f"process {process.pid} " in str(told.value)


def test_root_may_be_looked_at_while_another_works_in_it(office: PostOffice) -> None:
    with held_by_another(office.root), open_office(office.root) as looking, looking.store.read() as txn:
        assert len(Ledger(txn).tills()) == 2


def test_root_of_a_killed_process_is_free(office: PostOffice) -> None:
    with held_by_another(office.root) as process:
        process.kill()
        process.wait()
        with office.open():
            pass


def test_nobody_holds_a_root_that_was_closed(office: PostOffice) -> None:
    layout = Layout.of(office.root)
    with office.open():
        assert "process" in holder(layout)
    assert holder(layout) == ""


def test_asking_whose_the_root_is_takes_nothing(office: PostOffice) -> None:
    for _ in range(3):
        assert holder(Layout.of(office.root)) == ""
        with office.open():
            pass


def test_folder_without_settings_is_no_root(tmp_path) -> None:
    with pytest.raises(Halt), open_office(tmp_path):
        pass


def test_stopped_root_may_be_copied(office: PostOffice) -> None:
    office.send("goods.xml", goods(*TEN))
    office.send("few.xml", goods(TEN[0]))
    office.take("5", "1")
    office.root = shutil.copytree(office.root, office.root.with_name("copy"))
    with office.open() as opened, opened.store.read() as txn:
        for export in Ledger(txn).exports():
            assert opened.layout.absolute(export.where).is_file()
            assert opened.layout.absolute(export.where).is_relative_to(office.root)
    office.send("change.xml", goods(good("1", "11.00"), full=False))
    office.take_all()
    assert office.tills["5", "1"].state() == office.tills["5", "2"].state()
    assert office.tills["5", "1"].taken == office.tills["5", "2"].taken == [1, 2]


def test_stopped_root_may_be_moved(office: PostOffice) -> None:
    office.drop("goods.xml", goods(*TEN))
    office.root = office.root.rename(office.root.with_name("moved"))
    office.feed()
    assert len(office.take().goods) == 10


def test_folders_may_lie_elsewhere(make_office, tmp_path) -> None:
    office = make_office(settings=f"[paths]\nprocessed = '{tmp_path}/elsewhere'")
    assert office.send("goods.xml", goods(*TEN)) == "processed"
    assert [path.name for path in (tmp_path / "elsewhere").rglob("*.xml")] == ["goods.xml"]


def test_root_may_be_opened_again_after_a_kill_at_any_step_of_its_first_opening(tmp_path) -> None:
    steps = _open_first(tmp_path / "whole", Fuse())
    assert steps > 10
    for at in range(1, steps + 1):
        root = tmp_path / str(at)
        with pytest.raises(Stopped):
            _open_first(root, Fuse(at))
        with open_office(root, ours=True) as opened:
            assert opened.marker.is_there()


def _open_first(root, fuse: Fuse) -> int:
    root.mkdir()
    (root / "tillpost.toml").write_text(template(["5"]), "utf-8")
    fuse.armed = True
    with open_office(root, ours=True, disk=FaultyDisk(fuse)):
        return fuse.count
