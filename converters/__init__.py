"""Bytes to records and to documents of sale, nouns to till commands: the formats there are, and whose a file is.

Failures: Reject `converter.none` or `converter.two` for an export that nothing, or more than one thing, can read; of a
sales file `sales.none`, `sales.two`, and `xml.empty` where it is empty.
"""

from __future__ import annotations

from ..errors import Reason, Reject
from ..model import Converter, Head, SalesConverter
from .artixsales import ArtixSales
from .cashdocuments import CashDocuments
from .commerceml import CommerceML
from .encoding import opened
from .own import Own
from .reading import shortened

CONVERTERS: tuple[Converter, ...] = (Own(), CommerceML())
SALES_CONVERTERS: tuple[SalesConverter, ...] = (ArtixSales(), CashDocuments())


def claim(head: Head) -> Converter:
    """The one converter that a file is for. Raises Reject."""
    claiming = [converter for converter in CONVERTERS if converter.claims(head)]
    if not claiming:
        raise Reject(Reason("converter.none", root=shortened(head.root), namespace=shortened(head.namespace)))
    if len(claiming) > 1:
        names = ", ".join(converter.name for converter in claiming)
        raise Reject(Reason("converter.two", root=shortened(head.root), names=names))
    return claiming[0]


def claim_sales(name: str, first: bytes) -> SalesConverter:
    """The one converter that a sales file is for, by its name and its first bytes (64 KiB). Raises Reject."""
    claiming = [converter for converter in SALES_CONVERTERS if converter.claims(name, first)]
    if not claiming:
        start = shortened(opened(first))
        raise Reject(Reason("sales.none", start=start) if start else Reason("xml.empty"))
    if len(claiming) > 1:
        raise Reject(Reason("sales.two", names=", ".join(converter.name for converter in claiming)))
    return claiming[0]
