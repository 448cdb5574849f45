"""The files by which a machine is told to run tillpost: they are well-formed, and name what there is."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import click
import pytest
from tillpost import cli

ETC = Path(str(files("tillpost.etc")))
UNITS = sorted((ETC / "systemd").iterdir())


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


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
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
