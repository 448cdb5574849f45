"""The command line as a person or a script meets it: arguments in, lines and an exit code out."""

from __future__ import annotations

import copy
import json
import os
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from post_office import PostOffice, good, goods
from tillpost.cli import run


class Answer(NamedTuple):
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Verb = Callable[..., Answer]


TEN = [good(str(code), name=f"Чай {code}") for code in range(1, 11)]


@pytest.fixture(scope="session")
def fresh_root(tmp_path_factory: pytest.TempPathFactory) -> PostOffice:
    return PostOffice(tmp_path_factory.mktemp("fresh") / "root", {"5": ["1", "2"], "6": ["1"]})


@pytest.fixture(scope="session")
def fed_root(fresh_root: PostOffice, tmp_path_factory: pytest.TempPathFactory) -> PostOffice:
    office = copied(fresh_root, tmp_path_factory.mktemp("fed") / "root")
    office.drop("goods.xml", goods(*TEN, number=1))
    run(["--root", str(office.root), "feed"])
    office.drop("half.xml", goods(good("11"), good("1 2", "x"), full=False))
    office.drop("torn.xml", goods(*TEN)[:-30])
    office.drop("suspicious.xml", goods(TEN[0], number=2))
    run(["--root", str(office.root), "feed"])
    return office


def copied(office: PostOffice, root: Path) -> PostOffice:
    """A root that nobody works in may be copied: cheaper than a new one for each test."""
    shutil.copytree(office.root, root)
    other = copy.copy(office)
    other.root = root
    return other


@pytest.fixture
def office(fresh_root: PostOffice, tmp_path: Path) -> PostOffice:
    """Shop 5 with tills 1 and 2, shop 6 with till 1; nothing was fed yet."""
    return copied(fresh_root, tmp_path / "root")


@pytest.fixture
def fed(fed_root: PostOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    """Ten goods for the chain were taken, then one good of an export with a refused record; a torn file is broken, an
    export that lost nine goods is held."""
    office = copied(fed_root, tmp_path / "fed")
    monkeypatch.setenv("TILLPOST_ROOT", str(office.root))
    return office


@pytest.fixture(autouse=True)
def no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TILLPOST_ROOT", raising=False)


@pytest.fixture
def bare(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Verb]:
    """Runs `tillpost …` in this process, without a root; `columns` is the width of the terminal, 0 = no terminal."""

    def verb(line: str, *, columns: int = 0) -> Answer:
        monkeypatch.setenv("COLUMNS", str(columns)) if columns else monkeypatch.delenv("COLUMNS", raising=False)
        capfd.readouterr()
        code = run(shlex.split(line))
        return Answer(code, *capfd.readouterr())

    yield verb
    os.environ.pop("COLUMNS", None)


@pytest.fixture
def tillpost(bare: Verb, office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> Verb:
    """Runs `tillpost …` in the root of `office`, or of `fed` where a test asks for it."""
    monkeypatch.setenv("TILLPOST_ROOT", str(office.root))
    return bare


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have a terminal of any width, and a test process that says so."""
    monkeypatch.delenv("COLUMNS", raising=False)
