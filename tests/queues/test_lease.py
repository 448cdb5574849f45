"""Who has a file open for writing."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tillpost.queues.disk import LocalDisk
from tillpost.queues.lease import Answer, Lease
from tillpost.queues.mounts import LOCAL, file_system, mounted_below, mounts

local = pytest.mark.skipif(
    sys.platform != "linux" or file_system(Path(__file__), mounts()) not in LOCAL,
    reason="leases speak of all writers on a local Linux disk only",
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "goods.xml"
    path.write_bytes(b"<a/>")
    return path


def ask(path: Path, lease: Lease | None = None) -> Answer:
    with LocalDisk().open(path) as file:
        return (lease or Lease()).of(file, path)


@local
def test_closed_file_has_no_writer(export: Path) -> None:
    assert ask(export) is Answer.NOBODY


@local
@pytest.mark.parametrize("flags", [os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND])
def test_open_file_has_a_writer_until_it_is_closed(export: Path, flags: int) -> None:
    handle = os.open(export, flags)
    assert ask(export) is Answer.SOMEBODY
    os.close(handle)
    assert ask(export) is Answer.NOBODY


@local
def test_reader_is_no_writer(export: Path) -> None:
    with export.open("rb"):
        assert ask(export) is Answer.NOBODY


@local
def test_writer_in_another_process_is_seen(export: Path) -> None:
    code = "import sys; f = open(sys.argv[1], 'ab'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(export)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert ask(export) is Answer.SOMEBODY
        writer.communicate(b"")
    assert ask(export) is Answer.NOBODY


@local
def test_lease_is_given_up_at_once(export: Path) -> None:
    with LocalDisk().open(export) as file:
        assert Lease().of(file, export) is Answer.NOBODY
        os.close(os.open(export, os.O_WRONLY | os.O_NONBLOCK))  # would fail while a lease is held


@local
def test_writer_that_breaks_the_lease_harms_nobody(export: Path) -> None:
    """The signal that the kernel would send is one that nobody minds."""
    code = (
        "import fcntl, os, signal, sys, threading\n"
        "from tillpost.queues import lease\n"
        "path = sys.argv[1]\n"
        "real = fcntl.fcntl\n"
        "def slow(handle, command, value):\n"
        "    done = real(handle, command, value)\n"
        "    if (command, value) == (fcntl.F_SETLEASE, fcntl.F_RDLCK):\n"
        "        try:\n"
        "            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))\n"
        "        except BlockingIOError:\n"
        "            print('broken', end=' ')\n"
        "    return done\n"
        "fcntl.fcntl = slow\n"
        "print(lease.Lease().of(open(path, 'rb'), __import__('pathlib').Path(path)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(export)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "broken nobody\n"), done.stderr
    assert signal.getsignal(signal.SIGURG) is signal.SIG_DFL


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "9p", "fuse.sshfs"])
def test_share_cannot_tell_even_while_somebody_writes(export: Path, kind: str) -> None:
    lease = Lease(f"1 0 0:1 / / rw - {kind} server rw\n".encode)
    with export.open("ab"):
        assert ask(export, lease) is Answer.UNKNOWN
    assert ask(export, lease) is Answer.UNKNOWN


def test_system_without_a_table_of_mounts_cannot_tell(export: Path) -> None:
    assert ask(export, Lease(lambda: b"")) is Answer.UNKNOWN


@local
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become somebody else")
def test_file_of_another_owner_cannot_be_told(export: Path) -> None:
    code = (
        "import fcntl, os, sys\n"
        "from pathlib import Path\n"
        "from tillpost.queues.lease import Lease\n"
        "with open(sys.argv[1], 'rb') as file:\n"
        "    os.setresuid(65534, 65534, 65534)\n"
        "    print(Lease().of(file, Path(sys.argv[1])))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(export)], capture_output=True, text=True, check=False)
    assert done.stdout == "unknown\n", done.stderr


TABLE = rb"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /mnt rw - tmpfs tmpfs rw
31 30 0:41 / /mnt/in\040box rw,relatime shared:7 master:2 - nfs4 server:/x rw
32 22 0:42 / /mnt rw - cifs //server/y rw
broken line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/nowhere/goods.xml", "ext4"), ("/mnt/x", "cifs"), ("/mnt/in box/x", "nfs4"), ("/mntx", "ext4")],
)
def test_file_system_is_that_of_the_nearest_and_latest_mount(path: str, kind: str) -> None:
    assert file_system(Path(path), TABLE) == kind


def test_file_systems_below_a_path_are_told_the_latest_of_each_place() -> None:
    assert mounted_below(Path("/"), TABLE) == [(Path("/mnt"), "cifs"), (Path("/mnt/in box"), "nfs4")]
    assert mounted_below(Path("/mnt"), TABLE) == [(Path("/mnt/in box"), "nfs4")]
    assert mounted_below(Path("/mnt/in"), TABLE) == mounted_below(Path("/"), b"") == []


def test_path_behind_a_link_lies_where_the_link_leads(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/mnt/in box")
    assert file_system(tmp_path / "link" / "x", TABLE) == "nfs4"


def test_nothing_is_known_without_a_table() -> None:
    assert file_system(Path("/x"), b"") == ""
    assert io.BytesIO(mounts()).readable()
