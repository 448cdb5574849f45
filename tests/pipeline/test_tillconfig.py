"""Each till's cash.ini is brought up to the settings, its own values stay its own, and no till waits for another."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from faults import Fuse, Stopped, full
from post_office import PostOffice
from tillpost.converters.cashini import Change
from tillpost.errors import Halt, Reject
from tillpost.pipeline.root import add_tills
from tillpost.pipeline.settings import Settings, load
from tillpost.pipeline.tillconfig import MODE, Configured, Outcome, configure, properties

pytestmark = pytest.mark.usefixtures("unsynced")

Make = Callable[..., PostOffice]
SETTINGS = """\
[cash]
filequeueroot = "/queues"
properties = ["dept.broker.ip = 10.0.0.1", "grpccacertpath ="]
"""
FRESH = """\
[Properties]
cash.code = {till}
storeid = 5
filequeueroot = /queues
queuechunksize = 25000
maxcountbackupfiles = 30
actualcountdaysforbackupfiles = 30
dept.broker.ip = 10.0.0.1
grpccacertpath =
"""


@pytest.fixture
def office(make_office: Make) -> PostOffice:
    return make_office(settings=SETTINGS)


def ini(office: PostOffice, till: str = "1", shop: str = "5") -> Path:
    return office.root / "config" / shop / till / "cash.ini"


def laid(office: PostOffice, text: str, till: str = "1") -> Path:
    file = ini(office, till)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def run(office: PostOffice, shop: str = "", till: str = "", *, dry_run: bool = False) -> list[Configured]:
    with office.open() as opened:
        return configure(opened, shop, till, dry_run=dry_run)


def outcomes(done: list[Configured]) -> dict[str, str]:
    return {f"{one.shop}/{one.till}": one.outcome.value for one in done}


def why(one: Configured) -> str:
    assert one.trouble
    return one.trouble.reason.code


def reset(office: PostOffice, cash: str, shop: str = "") -> None:
    office.root.joinpath("tillpost.toml").write_text(f"[cash]\n{cash}\n[shops.5]\n{shop}\n", "utf-8")


# --- what is written


def test_every_till_gets_its_file(office: PostOffice) -> None:
    assert outcomes(run(office)) == {"5/1": "written", "5/2": "written"}
    assert [ini(office, till).read_text("utf-8") for till in "12"] == [FRESH.format(till=till) for till in "12"]
    assert stat.S_IMODE(ini(office).stat().st_mode) == MODE


def test_shop_or_till_can_be_named(make_office: Make) -> None:
    office = make_office({"5": ["1", "2"], "6": ["1"]})
    assert outcomes(run(office, "6")) == {"6/1": "written"}
    assert outcomes(run(office, "5", "2")) == {"5/2": "written"}
    assert not ini(office, "1").exists()


@pytest.mark.parametrize(("shop", "till"), [("7", ""), ("7", "1"), ("5", "3")])
def test_shop_or_till_that_nobody_knows_is_refused(office: PostOffice, shop: str, till: str) -> None:
    with pytest.raises(Reject):
        run(office, shop, till)
    assert not (office.root / "config").exists()


def test_names_that_the_till_goes_by_come_from_its_shop(make_office: Make) -> None:
    office = make_office()
    reset(office, "", "cash_codes = ['2 = _cash_8_99dec44a']\nstore_id = '_shop_8_dac059e6'")
    settings = load(office.root)
    assert (properties(settings, "5", "1")["cash.code"], properties(settings, "5", "2")["cash.code"]) == (
        "1",
        "_cash_8_99dec44a",
    )
    assert properties(settings, "5", "1")["storeid"] == "_shop_8_dac059e6"


def test_shop_that_left_the_settings_is_told_at_its_tills(office: PostOffice) -> None:
    office.root.joinpath("tillpost.toml").write_text("[shops.6]\n", "utf-8")
    assert [why(one) for one in run(office)] == ["settings.no-shop", "settings.no-shop"]


# --- what is changed, and what is not


def test_second_run_writes_nothing(office: PostOffice) -> None:
    run(office)
    before = ini(office).stat()
    assert outcomes(run(office)) == {"5/1": "unchanged", "5/2": "unchanged"}
    assert (ini(office).stat().st_ino, ini(office).stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_changed_setting_is_told_with_what_it_was(office: PostOffice) -> None:
    run(office)
    reset(office, "filequeueroot = '/data'\nqueuechunksize = 10\nproperties = ['Dept.Broker.IP = 10.0.0.2', 'x = 1']")
    done = run(office, "5", "1")[0]
    assert done.outcome is Outcome.CHANGED
    assert done.changes == (
        Change("filequeueroot", "/queues", "/data"),
        Change("Dept.Broker.IP", "10.0.0.1", "10.0.0.2"),
        Change("x", None, "1"),
    )
    expected = FRESH.format(till=1).replace("/queues", "/data").replace("0.0.1", "0.0.2") + "x = 1\n"
    assert ini(office).read_text("utf-8") == expected


def test_sizes_and_backups_of_a_till_are_its_own_once_it_has_them(office: PostOffice) -> None:
    text = FRESH.format(till=1).replace("25000", "100").replace("maxcountbackupfiles = 30", "MaxCountBackupFiles=7")
    laid(office, text.replace("actualcountdaysforbackupfiles = 30\n", ""))
    assert run(office, "5", "1")[0].changes == (Change("actualcountdaysforbackupfiles", None, "30"),)
    assert "queuechunksize = 100\nMaxCountBackupFiles=7\n" in ini(office).read_text("utf-8")


def test_file_keeps_its_rights(office: PostOffice) -> None:
    laid(office, "[Properties]\n").chmod(0o640)
    run(office)
    assert stat.S_IMODE(ini(office).stat().st_mode) == 0o640


def test_dry_run_tells_the_same_and_writes_nothing(office: PostOffice) -> None:
    laid(office, "[Properties]\nstoreid = 4\n")
    told = run(office, dry_run=True)
    assert ini(office).read_text("utf-8") == "[Properties]\nstoreid = 4\n"
    assert not ini(office, "2").parent.exists()
    assert run(office) == told


# --- one till's trouble stops no other


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\0\0\0\0", "cash.no-text"),
        (b"# nothing here\n", "cash.no-section"),
        (b"[Properties]\nwhat is this\n", "cash.malformed"),
        (b"[Properties]\n" + b"#" * (1 << 20), "cash.too-large"),
    ],
)
def test_file_that_no_till_could_read_is_told_and_left_alone(office: PostOffice, data: bytes, code: str) -> None:
    laid(office, "").write_bytes(data)
    first, second = run(office)
    assert (why(first), second.outcome) == (code, Outcome.WRITTEN)
    assert not first.passing
    assert ini(office).read_bytes() == data


def test_what_is_no_file_is_told_and_left_alone(office: PostOffice, tmp_path: Path) -> None:
    elsewhere = tmp_path / "theirs.ini"
    elsewhere.write_text("[Properties]\n", "utf-8")
    laid(office, "").unlink()
    ini(office).symlink_to(elsewhere)
    laid(office, "", "2").unlink()
    os.mkfifo(ini(office, "2"))
    assert [why(one) for one in run(office)] == ["cash.no-file", "cash.no-file"]
    assert elsewhere.read_text("utf-8") == "[Properties]\n"


def test_share_that_is_away_is_not_made_up_for(make_office: Make, tmp_path: Path) -> None:
    office = make_office()
    mount = tmp_path / "mnt"
    (mount / "5-2" / "properties").mkdir(parents=True)
    (mount / "5-1").mkdir()
    reset(office, f"file = '{mount}/{{shop}}-{{till}}/properties/cash.ini'")
    away, there = run(office)
    assert (why(away), away.passing, there.outcome) == ("cash.no-folder", True, Outcome.WRITTEN)
    assert list((mount / "5-1").iterdir()) == []
    assert run(office, dry_run=True)[0].trouble is not None


def test_folders_of_a_place_in_the_root_are_made(make_office: Make) -> None:
    office = make_office()
    reset(office, "file = 'a/{shop}/b/{till}.ini'")
    assert outcomes(run(office)) == {"5/1": "written", "5/2": "written"}
    assert (office.root / "a" / "5" / "b" / "2.ini").exists()


# --- tills that would be taken for each other


def test_two_tills_with_one_file_are_both_refused(make_office: Make) -> None:
    office = make_office({"1": ["11", "2"], "11": ["1"]})
    text = "[cash]\nfile = 'config/{shop}{till}.ini'\n[shops.1]\n[shops.11]\n"
    office.root.joinpath("tillpost.toml").write_text(text, "utf-8")
    assert outcomes(run(office)) == {"1/11": "failed", "1/2": "written", "11/1": "failed"}
    assert why(run(office, "11")[0]) == "cash.file-twice"


def test_two_tills_of_a_shop_with_one_name_are_both_refused(make_office: Make) -> None:
    office = make_office({"5": ["1", "2", "3"], "6": ["2"]})
    text = "[shops.5]\ncash_codes = ['1 = 2']\n[shops.6]\n"
    office.root.joinpath("tillpost.toml").write_text(text, "utf-8")
    assert outcomes(run(office)) == {"5/1": "failed", "5/2": "failed", "5/3": "written", "6/2": "written"}
    assert why(run(office, "5", "2")[0]) == "cash.code-twice"


def test_two_tills_may_change_their_names(make_office: Make) -> None:
    office = make_office()
    reset(office, "", "cash_codes = ['1 = 2', '2 = 1']")
    assert outcomes(run(office)) == {"5/1": "written", "5/2": "written"}


def test_file_among_what_others_read_is_refused_at_the_till_whose_it_is(make_office: Make) -> None:
    office = make_office()
    with office.open() as opened:
        add_tills(opened, "5", ["queues"])
    reset(office, "file = '{till}/{shop}/cash.ini'")
    assert [why(one) for one in run(office) if one.trouble] == ["cash.place"]
    assert not (office.root / "queues" / "5" / "cash.ini").exists()


# --- kills and full disks


@pytest.mark.parametrize("old", ["", "[Properties]\nstoreid = 4\n"])
def test_killed_at_any_step_the_file_is_the_old_or_the_new_one(make_office: Make, old: str) -> None:
    office = make_office({"5": ["1"]}, SETTINGS)
    begin(office, old)
    run(office)
    new = ini(office).read_text("utf-8")
    for step in count(1):
        begin(office, old)
        fuse = Fuse(step)
        with suppress(Stopped), office.open(fuse) as opened:
            configure(opened)
        assert (ini(office).read_text("utf-8") if ini(office).exists() else "") in {old, new}
        run(office)
        assert [path.read_text("utf-8") for path in ini(office).parent.iterdir()] == [new]
        if not fuse.went_off:
            break
    assert step > 2


def begin(office: PostOffice, text: str) -> None:
    shutil.rmtree(office.root / "config", ignore_errors=True)
    if text:
        laid(office, text)


def test_full_disk_is_told_at_its_till_and_may_pass(office: PostOffice) -> None:
    fuse = Fuse(1, full, only=lambda path: path.parent == ini(office).parent)
    with office.open(fuse) as opened:
        first, second = configure(opened)
    assert (why(first), first.passing, second.outcome) == ("disk.full", True, Outcome.WRITTEN)
    assert list(ini(office).parent.iterdir()) == []


def test_settings_that_nobody_has_tell_nothing_of_a_shop() -> None:
    with pytest.raises(Halt):
        properties(Settings(), "5", "1")
