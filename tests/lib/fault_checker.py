"""What must hold of a root at rest, whatever happened to it: a witness that knows the file formats and nothing else.

`broken` names the laws that do not hold; `told` is what the root says of its exports, sales and documents, without the
times and numbers that another run may give, so that two runs can be compared.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tarfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from fault_world import World
from lxml import etree

SHOWN = 300  # characters of what differs
WHY = ".why"
END_OF_SET = ".set"  # a page that lists the parts as they came, which may be in another order
ROOMS = ("processed", "error", "broken", "held")
_BOOKS = {
    "sales files": "SELECT name, shop, till, live, state, digest, put_away FROM files",
    "documents": "SELECT shop, till, shift_number, type, documents.number, counts, sum, cash, digest"
    " FROM documents JOIN tills ON tills.id = documents.till_id",
    "shifts": "SELECT shop, till, number, opened, closed, told FROM shifts JOIN tills ON tills.id = till_id",
    "deliveries": "SELECT kind, name, state, content, body FROM deliveries",
}


def broken(world: World) -> list[str]:
    """The laws that do not hold, in words."""
    return [*_queues(world), *broken_exports(world), *_documents(world)]


def broken_exports(world: World) -> list[str]:
    """The same, of a root without sales, whose tills are somebody else's."""
    return [*_rooms(world), *_replies(world), *_litter(world)]


def told(world: World) -> dict[str, Any]:
    """What two runs must agree on."""
    return {
        "tills": {key: till.state() for key, till in world.tills.items()},
        "files": sorted(
            (room, trade, name, "" if name.endswith(END_OF_SET) else digest)
            for room, trade, _, name, digest in _files(world.root)
        ),
        "replies": sorted(_verdict(path) for path in (world.root / "replies").glob("*.json")),
        "given": sorted(world.given),
        "waiting": [_waiting(world.root, home) for home in ("inbox", "sales", "outbox", "queues")],
        **_booked(world.root),
    }


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """What another run told differently."""
    return [line for name in wanted for line in _differences(name, found[name], wanted[name])]


def _differences(name: str, found: Any, wanted: Any) -> list[str]:
    if found == wanted:
        return []
    if isinstance(wanted, dict) and isinstance(found, dict):
        both = ((f"{name} {key}", found.get(key), wanted.get(key)) for key in found | wanted)
        return [line for pair in both for line in _differences(*pair)]
    if isinstance(wanted, list) and isinstance(found, list):
        more, less = [one for one in found if one not in wanted], [one for one in wanted if one not in found]
        return [f"{name}: has {_shown(more)} and lacks {_shown(less)}, {len(found)} in the place of {len(wanted)}"]
    return [f"{name}: {_shown(found)} in the place of {_shown(wanted)}"]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _queues(world: World) -> Iterator[str]:
    """Numbers have no gaps, no number came twice or came back. Where nothing waits any more, all tills show the same,
    whether they followed every change or were filled anew."""
    for (shop, till), simulated in world.tills.items():
        if simulated.taken != list(range(1, len(simulated.taken) + 1)):
            yield f"till {shop}/{till} took {simulated.taken}"
    one, *others = (till.state() for till in world.tills.values())
    for other in () if _waiting(world.root, "inbox") else others:
        yield from (f"the tills show different {name}" for name in one if one[name] != other[name])


def _rooms(world: World) -> Iterator[str]:
    """Each arrival has one place: a room, or a room's archive; what failed has its `.why` there; none is claimed."""
    lying = list(_lying(world.root))
    places = Counter((trade, arrival) for _, trade, arrival, _, _ in _files(world.root))
    yield from (f"arrival {one} lies in {count} places" for one, count in places.items() if count > 1)
    for room, trade, arrival, name, _ in lying:
        explained = (room, trade, arrival, f"{name}{WHY}") in {entry[:4] for entry in lying}
        if not name.endswith(WHY) and explained != (room != "processed"):
            yield f"{room}/{trade}/{arrival}/{name} and its .why do not go together"
    for home in ("inbox", "sales"):
        yield from (f"{path} is still claimed" for path in sorted((world.root / home / ".claimed").glob("*")))


def _waiting(root: Path, home: str) -> list[str]:
    """What was dropped and not taken."""
    return sorted(path.name for path in (root / home).rglob("*") if path.is_file())


def _lying(root: Path) -> Iterator[tuple[str, str, int, str, str]]:
    """(room, trade, arrival, name, digest) of each file in a room or in an archive."""
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.is_file():
                trade, _, arrival, name = path.relative_to(root / room).parts
                yield room, trade, int(arrival), name, _digest(path.read_bytes())
        for archive in sorted((root / "backup" / f"{room}_archive").glob("*.tgz")):
            with tarfile.open(archive) as tape:
                for member in tape:
                    trade, _, arrival, name = Path(member.name).parts[-4:]
                    data = tape.extractfile(member)
                    assert data
                    yield room, trade, int(arrival), name, _digest(data.read())


def _files(root: Path) -> Iterator[tuple[str, str, int, str, str]]:
    """As `_lying`, without what is said of them there."""
    return (entry for entry in _lying(root) if not entry[3].endswith(WHY))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _replies(world: World) -> Iterator[str]:
    """One reply for each export, which says where its file lies."""
    pages = [json.loads(path.read_bytes()) for path in (world.root / "replies").glob("*.json")]
    said = Counter((page["arrival"], page["state"]) for page in pages)
    lie = {(arrival, room) for room, trade, arrival, _, _ in _lying(world.root) if trade == "exports"}
    yield from (f"arrival {arrival} has {count} replies" for (arrival, _), count in said.items() if count > 1)
    yield from (f"arrival and verdict {one} have no file, or no reply" for one in sorted(lie ^ said.keys()))


def _verdict(path: Path) -> tuple[str, str, str | None, Any]:
    page = json.loads(path.read_bytes())
    return page["name"], page["state"], page["reason"] and page["reason"]["code"], page["records"]


def _documents(world: World) -> Iterator[str]:
    """Each document was given once, whole, and no other; none is kept back."""
    yield from (f"{name} was given {n} times" for name, n in Counter(name for name, _ in world.given).items() if n > 1)
    for name, body in world.given:
        try:
            etree.fromstring(body)
        except etree.XMLSyntaxError as torn:
            yield f"{name} is torn: {torn}"
    with closing(sqlite3.connect(world.root / "state" / "books.sqlite")) as books:
        listed = {name for (name,) in books.execute("SELECT name FROM deliveries")}
        counted = "shift_number, type, number, till_id FROM documents WHERE counts"
        yield from (
            f"receipt {row} counts {n} times" for row, n in Counter(books.execute(f"SELECT {counted}")).items() if n > 1
        )
    yield from (f"{name} was not given, or not known" for name in sorted(listed ^ {name for name, _ in world.given}))


def _booked(root: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(root / "state" / "books.sqlite")) as books:
        return {name: sorted(books.execute(query), key=repr) for name, query in _BOOKS.items()}


def _litter(world: World) -> Iterator[str]:
    """Nothing temporary is older than its writer: at rest there is no writer."""
    for path in sorted(world.root.rglob(".*")):
        if path.suffix in (".tmp", ".part"):
            yield f"{path} is litter"
