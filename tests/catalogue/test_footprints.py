from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from tillpost.catalogue import MemoryStore, Store
from tillpost.catalogue.footprints import Following, Footprints, Laying, Skimming
from tillpost.model import Aside, Kind

TERMS = "terms"


def mark(text: str) -> bytes:
    return text.encode().ljust(16, b".")


def opened(store: Store, terms: str = TERMS) -> Skimming:
    with store.write() as txn:
        return Footprints(txn).skimming(Kind.GOOD, "", terms)


class Facts:
    """Facts by key, and the mark of the record that states each; a file is a list of (key, text)."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.facts: dict[str, str] = {}

    def skim(self, file: Sequence[tuple[str, str]], *, terms: str = TERMS, at_once: int = 3) -> list[str]:
        """Takes the file as a full export; the keys that had to be read. What it leaves out is gone."""
        read = []
        with self.store.write() as txn:
            skimming = Footprints(txn).skimming(Kind.GOOD, "", terms)
            for first in range(0, len(file), at_once):
                records = file[first : first + at_once]
                for place in skimming.strange([mark(text) for _, text in records]):
                    key, text = records[place]
                    read.append(key)
                    skimming.taken(key, mark(text), replaces=key in self.facts)
                    self.facts[key] = text
            unnamed = skimming.unnamed()
            named = {key for key, _ in file}
            for key in list(self.facts) if unnamed is None else unnamed:
                if key not in named:
                    self.facts.pop(key, None)
            skimming.keep(lambda key: key in self.facts)
        assert self.facts == dict(file)
        return read

    def change(self, key: str) -> None:
        """By another export."""
        with self.store.write() as txn:
            Footprints(txn).strike(Kind.GOOD, (key,), "")


FILE = [(f"{number}", f"good {number}") for number in range(10)]


@pytest.fixture
def facts() -> Facts:
    return Facts(MemoryStore())


def test_a_file_that_comes_again_holds_nothing_strange(facts: Facts) -> None:
    assert len(facts.skim(FILE)) == len(FILE)
    assert facts.skim(FILE) == []
    assert facts.skim(FILE[::-1]) == []
    assert facts.skim(FILE[::-1], at_once=1) == []


def test_what_changed_comes_or_goes_is_found_wherever_it_stands(facts: Facts) -> None:
    facts.skim(FILE)
    changed = [*FILE[:4], ("4", "other"), *FILE[5:]]
    assert facts.skim(changed) == ["4"]
    assert facts.skim([("new", "new"), *changed], at_once=2) == ["new"]
    assert facts.skim(changed) == []
    assert facts.skim(changed[1:]) == []
    assert facts.skim(changed) == ["0"]
    assert facts.skim([]) == []


def test_a_struck_key_is_read_once(facts: Facts) -> None:
    facts.skim(FILE)
    facts.change("7")
    assert facts.skim(FILE) == ["7"]
    assert facts.skim(FILE) == []


def test_a_struck_key_that_the_file_leaves_out_is_among_the_unnamed(facts: Facts) -> None:
    facts.skim(FILE)
    facts.change("7")
    facts.skim(FILE[:7])  # asserts that nothing of it is left


def test_nothing_is_known_under_other_terms(facts: Facts) -> None:
    facts.skim(FILE)
    assert len(facts.skim(FILE, terms="other")) == len(FILE)
    assert facts.skim(FILE, terms="other") == []


@pytest.mark.parametrize("order", [lambda file: file, lambda file: file[::-1]])
def test_a_key_named_twice_is_nothing_to_skim(
    facts: Facts, order: Callable[[Sequence[object]], Sequence[object]]
) -> None:
    facts.skim(FILE)
    with pytest.raises(Aside):
        facts.skim(order([*FILE, ("3", "other")]))  # type: ignore[arg-type]
    with pytest.raises(Aside):
        facts.skim(order([*FILE, FILE[3]]))  # type: ignore[arg-type]


def test_many_blocks_are_kept_and_fewer_leave_none_behind(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillpost.catalogue.footprints.BLOCK", 3)
    facts.skim(FILE)
    assert facts.skim(FILE) == []
    facts.skim(FILE[:2])
    assert facts.skim(FILE[:2]) == []
    with facts.store.read() as txn:
        assert txn.table("footprint marks").count() == 1


def test_what_holds_is_followed_and_what_does_not_is_laid_anew(facts: Facts) -> None:
    assert isinstance(opened(facts.store), Laying)
    facts.skim(FILE)
    assert isinstance(opened(facts.store), Following)
    assert isinstance(opened(facts.store, "other"), Laying)
