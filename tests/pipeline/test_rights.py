"""Least rights: what each user of the machine can do with a root, tried as that user; and bringing a standing root to
what the settings say."""

from __future__ import annotations

import grp
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from post_office import PostOffice, good, goods
from sales_pages import page, receipt, shift
from tillpost.pipeline import doctor
from tillpost.pipeline.doctor import Finding, Health

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
TILL, STRANGER, SERVICE = 20_001, 20_002, 20_003  # users that nobody has
GROUP = next((group for group in grp.getgrall() if group.gr_gid not in (0, os.getgid())), grp.getgrgid(os.getgid()))
SETTINGS = f'[rights]\ntill_group = "{GROUP.gr_name}"\n'


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder to which every user has a way, unlike pytest's own."""
    folder = Path(mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def office(reachable: Path) -> PostOffice:
    """Two tills of one group, and chunks in their folders."""
    office = PostOffice(reachable / "root", {"5": ["1", "2"]}, SETTINGS)
    doctor.examine(office.root, fix=True)
    office.send("x.xml", goods(good("1"), good("2")))
    return office


TRY = """
import os, sys
user, group = map(int, sys.argv[1:])
os.setgroups([]), os.setgid(group), os.setuid(user)
for line in sys.stdin.read().splitlines():
    try:
        print(eval(line))
    except OSError as error:
        print(type(error).__name__)
"""


def tries(user: int, group: int, folder: Path, *expressions: str) -> list[str]:
    """What becomes of expressions of Python, evaluated in `folder` as that user."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", TRY, str(user), str(group)],
        input="\n".join(expressions),
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    return done.stdout.splitlines()


@as_root
def test_till_reads_and_deletes_its_chunks_and_cannot_rewrite_what_others_share(office: PostOffice) -> None:
    chunk = office.folder("5", "1") / "pos0000000001.aif"
    assert chunk.samefile(office.folder("5", "2") / chunk.name)
    before = chunk.read_bytes()
    assert tries(
        TILL, GROUP.gr_gid, office.folder("5", "1"),
        "len(os.listdir('.'))",
        "len(open('pos0000000001.aif', 'rb').read())",
        "open('pos0000000001.aif', 'r+b')",
        "open('pos0000000001.aif', 'ab')",
        "os.truncate('pos0000000001.aif', 0)",
        "os.chmod('pos0000000001.aif', 0o666)",
        "os.utime('pos0000000001.aif', (0, 0))",
        "os.chown('pos0000000001.aif', os.getuid(), -1)",
        "os.chmod('.', 0o777)",
        "os.unlink('pos0000000001.aif')",
        "os.unlink('pos0000000001.flz')",
    ) == ["2", str(len(before)), *["PermissionError"] * 7, "None", "None"]  # fmt: skip
    assert (office.folder("5", "2") / chunk.name).read_bytes() == before
    account = office.feed()
    assert account.exports == []
    assert office.take("5", "2").goods.keys() == {"1", "2"}
    with office.open() as opened, opened.store.read() as txn:
        from tillpost.pipeline.ledger import Ledger

        assert [state.acked for state in Ledger(txn).tills("5")] == [1, 0]


@as_root
def test_till_drops_its_sales_and_sees_nothing_of_the_rest(office: PostOffice) -> None:
    office.sell("x.json", page([shift()], [receipt(1)]))
    dropped = page([shift()], [receipt(2)])
    root = f"{str(office.root)!r}"
    assert tries(
        TILL, GROUP.gr_gid, office.root / "sales" / "5" / "1",
        f"open('y.json', 'w').write({dropped!r})",
        f"open('online/z.json', 'w').write({page([], [receipt(3)])!r}) > 0",
        f"os.listdir({root})",
        f"open({root} + '/tillpost.toml')",
        f"os.listdir({root} + '/state')",
        f"os.listdir({root} + '/sales/.claimed')",
        f"os.listdir({root} + '/inbox')",
        f"os.listdir({root} + '/replies')",
        f"os.listdir({root} + '/outbox')",
        f"os.listdir({root} + '/processed')",
        f"os.mkdir({root} + '/queues/5/3')",
        f"os.rename({root} + '/queues/5/2', {root} + '/queues/5/4')",
        f"os.rename({root} + '/sales/5/2', {root} + '/sales/5/4')",
    ) == [str(len(dropped)), "True", *["PermissionError"] * 11]  # fmt: skip
    assert [file.state.value for file in office.collect().files] == ["processed"] * 3


@as_root
def test_stranger_comes_nowhere(office: PostOffice) -> None:
    office.send("broken.xml", "no export")
    office.sell("x.json", page([shift()], [receipt(1)]))
    office.collect()
    every = list(office.root.rglob("*"))
    looks = [f"os.listdir({str(path)!r})" if path.is_dir() else f"open({str(path)!r})" for path in every]
    assert len(looks) > 40
    assert set(tries(STRANGER, STRANGER, Path("/"), *looks)) == {"PermissionError"}


@as_root
def test_file_that_the_service_may_not_read_waits_is_told_and_stops_no_other(office: PostOffice) -> None:
    office.sell("x.json", page([shift()], [receipt(1)]))
    office.collect()  # what is loaded late is loaded: the interpreter may lie where only root comes
    for path in (office.root, *office.root.rglob("*")):
        os.lchown(path, SERVICE, -1)
    office.drop("theirs.xml", goods(good("3"), full=False)).chmod(0o600)
    office.drop("other.xml", goods(good("4"), full=False)).chmod(0o644)
    office.sell("y.json", page([], [receipt(2)])).chmod(0o600)
    readable = office.sell("z.json", page([], [receipt(3)]))
    readable.chmod(0o644)
    # nobody but its owner, or who has CAP_LEASE, can ask whether it is still written: it must stand still
    os.utime(readable, (office.clock.now() - 60,) * 2)
    os.seteuid(SERVICE)
    try:
        account = office.feed()
        collected = office.collect()
    finally:
        os.seteuid(0)
    assert [(export.name, export.state.value) for export in account.exports] == [("other.xml", "processed")]
    assert [(name, reason.code) for name, reason in account.waiting] == [("theirs.xml", "disk.denied")]
    assert [(file.name, file.state.value) for file in collected.files] == [("z.json", "processed")]
    assert [(name, reason.code) for name, reason in collected.waiting] == [("y.json", "disk.denied")]
    assert office.where("theirs.xml") == ["inbox"]


def modes(root: Path) -> dict[str, str]:
    found = {path.relative_to(root).as_posix(): stat.S_IMODE(path.lstat().st_mode) for path in root.rglob("*")}
    return {path: f"{mode:04o}" for path, mode in found.items()}


def test_everything_is_made_with_the_rights_of_the_settings_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        office = PostOffice(tmp_path / "root", {"5": ["1"]}, '[monitor]\nerrors_file = "errors.json"')
        office.send("x.xml", goods(good("1")))
        office.send("broken.xml", "no export")
        office.sell("x.json", page([shift()], [receipt(1)]))
        office.collect()
    finally:
        os.umask(before)
    found = modes(office.root)
    for path, mode in found.items():
        if path.startswith(("queues/5/1", "sales/5/1")) and "." not in path:
            assert mode == "2770", path
        elif ".aif" in path or ".flz" in path or ".tillpost-" in path:
            assert mode == "0440", path
        elif path.endswith(("/x.xml", "/x.json", "/broken.xml")):
            assert mode == "0666", path  # what was dropped keeps its own, in folders that nobody else may enter
        elif path != "tillpost.toml":  # which the test wrote
            assert not int(mode, 8) & 0o027, (path, mode)


def test_what_is_made_has_other_rights_where_the_settings_say_so(tmp_path: Path) -> None:
    rights = '[rights]\nfolder_mode = "0700"\nfile_mode = "0600"\n[queue]\nchunk_mode = "0640"\nfolder_mode = "0770"'
    office = PostOffice(tmp_path / "root", {"5": ["1"]}, rights)
    doctor.examine(office.root, fix=True)
    office.send("x.xml", goods(good("1")))
    office.send("broken.xml", "no export")
    office.sell("x.json", page([shift()], [receipt(1)]))
    office.collect()
    found = modes(office.root)
    assert found["queues/5/1"] == found["sales/5/1/online"] == "0770"
    assert found["queues/5/1/pos0000000001.aif"] == "0640"
    assert found["replies/broken.xml.json"] == "0600"
    assert {mode for path, mode in found.items() if path.startswith("outbox/rec")} == {"0600"}
    assert {mode for path, mode in found.items() if path.endswith(".why")} == {"0600"}
    assert {mode for path, mode in found.items() if path.startswith(("broken/", "processed/")) and "." not in path} == {
        "0700"
    }


def findings(office: PostOffice, what: str, *, fix: bool = False) -> list[Finding]:
    return [found for found in doctor.examine(office.root, fix=fix) if found.what == what]


def test_doctor_tells_what_is_wider_than_set_and_puts_it_right(tmp_path: Path) -> None:
    office = PostOffice(tmp_path / "root", {"5": ["1"]})
    office.send("x.xml", goods(good("1")))
    assert [found.verdict for found in findings(office, "rights")] == [Health.OK]
    chunk = office.folder("5", "1") / "pos0000000001.aif"
    for path, mode in ((office.root / "state", 0o755), (office.root / "tillpost.toml", 0o644), (chunk, 0o664)):
        path.chmod(mode)
    office.folder("5", "1").chmod(0o750)  # no till could delete there
    told = findings(office, "rights")
    states = [found.found for found in told if found.found.startswith(f"{office.root}/state ")]
    assert {found.verdict for found in told} == {Health.WARNING}
    assert len(told) == 4
    assert states == [f"{office.root}/state is 0755, wider than 0750"]
    assert all("doctor --fix" in found.advice for found in told)
    put = findings(office, "rights put right", fix=True)
    assert [found.verdict for found in put] == [Health.OK] * 4
    assert [found.verdict for found in findings(office, "rights")] == [Health.OK]
    assert stat.S_IMODE(chunk.stat().st_mode) == 0o440
    assert stat.S_IMODE(office.folder("5", "1").stat().st_mode) == 0o2770
    assert findings(office, "rights put right", fix=True) == []


def test_doctor_leaves_to_the_administrator_how_the_erp_comes_in_but_not_everybody(tmp_path: Path) -> None:
    office = PostOffice(tmp_path / "root", {"5": ["1"]})
    (office.root / "inbox").chmod(0o3770)
    (office.root / "outbox").chmod(0o2775)
    office.root.chmod(0o751)  # a way to them
    assert [found.verdict for found in findings(office, "rights")] == [Health.OK]
    assert findings(office, "rights of the inbox")[0].verdict is Health.OK
    (office.root / "inbox").chmod(0o2770)
    assert "chmod +t" in findings(office, "rights of the inbox")[0].advice
    (office.root / "inbox").chmod(0o3777)
    assert "3777" in findings(office, "rights")[0].found
    findings(office, "rights", fix=True)
    assert stat.S_IMODE((office.root / "inbox").stat().st_mode) == 0o3775


def test_doctor_follows_no_link_when_it_puts_rights_right(tmp_path: Path) -> None:
    office = PostOffice(tmp_path / "root", {"5": ["1"]})
    (tmp_path / "foreign").mkdir(mode=0o700)
    shutil.rmtree(office.root / "sales" / "5" / "1" / "online")
    (office.root / "sales" / "5" / "1" / "online").symlink_to(tmp_path / "foreign")
    doctor.examine(office.root, fix=True)
    assert stat.S_IMODE((tmp_path / "foreign").stat().st_mode) == 0o700


def test_doctor_explains_what_a_share_may_refuse(tmp_path: Path) -> None:
    office = PostOffice(tmp_path / "root", {"5": ["1"]})
    (found,) = findings(office, "rights of chunks")
    assert "0440" in found.found
    assert "0640" in found.advice
    office.settings('[queue]\nchunk_mode = "0640"')
    assert findings(office, "rights of chunks")[0].advice == ""


def test_group_that_the_machine_has_not_is_told(tmp_path: Path) -> None:
    office = PostOffice(tmp_path / "root", {"5": ["1"]}, '[rights]\ntill_group = "nobody-has-it"')
    (found,) = findings(office, "rights", fix=True)
    assert found.verdict is Health.BAD
    assert "groupadd nobody-has-it" in found.found


@as_root
def test_chunk_that_was_rewritten_is_noticed_before_it_is_linked_anew_and_in_every_tills_folder(
    office: PostOffice,
) -> None:
    """As its owner, or as root, who may write whatever the rights say."""
    chunk = office.folder("5", "1") / "pos0000000001.aif"
    right = chunk.read_bytes()
    with chunk.open("r+b") as file:
        file.write(b"X")
    with office.open() as opened:
        from tillpost.pipeline.root import add_tills

        add_tills(opened, "5", ["3"])
    office.feed()
    with office.open() as opened, opened.store.read() as txn:
        from tillpost.pipeline.ledger import Ledger

        states = {state.till: state for state in Ledger(txn).tills("5")}
    assert states["1"].halted == states["2"].halted == "queue.tampered"
    fresh = office.folder("5", "3") / chunk.name
    assert not fresh.exists() or fresh.read_bytes() == right
    office.feed()
    assert fresh.read_bytes() == right
