from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import fault_images
import pytest
from fault_calls import Untraceable, Worker
from fault_world import World, begun

FIGURES = pytest.StashKey[dict[str, Counter[str]]]()


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> dict[str, Counter[str]]:
    """How often what was tried: of each test, by the names that it gives; shown at the end of the run."""
    return request.config.stash.setdefault(FIGURES, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for what, counted in sorted(config.stash.get(FIGURES, {}).items()):
        told = ", ".join(f"{name} {count}" for name, count in counted.items())
        terminalreporter.write_line(f"{what}: {counted.total()} tried, of them {told}")


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder in memory, where there is one: a killed process leaves what the system was told, synced or not, and
    tests that kill thousands of them should not wait for a disk each time."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def worker(memory: Path) -> Iterator[Worker]:
    """Skips where no process can be traced."""
    with Worker(memory / "worker") as worker:
        yield traceable(worker)


def traceable(worker: Worker) -> Worker:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    try:
        worker.run("--version", trace="trace=write")
    except Untraceable as no:
        pytest.skip(f"nothing can be traced here: {no}")
    return worker


@pytest.fixture(scope="session")
def template(memory: Path) -> World:
    """The installation before anything befalls it; to be copied."""
    return begun(memory / "begun")


@pytest.fixture
def place(memory: Path) -> Path:
    """Where one world after another lies."""
    return memory / "root"


@pytest.fixture(scope="session")
def mounter(memory: Path) -> Iterator[Worker]:
    """A worker that sees what we mount, which nobody else does. Skips where nothing can be mounted."""
    try:
        fault_images.in_mounts_of_its_own(memory / "trial")
    except fault_images.Unmountable as no:
        pytest.skip(f"no image can be mounted here: {no}")
    with Worker(memory / "mounter") as worker:
        yield worker


@pytest.fixture(scope="session")
def tracing_mounter(mounter: Worker) -> Worker:
    return traceable(mounter)
