"""The files by which a machine is told to run tillpost: they are well-formed, and name what there is."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import click
import pytest
from fault_calls import Untraceable, Worker
from post_office import PostOffice, good, goods
from sales_pages import page, receipt, shift
from tillpost import cli

ETC = Path(str(files("tillpost.etc")))
UNITS = sorted((ETC / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
MOST_EXPOSED = 20  # tenths; systemd calls anything below 50 OK
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


def verbs(group: click.Group, path: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from verbs(command, f"{path}{name} ")
        else:
            yield f"{path}{name}"


VERBS = set(verbs(cli.tillpost))


def test_everything_is_in_the_package() -> None:
    assert {path.name for path in UNITS} == {
        "tillpost.service",
        *(f"tillpost-{job}.{kind}" for job in ("feed", "collect", "trim") for kind in ("service", "timer")),
    }
    assert (ETC / "cron.d" / "tillpost").is_file()
    assert (ETC / "logrotate.d" / "tillpost").is_file()


@needs_systemd
def test_systemd_finds_no_fault_with_the_units() -> None:
    command = ["systemd-analyze", "verify", *map(str, UNITS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("path", [*UNITS, ETC / "cron.d" / "tillpost"], ids=lambda path: path.name)
def test_every_command_is_a_verb_that_there_is(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith(("#", "["))]
    commands = [line for line in lines if line.startswith("ExecStart=") or re.match(r"[\d*]", line)]
    for command in commands:
        verb = command.split("tillpost ")[-1].split(">")[0].split()
        assert " ".join(verb) in VERBS or " ".join(verb[:-1]) in VERBS, command
    assert len(commands) == (0 if path.suffix == ".timer" else 4 if path.parent.name == "cron.d" else 1)


def test_service_does_not_start_again_with_wrong_settings_and_is_watched() -> None:
    unit = (ETC / "systemd" / "tillpost.service").read_text("utf-8")
    for line in ("Type=notify", "Restart=on-failure", f"RestartPreventExitStatus={cli.WRONG_SETTINGS}"):
        assert f"\n{line}\n" in unit
    assert re.search(r"^WatchdogSec=", unit, re.MULTILINE)


def test_runs_by_timer_count_as_well_when_something_was_refused_or_is_to_come() -> None:
    for job in ("feed", "collect", "trim"):
        unit = (ETC / "systemd" / f"tillpost-{job}.service").read_text("utf-8")
        assert f"\nSuccessExitStatus={cli.REFUSED} {cli.LATER}\n" in unit


# --- the sandbox


def settings_of(unit: Path) -> list[str]:
    return [line for line in unit.read_text("utf-8").splitlines() if line and not line.startswith("#")]


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_systemd_finds_little_that_a_service_could_do_beyond_its_work(unit: Path) -> None:
    """With the words of systemd itself: the exposure is at most 2.0 of 10."""
    command = ["systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_every_service_has_the_same_sandbox() -> None:
    boxes = []
    for unit in SERVICES:
        lines = settings_of(unit)
        section = lines[lines.index("ProtectSystem=strict") :]
        boxes.append(section[: section.index("[Install]")] if "[Install]" in section else section)
        assert "User=tillpost" in lines
        assert "UMask=0027" in lines
    assert boxes[0]
    assert all(box == boxes[0] for box in boxes)


def test_folders_of_the_tills_group_can_be_made_in_the_sandbox() -> None:
    for unit in SERVICES:
        assert not [line for line in settings_of(unit) if line.startswith(("RestrictSUIDSGID", "PrivateUsers"))]


def called(listed: str, groups: dict[str, set[str]]) -> set[str]:
    """Every system call of a set, and of the sets in it."""
    return {
        call
        for member in groups[listed]
        for call in (called(member, groups) if member.startswith("@") else {member})
    }


def filtered() -> set[str]:
    """What the units' filter lets pass, as systemd reads it: a later line adds or takes away."""
    command = ["systemd-analyze", "syscall-filter", "--no-pager"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    groups: dict[str, set[str]] = {}
    for line in told.stdout.splitlines():
        if line.startswith("@"):
            groups[line] = set()
        elif line.startswith(" ") and "#" not in line:
            groups[list(groups)[-1]].add(line.strip())
    allowed: set[str] = set()
    for line in settings_of(ETC / "systemd" / "tillpost.service"):
        name, _, value = line.partition("=")
        if name == "SystemCallFilter":
            allowed = allowed - called(value[1:], groups) if value[0] == "~" else allowed | called(value, groups)
    return allowed


@pytest.fixture
def busy(tmp_path: Path) -> PostOffice:
    """Something to do for every job."""
    office = PostOffice(tmp_path / "root", {"5": ["1"]}, f'[notify]\ncommand = "{sys.executable} -c pass"')
    office.drop("x.xml", goods(good("1"), good("2")))
    office.drop("broken.xml", "no export")
    office.sell("x.json", page([shift()], [receipt(1), receipt(2)]))
    return office


@needs_systemd
@pytest.mark.sweep
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_every_call_that_the_jobs_make_passes_the_filter(busy: PostOffice, tmp_path: Path) -> None:
    allowed = filtered()
    done = busy.root / "broken" / "exports"
    with Worker(tmp_path / "worker") as worker:
        for verb in ("run", "trim", "jobs run requests"):
            try:
                ended = worker.run(
                    "--root", str(busy.root), *verb.split(),
                    trace="trace=all", until=(lambda: busy.outbox() and done.exists()) if verb == "run" else None,
                )  # fmt: skip
            except Untraceable as no:
                pytest.skip(f"nothing can be traced here: {no}")
            made = {match[1] for line in ended.traced if (match := re.match(r"\d+ +(\w+)\(", line))}
            assert "openat" in made
            assert not made - allowed, verb
    assert len(busy.queue()) == 2
    assert busy.outbox()


def nothing_writable_is_run() -> None:
    """What MemoryDenyWriteExecute= forbids, for this process and those it starts."""
    refuse_exec_gain = 65, 1  # PR_SET_MDWE, <linux/prctl.h>
    if ctypes.CDLL(None, use_errno=True).prctl(*refuse_exec_gain, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this kernel has no such call")


def test_jobs_need_no_memory_that_is_written_and_run(busy: PostOffice) -> None:
    for verb in ("feed", "collect"):
        command = [sys.executable, "-m", "tillpost.cli", "--root", str(busy.root), verb]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, preexec_fn=nothing_writable_is_run
            )
        except subprocess.SubprocessError:
            pytest.skip("this kernel cannot forbid it")
        assert done.returncode in (cli.DONE, cli.REFUSED), done.stderr
    assert len(busy.queue()) == 2
