"""A till that comes later is filled by the chunks of the shop's full load, and ends as the others do."""

from __future__ import annotations

from pathlib import Path

import pytest
from post_office import PostOffice, export, good, goods
from simulated_till import SimulatedTill
from tillpost.pipeline import root
from tillpost.pipeline.delivery import Delivery
from tillpost.pipeline.fullloads import FullLoad, FullLoads, Piece
from tillpost.pipeline.ledger import Ledger
from tillpost.queues.chunks import Chunk

pytestmark = pytest.mark.usefixtures("unsynced")

LIST = [good(str(number), barcodes=(f"2{number:012}",)) for number in range(100, 130)]
SMALL = "[feed]\nchunk_size = 10"


@pytest.fixture
def filled(make_office) -> PostOffice:
    """Shop 5, whose one till was filled and has taken it all."""
    office: PostOffice = make_office({"5": ["1"]}, settings=SMALL)
    office.send("goods.xml", goods(*LIST))
    office.take_all()
    office.feed()
    return office


def digests(office: PostOffice, till: str) -> list[str]:
    with office.open() as opened, opened.store.read() as txn:
        state = Ledger(txn).till("5", till)
    assert state is not None
    return [one.digest for one in state.outstanding]


def load(office: PostOffice) -> FullLoad | None:
    with office.open() as opened, opened.store.read() as txn:
        return FullLoads(txn).of("5")


def pieces(office: PostOffice) -> list[str]:
    kept = load(office)
    return [piece.chunk.digest for piece in kept.pieces] if kept else []


def path(office: PostOffice, digest: str) -> Path:
    return office.root / "state" / "chunks" / digest[:2] / f"{digest}.aif"


def come(office: PostOffice, till: str) -> SimulatedTill:
    """A new till, filled."""
    with office.open() as opened:
        root.add_tills(opened, "5", [till])
    office.tills["5", till] = SimulatedTill()
    office.feed()
    return office.tills["5", till]


def changed(*codes: str) -> str:
    return goods(*(good(code, "77.00", barcodes=(f"2{code:0>12}",)) for code in codes), full=False)


def test_later_till_gets_the_same_chunks_and_behind_them_what_came_since(filled: PostOffice) -> None:
    kept = pieces(filled)
    assert len(kept) == 4
    filled.send("change.xml", changed("100", "101"))
    come(filled, "2")
    assert digests(filled, "2")[:4] == kept
    assert len(digests(filled, "2")) == 5
    filled.take_all()
    assert filled.tills["5", "2"].state() == filled.tills["5", "1"].state()


def test_till_that_is_filled_anew_gets_the_same_chunks(filled: PostOffice) -> None:
    kept = pieces(filled)
    before = filled.tills["5", "1"].state()
    with filled.open() as opened:
        root.resync(opened, "5", "1", now=False)
    assert digests(filled, "1") == kept
    assert filled.take("5", "1").state() == before


def test_till_learns_of_a_list_that_got_empty_since(filled: PostOffice) -> None:
    groups = "".join(f'<group code="{code}">{code}</group>' for code in "xyz")
    filled.send("groups.xml", export("groups", groups))
    come(filled, "2")
    filled.send("groups2.xml", export("groups", '<group code="x">x</group>'))
    come(filled, "3")
    filled.take_all()
    assert set(filled.tills["5", "3"].groups) == {"x"}
    assert filled.tills["5", "3"].state() == filled.tills["5", "1"].state()


@pytest.mark.parametrize("what", ["gone", "damaged"])
@pytest.mark.parametrize("at", [0, 1, 3])
def test_chunk_that_is_gone_or_damaged_is_cut_again(filled: PostOffice, what: str, at: int) -> None:
    kept = pieces(filled)
    spoilt = path(filled, kept[at])
    if what == "gone":
        spoilt.unlink()
    else:
        spoilt.chmod(0o640)
        spoilt.write_bytes(spoilt.read_bytes().replace(b"1", b"7"))
    come(filled, "2")
    assert digests(filled, "2") == pieces(filled) == kept
    filled.take_all()
    assert filled.tills["5", "2"].state() == filled.tills["5", "1"].state()


def test_chunk_that_is_cut_again_after_changes_says_what_holds_now(filled: PostOffice) -> None:
    kept = pieces(filled)
    filled.send("change.xml", changed("110", "111"))
    path(filled, kept[1]).unlink()
    come(filled, "2")
    assert digests(filled, "2")[0] == kept[0]
    assert digests(filled, "2")[1] != kept[1]
    filled.take_all()
    assert filled.tills["5", "2"].state() == filled.tills["5", "1"].state()


def test_full_load_of_which_much_is_old_is_cut_anew(filled: PostOffice) -> None:
    kept = pieces(filled)
    filled.send("change.xml", changed(*(str(code) for code in range(100, 115))))
    come(filled, "2")
    assert not {*digests(filled, "2")} & {*kept}
    assert digests(filled, "2") == pieces(filled)
    filled.take_all()
    assert filled.tills["5", "2"].state() == filled.tills["5", "1"].state()


def test_full_load_begins_anew_when_the_shop_has_a_further_list_to_empty(filled: PostOffice) -> None:
    kept = pieces(filled)
    filled.send("groups.xml", export("groups", '<group code="x">Tea</group>'))
    come(filled, "2")
    assert digests(filled, "2")[0] != kept[0]
    assert b"clearInventGroup" in path(filled, digests(filled, "2")[0]).read_bytes()


def test_full_load_is_kept_while_chunks_are_removed_and_forgotten_when_it_is_old(filled: PostOffice) -> None:
    kept = pieces(filled)
    with filled.open() as opened:
        assert Delivery(opened).prune() == 0
    assert all(path(filled, digest).exists() for digest in kept)
    filled.send("change.xml", changed(*(str(code) for code in range(100, 115))))
    filled.take_all()
    with filled.open() as opened:
        assert Delivery(opened).prune() > 0
    assert load(filled) is None
    assert not any(path(filled, digest).exists() for digest in kept)


def test_full_load_grows_only_at_its_end_and_up_to_its_head() -> None:
    one, two = (Piece(Chunk("ab" * 32, 1, 1), revision) for revision in (4, 9))
    begun = FullLoad(8, (b"clear",))
    assert begun.grown(4, two) == begun
    filled = begun.grown(0, one).grown(4, two)
    assert filled.pieces == (one, two)
    assert filled.grown(9, two) == filled
    assert (filled.behind(0), filled.behind(4), filled.behind(9)) == ((one, two), (two,), ())
    assert filled.behind(5) == ()
    assert filled.up_to(4).pieces == (one,)
