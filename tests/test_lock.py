"""requirements.lock: what a deployment installs fits what the package asks for, each file by its hash, from nowhere in
particular; and what is said of its audit is what happened."""

from __future__ import annotations

import re
import subprocess
import sys
from configparser import ConfigParser
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

BESIDE = Path(__file__).resolve().parents[1]
LOCK = (BESIDE / "requirements.lock").read_text("utf-8")
PINS = dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\$", LOCK, re.MULTILINE))
EXTRAS = ("essp", "postgres", "web")
AUDIT = BESIDE / ".ci" / "audit"


def asked() -> list[Requirement]:
    """What setup.cfg asks for: always, and in the extras of a deployment."""
    config = ConfigParser()
    config.read(BESIDE / "setup.cfg", "utf-8")
    tables = [config["options"]["install_requires"], *(config["options.extras_require"][extra] for extra in EXTRAS)]
    return [Requirement(line) for table in tables for line in table.split("\n") if line.strip()]


@pytest.mark.parametrize("requirement", asked(), ids=lambda one: one.name)
def test_everything_that_is_asked_for_is_locked_in_a_version_that_fits(requirement: Requirement) -> None:
    pinned = PINS.get(canonicalize_name(requirement.name))
    assert pinned, f"{requirement.name} is not in requirements.lock: make lock"
    assert requirement.specifier.contains(pinned), f"{requirement.name} {pinned} does not fit: make lock"


@pytest.mark.parametrize("name", PINS)
def test_what_a_locked_package_needs_is_locked_too(name: str) -> None:
    try:
        needed = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        pytest.skip("it is not installed here")
    if metadata.version(name) != PINS[name]:
        pytest.skip("another version is installed here")
    for line in needed:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            assert canonicalize_name(requirement.name) in PINS, f"{name} needs {requirement.name}: make lock"


def test_every_package_has_its_hashes_and_no_line_names_a_place() -> None:
    assert len(PINS) > 30
    for block in re.split(r"^(?=[a-z0-9-]+==)", LOCK, flags=re.MULTILINE)[1:]:
        assert re.findall(r"--hash=sha256:[0-9a-f]{64}\b", block), block
    lines = [line for line in LOCK.splitlines() if not line.lstrip().startswith("#")]
    for line in lines:
        assert re.fullmatch(r"[a-z0-9-]+==\S+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted", LOCK)


def audited(tmp_path: Path, script: str) -> tuple[int, str]:
    """What is said, and the exit code, where pip-audit does what `script` says."""
    tool = tmp_path / "pip-audit"
    tool.write_text(f"#!{sys.executable}\nimport sys\n{script}\n", "utf-8")
    tool.chmod(0o755)
    command = [sys.executable, str(AUDIT), str(tool)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


CLEAN = '{"name": "lxml", "version": "6.1.3", "vulns": []}'
HOLE = '{"name": "lxml", "version": "6.1.3", "vulns": [{"id": "CVE-2026-1"}]}'
SKIPPED = '{"name": "click", "skip_reason": "Dependency not found"}'


@pytest.mark.skipif(not AUDIT.exists(), reason="the installed package has no .ci")
@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        (f"print('{{\"dependencies\": [{CLEAN}, {SKIPPED}]}}')", 0, "1 of 2 packages"),
        (f"print('{{\"dependencies\": [{HOLE}]}}'); sys.exit(1)", 1, "lxml 6.1.3 has a known hole: CVE-2026-1"),
        (f"print('{{\"dependencies\": [{SKIPPED}]}}')", 0, "NOTHING WAS AUDITED"),
        ("sys.exit('ServiceError: no route to host')", 0, "NOTHING WAS AUDITED"),
    ],
)
def test_audit_says_what_happened_and_never_more(tmp_path: Path, script: str, code: int, said: str) -> None:
    ended, out = audited(tmp_path, script)
    assert (ended, said in out) == (code, True), out
