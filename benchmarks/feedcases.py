"""The cases of the feed: what lies in the root, what comes, and how it is seen that all of it arrived."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from measuring import Command, Failed, Trial
from roots import MANY, SHOP, TILLS, Root, Roots

XSD = Path(__file__).parents[1] / "xsd"


@dataclass(frozen=True)
class Case:
    """`reach`: what the ratio shall not exceed at a million goods."""

    key: str
    title: str
    root: str
    exports: tuple[str, ...]
    check: Callable[[Root, int], None]
    reach: float | None = None
    before: tuple[str, ...] = ()  # a verb to be called untimed
    measured_by: tuple[str, ...] = ()  # variants that the yardstick reads, where they are not the exports


def trial(case: Case, roots: Roots, exports: dict[str, Path], size: int, place: Path) -> Trial:
    """`place`: where the root of each try shall be."""
    root = Root(place)

    def prepare() -> Command:
        roots.copy(case.root, place)
        if case.before:
            root.call(*case.before)
        for name in case.exports:
            root.drop(exports[name])
        return root.command("feed")

    def check() -> None:
        for name in case.exports:
            _processed(root, f"{name}.xml")
        case.check(root, size)

    return Trial(prepare, check, partial(shutil.rmtree, place, ignore_errors=True))


def yardstick(case: Case, exports: dict[str, Path]) -> Command:
    """xmllint on the same file."""
    variants = case.measured_by or case.exports
    schema = Path(__file__).with_name("commerceml.xsd") if "import" in variants else XSD / "goods.xsd"
    return Command(["xmllint", "--stream", "--noout", "--schema", schema, *(exports[each] for each in variants)])


def _processed(root: Root, name: str) -> None:
    reply = json.loads((root.path / "replies" / f"{name}.json").read_text("utf-8"))
    if reply["state"] != "processed" or reply["records"]["refused"]:
        raise Failed(f"{name}: {reply['state']}, {reply['records']}, {reply['reason']}")


def _all_alike(root: Root, tills: int) -> None:
    """Every till has the flags that the first one has."""
    folders = root.tills()
    flags = root.flagged(root.till(1))
    if len(folders) != tills or any(root.flagged(folder) != flags for folder in folders):
        raise Failed(f"{len(folders)} tills do not stand alike")


def _goods_at(root: Root, size: int, *, tills: int = TILLS) -> None:
    """Every good that has a price, and for some of them a command more for the scales."""
    _all_alike(root, tills)
    commands = root.commands(1)
    if not size * 0.98 < commands < size * 1.2:
        raise Failed(f"{commands} commands for {size} goods")


def _changes_at(root: Root, size: int) -> None:
    _all_alike(root, TILLS)
    commands = root.commands(1)
    if not size * 0.009 <= commands <= size * 0.013:
        raise Failed(f"{commands} commands for 1 % of {size} goods")


def _nothing_at(root: Root, size: int) -> None:
    _all_alike(root, TILLS)
    if commands := root.commands(1):
        raise Failed(f"{commands} commands, where none of {size} goods changed")


def _filled(till: int, root: Root, size: int) -> None:
    commands = root.commands(till)
    if not size * 0.98 < commands < size * 1.2:
        raise Failed(f"{commands} commands for {size} goods at till {till}")


CASES = (
    Case("first", "first full load", "fresh", ("goods",), _goods_at, 1.2),
    Case("changed", "reload, 1 % changed", "loaded", ("changed",), _changes_at, 0.20),
    Case("again", "reload, nothing changed", "loaded", ("again",), _nothing_at, 0.12),
    Case("repeat", "the same bytes once more", "loaded", ("goods",), _nothing_at, 0.12),
    Case("shuffled", "reload, 1 % changed, in another order", "loaded", ("shuffled",), _changes_at, 0.25),
    Case("cp1251", "first full load, windows-1251", "fresh", ("cp1251",), _goods_at, 1.5),
    Case("commerceml", "first full load, CommerceML", "bare", ("import", "offers"), _goods_at, 2.0),
    Case("many", f"first full load, {MANY:,} tills", "many", ("goods",), partial(_goods_at, tills=MANY)),
    Case(
        "new",
        "a new till's full load, no other one under way",
        "loaded",
        (),
        partial(_filled, TILLS + 1),
        before=("till", "add", SHOP, str(TILLS + 1)),
        measured_by=("goods",),
    ),
    Case(
        "shared",
        "a new till's full load, chunks shared",
        "opening",
        (),
        partial(_filled, TILLS + 2),
        0.10,
        before=("till", "add", SHOP, str(TILLS + 2)),
        measured_by=("goods",),
    ),
)
