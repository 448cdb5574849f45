"""Roots to begin with: made once by tillpost itself, then copied for each try, as a stopped root may be.

    bare     20 tills, nothing known
    fresh    groups, units and taxes known, and taken by all tills
    many     as fresh, with 2,000 tills
    loaded   as fresh, then all goods, taken by all tills
    opening  as loaded, and one more till that stands before its full load

The tills here take as real ones do: a chunk, then its flag.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from measuring import Command, Failed

SHOP = "5"
TILLS = 20
MANY = 2000
PROGRAM = Path(sys.executable).with_name("tillpost")


class Root:
    """A root of tillpost's."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def command(self, *words: str) -> Command:
        return Command([PROGRAM, *words], {"TILLPOST_ROOT": str(self.path)})

    def call(self, *words: str) -> None:
        """Raises Failed."""
        command = self.command(*words)
        done = subprocess.run(
            list(map(str, command.words)),
            env={**os.environ, **command.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(f"tillpost {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")

    def drop(self, export: Path, name: str = "") -> None:
        """Written beside the inbox, renamed in."""
        beside = self.path / f".{export.name}"
        shutil.copyfile(export, beside)
        beside.rename(self.path / "inbox" / (name or export.name))

    def feed(self, *exports: Path) -> None:
        for export in exports:
            self.drop(export)
        self.call("feed")

    def till(self, till: int) -> Path:
        return self.path / "queues" / SHOP / str(till)

    def tills(self) -> list[Path]:
        return sorted((self.path / "queues" / SHOP).iterdir())

    def take_all(self) -> None:
        """Every till takes what is flagged; the next feed sees it."""
        for folder in self.tills():
            for flag in sorted(folder.glob("*.flz")):
                flag.with_suffix(".aif").unlink()
                flag.unlink()
        self.call("feed")

    def flagged(self, folder: Path) -> list[str]:
        return sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".flz"))

    def commands(self, till: int) -> int:
        """How many commands wait for a till."""
        return sum(file.read_bytes().count(b"\n---\n") for file in self.till(till).glob("*.aif"))


class Roots:
    """The roots of one size, in `folder`; `exports` by variant."""

    def __init__(self, folder: Path, exports: dict[str, Path]) -> None:
        self._folder = folder
        self._exports = exports
        self._makers: dict[str, Callable[[Root], None]] = {
            "bare": self._make_bare,
            "fresh": self._make_fresh,
            "many": self._make_many,
            "loaded": self._make_loaded,
            "opening": self._make_opening,
        }

    def copy(self, name: str, place: Path) -> Root:
        """A root like `name`, at `place`, where nothing is yet."""
        pattern = self._folder / name
        if not pattern.exists():
            half = self._folder / f".{name}"
            shutil.rmtree(half, ignore_errors=True)  # of one that failed
            self._makers[name](Root(half))
            half.rename(pattern)
        subprocess.run(["/bin/cp", "-a", str(pattern), str(place)], check=True)
        return Root(place)

    def _make_bare(self, root: Root, tills: int = TILLS) -> None:
        root.call("init", str(root.path), "--shop", SHOP, "--tills", ",".join(map(str, range(1, tills + 1))))

    def _make_fresh(self, root: Root, tills: int = TILLS) -> None:
        self._make_bare(root, tills)
        root.feed(*(self._exports[kind] for kind in ("groups", "units", "taxes")))
        root.take_all()

    def _make_many(self, root: Root) -> None:
        self._make_fresh(root, MANY)

    def _make_loaded(self, root: Root) -> None:
        self.copy("fresh", root.path).feed(self._exports["goods"])
        root.take_all()

    def _make_opening(self, root: Root) -> None:
        self.copy("loaded", root.path).call("till", "add", SHOP, str(TILLS + 1))
        root.feed()
