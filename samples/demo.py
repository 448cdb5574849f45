"""A day at the post office, on the samples: run by `make demo`, readable from top to bottom.

Everything happens in a temporary root, through the command line that a shop's admin uses; what it prints is what the
admin would see. The demo itself plays the ERP (it drops files into the inbox) and a till (it takes files away).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent
STEPS = 11
BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
PEEK = 76  # characters of a command that are shown


class Demo:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.step = 0

    def say(self, text: str) -> None:
        self.step += 1
        print(f"\n{BOLD}[{self.step}/{STEPS}] {text}{PLAIN}", flush=True)

    def run(self, *arguments: str, code: int = 0) -> str:
        """Runs one verb as a person would; its output. Any exit code but `code` ends the demo."""
        command = [sys.executable, "-m", "tillpost.cli", *arguments]
        place = {**os.environ, "TILLPOST_ROOT": str(self.root), "COLUMNS": "100"}
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=place)
        if done.returncode != code:
            sys.exit(f"tillpost {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout.rstrip()

    def show(self, *arguments: str, code: int = 0) -> None:
        """Runs one verb and shows what a person would see."""
        print(f"    $ tillpost {' '.join(arguments)}")
        for line in self.run(*arguments, code=code).splitlines():
            print(f"    {line}".rstrip())

    def ask(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    def drop(self, *files: Path, shop: str = "") -> None:
        """What an ERP does: write beside the inbox, rename in."""
        for file in files:
            fresh = self.root / f".{file.name}"
            shutil.copyfile(file, fresh)
            fresh.rename(self.root / "inbox" / shop / file.name)

    def sell(self, file: Path, *, live: bool = False) -> None:
        """What till 1 of shop 5 does: write the file beside its folder, rename it in."""
        fresh = self.root / f".{file.name}"
        shutil.copyfile(file, fresh)
        fresh.rename(self.root / "sales" / "5" / "1" / ("online" if live else "") / file.name)

    def age(self) -> None:
        """Makes today's folders in the rooms yesterday's, as they will be tomorrow."""
        for room in ("processed", "error", "broken"):
            for day in (self.root / room).glob("*/????-??-??"):
                before = date.fromisoformat(day.name) - timedelta(days=1)
                day.rename(day.with_name(before.isoformat()))

    def take(self, shop: str, till: str) -> list[str]:
        """What a till does: read each flagged chunk in its order, then delete data and flag."""
        taken = sorted((self.root / "queues" / shop / till).glob("pos*.flz"))
        for flag in taken:
            flag.with_suffix(".aif").unlink()
            flag.unlink()
        return [flag.with_suffix(".aif").name for flag in taken]

    def queue(self, shop: str, till: str) -> None:
        """A till's folder, and some of what it reads there."""
        print(f"    queues/{shop}/{till}/")
        for file in sorted((self.root / "queues" / shop / till).iterdir()):
            print(f"      {file.name:<18} {file.stat().st_size:>7} bytes")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tillpost-demo-") as folder:
        play(Demo(Path(folder) / "root"))


def play(demo: Demo) -> None:
    begin(demo)
    first_exports(demo)
    same_again(demo)
    changed(demo)
    taken(demo)
    suspicious(demo)
    faulty(demo)
    sold(demo)
    repeated(demo)
    erp_takes(demo)
    trimmed(demo)
    account(demo)


def begin(demo: Demo) -> None:
    demo.say("A root for two shops: shop 5 with three tills, shop 6 with one.")
    demo.show("init", str(demo.root), "--shop", "5", "--tills", "1,2,3", "--shop", "6", "--tills", "1")


def drop_all(demo: Demo) -> None:
    for shop, language in (("5", "1c"), ("6", "own")):
        (demo.root / "inbox" / shop).mkdir(exist_ok=True)
        demo.drop(*sorted((SAMPLES / language).glob("*.xml")), shop=shop)


def first_exports(demo: Demo) -> None:
    demo.say("The ERP drops a whole 1C export for shop 5, and the same shop in our own format for shop 6.")
    drop_all(demo)
    demo.show("feed")
    print()
    demo.queue("5", "1")
    for command in demo.run("queue", "show", "5", "1", "1").splitlines()[-2:]:
        print(f"      {command if len(command) <= PEEK else command[: PEEK - 1] + '…'}")


def same_again(demo: Demo) -> None:
    demo.say("The same files again. Nothing changed, so nothing is queued:")
    drop_all(demo)
    done = demo.ask("feed")
    repeats = sum(bool(export["reason"]) for export in done["exports"])
    read = sum(export["read"] for export in done["exports"])
    queued = sum(shop["commands"] for shop in done["commands"])
    print(f"    {len(done['exports'])} exports: {repeats} with number and content that were taken before; the others'")
    print(f"    {read} records were read and compared. New commands for the tills: {queued}")


def changed(demo: Demo) -> None:
    demo.say("Two prices change in shop 6. Only those are queued, and only there:")
    demo.drop(SAMPLES / "changed" / "prices.xml", shop="6")
    demo.show("feed")
    demo.queue("6", "1")


def taken(demo: Demo) -> None:
    demo.say("Till 1 of shop 6 takes its files; deleting them is the receipt.")
    print(f"    taken: {', '.join(demo.take('6', '1'))}")
    demo.show("feed")
    demo.show("till", "ls")


def suspicious(demo: Demo) -> None:
    demo.say("A full export that has lost most of the goods: correct, but held for a person to look at.")
    demo.drop(SAMPLES / "suspicious" / "goods.xml", shop="6")
    demo.show("feed", code=1)
    [held] = demo.ask("held", "ls")
    print(f"    `tillpost held show {held['arrival']}` names the goods; `held release` would let it through after all.")
    demo.show("held", "refuse", str(held["arrival"]))


def faulty(demo: Demo) -> None:
    demo.say("A torn file, and one with two bad records: the good records are taken, and every fault is named.")
    demo.drop(SAMPLES / "broken" / "torn.xml", SAMPLES / "refused" / "goods.xml", shop="6")
    demo.show("feed", code=1)
    for reply in sorted((demo.root / "replies").glob("goods.xml*.json")):
        refused = json.loads(reply.read_text("utf-8"))["refused"]
        if refused:
            print(f"    The ERP reads it in replies/{reply.name}:")
        for line in refused:
            print(f"      line {line['line']}, {line['kind']} {line['key']}: {line['text']}")


def sold(demo: Demo) -> None:
    demo.say("The other way: till 1 of shop 5 drops the sales file of its shift 12, and a live receipt of the next.")
    demo.sell(SAMPLES / "sales" / "1" / "sale_1_12.json")
    demo.sell(SAMPLES / "sales" / "1" / "online" / "sale_1_13_1.json", live=True)
    demo.show("collect")
    print()
    demo.show("sales", "shifts", "5", "1")
    print("\n    outbox/")
    names = sorted(file.name for file in (demo.root / "outbox").glob("*.xml"))
    for name in [*names[:2], "…", *names[-2:]]:
        print(f"      {name}")


def repeated(demo: Demo) -> None:
    demo.say("The same sales under another name, spelt otherwise: known already. And a corrected receipt:")
    demo.sell(SAMPLES / "sales" / "1" / "sale_1_12_again.json")
    demo.sell(SAMPLES / "sales" / "1" / "sale_1_12_corrected.json")
    demo.show("collect")


def erp_takes(demo: Demo) -> None:
    demo.say("The ERP takes its documents; deleting them is the receipt.")
    documents = list((demo.root / "outbox").glob("*.xml"))
    for document in documents:
        document.unlink()
    print(f"    taken: {len(documents)} documents")
    demo.show("collect")


def trimmed(demo: Demo) -> None:
    demo.say("A night passes: what lies in the rooms since yesterday goes into archives, and can be found there.")
    demo.age()
    demo.show("trim")
    print()
    demo.show("archive", "ls", "sale_1_12.json")


def account(demo: Demo) -> None:
    print(f"\n{BOLD}In all:{PLAIN}")
    demo.show("status")
    print("\nThe next step by hand: README.md, \"Drop a file in, see it at the till\".")


if __name__ == "__main__":
    main()
