"""Our own export format, version 1: one kind of information per file, as its schemas in `xsd/` say.

The root's name is the kind. Its namespace, names of elements and attributes are a promise to ERP teams. Records are
shown to their schema; one that breaks it is refused alone, and what is wrong outside of records breaks the file.

Failures: Reject `own.root-attribute`, `own.root-without`, `own.root-unknown` for a root that breaks the format, and
what `ownreading` and `reading` raise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from typing import BinaryIO

from .. import __version__
from ..errors import Reason, Reject
from ..model import Aside, Event, Extent, Familiar, Head, Header, ReadOptions, Remark, Terms
from .limits import Limits
from .ownreading import NAMESPACE, Reading, gate_of
from .ownrecords import KINDS, collapsed
from .ownskimming import Skimming
from .reading import records, shortened
from .schemas import fingerprint, shape_of_root
from .skimming import Cutting, lines_at

SKIMMED = frozenset({"goods", "prices", "barcodes"})  # roots of which there may be a million records


class Own:
    """`Converter` of our own format."""

    name = "tillpost"

    def claims(self, head: Head) -> bool:
        return head.namespace == NAMESPACE and head.root in KINDS

    def header(self, head: Head) -> Header:
        broken = gate_of(head.root).breaks_of_root(head.attributes)
        if broken is not None:
            raise Reject(_of_root(head, *broken))
        said = {name: collapsed(value) for name, value in head.attributes.items()}
        return Header(
            format=self.name,
            kind=head.root,
            shop=said.get("shop", ""),
            number=int(said["number"]) if "number" in said else None,
            full=said["fullness"] == "F",
            created=said.get("created", ""),
            source=said.get("source", ""),
        )

    def read(self, source: BinaryIO, head: Head, options: ReadOptions) -> Iterator[Event]:
        kind, header = KINDS[head.root], self.header(head)
        yield from self._of_whole(head, header)
        reading = Reading(kind, head, options, full=header.full)
        for batch in records(source, head, (kind.record, "delete"), Limits(options.deepest, options.longest)):
            yield from chain.from_iterable(reading.take(batch))

    def _of_whole(self, head: Head, header: Header) -> Iterator[Event]:
        """What is to be said before any record."""
        if head.stale_encoding:
            yield Remark(Reason("xml.stale-encoding", declared=head.stale_encoding, encoding=head.encoding))
        if header.full:
            yield from (Extent(fact) for fact in KINDS[head.root].facts)

    # --- what was read before

    def terms(self, head: Head, options: ReadOptions) -> Terms | None:
        if head.root not in SKIMMED:
            return None
        return Terms(KINDS[head.root].facts[0], f"{__version__} {fingerprint(f'{head.root}.xsd')} {options!r}")

    def skim(self, source: BinaryIO, head: Head, options: ReadOptions, familiar: Familiar) -> Iterator[Event]:
        kind, header = KINDS[head.root], self.header(head)
        yield from self._of_whole(head, header)
        cutting = Cutting(source, head, kind.record)
        try:
            yield from Skimming(cutting, Reading(kind, head, options, full=header.full), familiar).events()
        except Reject as reject:
            raise Aside from reject

    def lines_at(self, source: BinaryIO, head: Head, places: Collection[int]) -> dict[int, int]:
        return lines_at(source, head.encoding, places)


def _of_root(head: Head, attribute: str, why: Reason) -> Reason:
    """What the gate says of the root, told as of a root."""
    known = shape_of_root(f"{head.root}.xsd").attributes
    if attribute not in known:
        return Reason("own.root-unknown", attribute=shortened(attribute), expected=", ".join(known))
    said = {f"expected_{language}": words for language, words in known[attribute].words.items()}
    if why.code == "gate.missing":
        return Reason("own.root-without", attribute=attribute, **said)
    got = shortened(head.attributes.get(attribute, ""))
    return Reason("own.root-attribute", attribute=attribute, got=got, **said)
