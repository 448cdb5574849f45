"""The promises of a store, kept by the real one and by its twin; then what only the real one can break."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import lmdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tillpost.catalogue import LmdbStore, MemoryStore, Records, Store, lmdbtables
from tillpost.catalogue.keys import Key, pack
from tillpost.errors import Halt, Reject, Retry
from tillpost.model import Noun

ROWS: list[Key] = [("a",), ("a", 1), ("a", 2), ("a", 10), ("a", 300), ("a\x00b", 1), ("ab", 1), ("b",), ("я", "б")]


def fill(store: Store, rows: list[Key]) -> None:
    with store.write() as txn:
        table = txn.table("rows")
        for place, key in enumerate(rows):
            table.put(key, str(place).encode())


def keys_of(store: Store, *args: Any, **named: Any) -> list[Key]:
    with store.read() as txn:
        return [key for key, _ in txn.table("rows").scan(*args, **named)]


# --- the contract


def test_scan_goes_in_the_order_of_the_keys(store: Store) -> None:
    fill(store, ROWS[::-1])
    assert keys_of(store) == ROWS
    assert keys_of(store, reverse=True) == ROWS[::-1]


def test_scan_stays_under_its_prefix(store: Store) -> None:
    fill(store, ROWS)
    assert keys_of(store, ("a",)) == ROWS[:5]
    assert keys_of(store, ("a",), reverse=True) == ROWS[:5][::-1]
    assert keys_of(store, ("c",)) == keys_of(store, ("c",), reverse=True) == []


def test_scan_begins_where_it_is_told(store: Store) -> None:
    fill(store, ROWS)
    assert keys_of(store, ("a",), start=("a", 2)) == [("a", 2), ("a", 10), ("a", 300)]
    assert keys_of(store, ("a",), start=("a", 3)) == [("a", 10), ("a", 300)]
    assert keys_of(store, ("a",), start=("a", 301)) == []
    assert keys_of(store, ("a",), start=("a", 10), reverse=True) == [("a", 10), ("a", 2), ("a", 1), ("a",)]
    assert keys_of(store, ("a",), start=("a", 9), reverse=True) == [("a", 2), ("a", 1), ("a",)]
    assert keys_of(store, ("я",), start=("я", "я"), reverse=True) == [("я", "б")]


def test_value_is_what_was_put_last(store: Store) -> None:
    with store.write() as txn:
        table = txn.table("rows")
        table.put(("a",), b"1")
        table.put(("a",), b"")
        assert table.get(("a",)) == b""
        assert table.count() == 1
    with store.read() as txn:
        assert txn.table("rows").get(("a",)) == b""
        assert txn.table("rows").get(("b",)) is None


def test_big_value_comes_back_whole(store: Store) -> None:
    value = os.urandom(3_000_000)
    with store.write() as txn:
        txn.table("rows").put(("big",), value)
    with store.read() as txn:
        assert txn.table("rows").get(("big",)) == value


def test_delete_tells_whether_there_was_anything(store: Store) -> None:
    fill(store, ROWS)
    with store.write() as txn:
        assert txn.table("rows").delete(("a", 2)) is True
        assert txn.table("rows").delete(("a", 2)) is False
        assert txn.table("rows").count() == len(ROWS) - 1
    assert ("a", 2) not in keys_of(store)


def test_clear_empties_one_table_and_no_other(store: Store) -> None:
    fill(store, ROWS)
    with store.write() as txn:
        txn.table("others").put(("a",), b"")
        txn.table("rows").clear()
        assert txn.table("rows").count() == 0
    with store.read() as txn:
        assert (txn.table("rows").count(), txn.table("others").count()) == (0, 1)


def test_abort_leaves_nothing(store: Store) -> None:
    fill(store, ROWS)
    with pytest.raises(ZeroDivisionError), store.write() as txn:  # noqa: PT012 the block is what is tested
        txn.table("rows").clear()
        txn.table("new").put(("a",), b"")
        raise ZeroDivisionError
    assert keys_of(store) == ROWS
    with store.write() as txn:
        assert txn.table("new").count() == 0
        txn.table("new").put(("b",), b"")
    with store.read() as txn:
        assert [key for key, _ in txn.table("new").scan()] == [("b",)]


def test_reader_sees_the_last_commit_and_nothing_later(store: Store) -> None:
    fill(store, ROWS[:1])
    with store.read() as before:
        fill(store, ROWS[:2])
        assert [key for key, _ in before.table("rows").scan()] == ROWS[:1]
        assert keys_of(store) == ROWS[:2]


def test_reader_sees_nothing_of_an_unfinished_change(store: Store) -> None:
    fill(store, ROWS[:1])
    with store.write() as txn:
        txn.table("rows").put(ROWS[1], b"")
        txn.table("new").put(ROWS[1], b"")
        assert keys_of(store) == ROWS[:1]
        with store.read() as reader:
            assert reader.table("new").count() == 0
        assert txn.table("rows").count() == 2


def test_table_nobody_wrote_to_is_empty(store: Store) -> None:
    with store.read() as txn:
        table = txn.table("nothing")
        assert (table.get(("a",)), table.count(), list(table.scan())) == (None, 0, [])


def test_write_inside_a_write_is_an_error(store: Store) -> None:
    with store.write() as txn:
        txn.table("rows").put(("a",), b"")
        with pytest.raises(Halt, match="inside another"), store.write():
            pass
    assert keys_of(store) == [("a",)]


@pytest.mark.parametrize("table", ["rows", "nothing"])
def test_reader_may_not_write(store: Store, table: str) -> None:
    fill(store, ROWS)
    for change in ("put", "delete", "clear"):
        args = {"put": (("a",), b""), "delete": (("a",),), "clear": ()}[change]
        with pytest.raises(Halt), store.read() as txn:
            getattr(txn.table(table), change)(*args)
    assert keys_of(store) == ROWS


def test_long_key_is_refused(store: Store) -> None:
    with pytest.raises(Reject, match="511"), store.write() as txn:
        txn.table("rows").put(("я" * 300,), b"")
    assert keys_of(store) == []


def test_other_tables_may_change_during_a_scan(store: Store) -> None:
    fill(store, ROWS)
    with store.write() as txn:
        for key, value in txn.table("rows").scan():
            txn.table("copies").put(key, value)
        assert txn.table("copies").count() == len(ROWS)


def test_packed_keys_lead_to_the_same_rows(store: Store) -> None:
    with store.write() as txn:
        table = txn.table("rows")
        for key in ROWS[::-1]:
            table.put_packed(pack(key), str(key).encode())
        assert [table.get(key) for key in ROWS] == [str(key).encode() for key in ROWS]
    with store.read() as txn:
        table = txn.table("rows")
        assert [table.get_packed(pack(key)) for key in ROWS] == [str(key).encode() for key in ROWS]
        assert [packed for packed, _ in table.walk()] == list(map(pack, ROWS))
        assert [packed for packed, _ in table.walk(pack(("a",)))] == list(map(pack, ROWS[:5]))
        assert [packed for packed, _ in table.walk(pack(("a",)), pack(("a", 2)))] == list(map(pack, ROWS[2:5]))


def test_what_lies_under_many_beginnings_comes_for_each_of_them(store: Store) -> None:
    fill(store, ROWS)
    with store.write() as txn:
        table = txn.table("rows")
        table.put(("ab", 2), b"new")
        asked = [pack(key) for key in ((), ("a", 2), ("aa",), ("ab",), ("a",), ("z",))]
        found = [[packed for packed, _ in rows] for rows in table.under(asked)]
        assert found == [[packed for packed, _ in table.walk(prefix)] for prefix in asked]
    with store.read() as txn:
        assert list(txn.table("nothing").under(asked[:2])) == [[], []]
        assert list(txn.table("nothing").walk()) == []
        assert txn.table("nothing").get_packed(asked[1]) is None


def test_table_is_empty_until_something_is_put_and_when_all_is_deleted(store: Store) -> None:
    with store.write() as txn:
        assert txn.table("rows").is_empty()
        txn.table("rows").put(("a",), b"")
        assert not txn.table("rows").is_empty()
    with store.write() as txn:
        assert not txn.table("rows").is_empty()
        txn.table("rows").delete(("a",))
        assert txn.table("rows").is_empty()
        txn.table("rows").put(("b",), b"")
        txn.table("rows").clear()
        assert txn.table("rows").is_empty()
    with store.read() as txn:
        assert txn.table("rows").is_empty()
        assert txn.table("nothing").is_empty()


class Sheep(Noun, frozen=True):
    name: str


def test_records_come_back_as_they_were(store: Store) -> None:
    with store.write() as txn:
        records = Records(txn.table("sheep"), Sheep)
        records.put((1,), Sheep("Dolly"))
        records.put((2,), Sheep("Мила"))
    with store.read() as txn:
        records = Records(txn.table("sheep"), Sheep)
        assert records.get((1,)) == Sheep("Dolly")
        assert records.get((3,)) is None
        assert [sheep.name for _, sheep in records.scan(reverse=True)] == ["Мила", "Dolly"]
        assert records.count() == 2
    with store.write() as txn:
        assert Records(txn.table("sheep"), Sheep).delete((1,))


def test_record_that_cannot_be_read_halts(store: Store) -> None:
    fill(store, ROWS)
    with store.read() as txn, pytest.raises(Halt, match="cannot be read"):
        Records(txn.table("rows"), Sheep).get(("a",))


verbs = st.sampled_from(["put", "put", "get", "delete", "clear", "look", "commit", "abort"])
steps = st.lists(st.tuples(verbs, st.text("ab", max_size=2), st.integers(0, 2)), max_size=40)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps, st.integers(0, 3 * lmdbtables.ROW))
def test_both_stores_are_one_to_their_users(tmp_path: Path, many: list[tuple[str, str, int]], held_back: int) -> None:
    """However many rows a writer holds back."""
    folder = tmp_path / os.urandom(8).hex()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lmdbtables, "HELD_BACK", held_back)
        real, twin = LmdbStore.open(folder, map_size=1024**2), MemoryStore()
        try:
            assert replay(real, many) == replay(twin, many)
        finally:
            real.close()


def replay(store: Store, many: list[tuple[str, str, int]]) -> list[object]:
    seen: list[object] = []
    rest = list(many)
    while rest:
        try:
            with store.write() as txn:
                table = txn.table("rows")
                while rest:
                    verb, text, number = rest.pop(0)
                    if verb == "abort":
                        raise ZeroDivisionError
                    if verb == "commit":
                        break
                    if verb == "put":
                        table.put((text, number), verb.encode())
                    elif verb == "get":
                        seen.append(table.get((text, number)))
                    elif verb == "delete":
                        seen.append(table.delete((text, number)))
                    elif verb == "look":
                        seen += [table.is_empty(), list(table.scan((text,))), list(table.under([pack((text,))]))]
                    else:
                        table.clear()
        except ZeroDivisionError:
            pass
        with store.read() as txn:
            seen.append(list(txn.table("rows").scan(("a",), start=("a", 1))))
            seen.append(list(txn.table("rows").scan((), start=("a", 1), reverse=True)))
            seen.append(txn.table("rows").count())
    return seen


# --- on disk


def test_state_is_there_after_closing(tmp_path: Path) -> None:
    store = LmdbStore.open(tmp_path / "deep" / "state")
    fill(store, ROWS)
    store.close()
    for readonly in (False, True):
        store = LmdbStore.open(tmp_path / "deep" / "state", readonly=readonly)
        assert keys_of(store) == ROWS
        store.close()


def test_state_may_be_moved(tmp_path: Path) -> None:
    store = LmdbStore.open(tmp_path / "here")
    fill(store, ROWS)
    store.close()
    (tmp_path / "here").rename(tmp_path / "there")
    store = LmdbStore.open(tmp_path / "there")
    assert keys_of(store) == ROWS
    store.close()


def test_readonly_store_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(Halt, match="cannot be used"):
        LmdbStore.open(tmp_path / "nothing", readonly=True)
    assert not (tmp_path / "nothing").exists()


def test_unknown_version_halts(tmp_path: Path) -> None:
    store = LmdbStore.open(tmp_path)
    with store.write() as txn:
        txn.table("meta").put(("version",), b"99")
    store.close()
    with pytest.raises(Halt, match="version 99"):
        LmdbStore.open(tmp_path)


def test_tables_without_a_version_halt(tmp_path: Path) -> None:
    store = LmdbStore.open(tmp_path)
    with store.write() as txn:
        txn.table("meta").clear()
    store.close()
    with pytest.raises(Halt, match="version"):
        LmdbStore.open(tmp_path)


@pytest.mark.parametrize("left", [b"", b"not what it was" * 1000])
def test_damaged_file_halts(tmp_path: Path, left: bytes) -> None:
    store = LmdbStore.open(tmp_path)
    fill(store, ROWS)
    store.close()
    (tmp_path / "data.mdb").write_bytes(left)
    with pytest.raises(Halt, match="damaged"):
        LmdbStore.open(tmp_path)


def test_folder_that_cannot_be_made_halts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Halt, match="cannot be used"):
        LmdbStore.open(tmp_path / "file" / "state")


def test_full_store_is_tried_again_later_and_keeps_what_it_had(tmp_path: Path) -> None:
    store = LmdbStore.open(tmp_path, map_size=1024**2)
    fill(store, ROWS)
    with pytest.raises(Retry, match="no room"), store.write() as txn:
        txn.table("rows").put(("big",), bytes(2 * 1024**2))
    assert keys_of(store) == ROWS
    fill(store, [("c",)])
    store.close()


@pytest.mark.parametrize("trouble", [lmdb.DiskError("no space"), lmdb.MapFullError("full")])
def test_full_disk_is_tried_again_later(tmp_path: Path, trouble: Exception) -> None:
    store = LmdbStore.open(tmp_path)
    with pytest.raises(Retry, match="no room"), store.write():
        raise trouble
    store.close()


def test_store_whose_root_page_could_not_be_written_is_opened_anew(tmp_path: Path) -> None:
    """LMDB refuses that environment for good, and nothing is wrong with the file."""
    store = LmdbStore.open(tmp_path)
    fill(store, ROWS)
    with pytest.raises(Retry, match="fails"), store.write():
        raise lmdb.PanicError("update of meta page failed")
    assert keys_of(store) == ROWS
    fill(store, [("c",)])
    assert ("c",) in keys_of(store)
    store.close()


def test_store_is_not_opened_anew_below_a_transaction(tmp_path: Path) -> None:
    store = LmdbStore.open(tmp_path)
    fill(store, ROWS)
    with store.read() as outer:
        with pytest.raises(Retry, match="fails"), store.read():
            raise lmdb.PanicError("found by an inner one")
        assert keys_of(store) == ROWS
        assert outer.table("rows").get(ROWS[0]) is not None
    assert keys_of(store) == ROWS
    store.close()


def test_disk_that_fails_a_commit_is_tried_again_later(tmp_path: Path) -> None:
    store = LmdbStore.open(tmp_path)
    with pytest.raises(Retry, match="fails"), store.write():
        raise lmdb.Error("mdb_txn_commit: Input/output error")
    store.close()


def test_child_process_may_not_use_its_parents_store(tmp_path: Path) -> None:
    store = LmdbStore.open(tmp_path)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        told = b""
        for begin in (store.read, store.write):
            try:
                with begin():
                    told += b"used "
            except Halt as halt:
                told += halt.reason.code.encode() + b" "
        os.write(writer, told)
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 100) == b"store.forked store.forked "
    os.close(reader)
    os.close(writer)
    store.close()


def test_writers_of_two_threads_wait_for_each_other(tmp_path: Path) -> None:
    store = LmdbStore.open(tmp_path)

    def count(times: int) -> None:
        for _ in range(times):
            with store.write() as txn:
                table = txn.table("rows")
                table.put(("sum",), str(int(table.get(("sum",)) or b"0") + 1).encode())

    threads = [threading.Thread(target=count, args=(20,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as txn:
        assert txn.table("rows").get(("sum",)) == b"60"
    store.close()
