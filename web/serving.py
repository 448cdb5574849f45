"""The pages served: the address, TLS, and how long.

A port is bound before anything else, so that one that is taken is told in a word. Pages for more than this machine
without TLS are served, and warned of: a password would go over the wire as it is.

Failures: `Retry` (`web.taken`) for a port that somebody else has; `Halt` (`web.*`) for an address that is not this
machine's, a certificate that cannot be used; those of opening the root and its books.
"""

from __future__ import annotations

import errno
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import msgspec
import uvicorn

from ..errors import Halt, Reason, Retry
from ..pipeline.servicesections import Web
from ..pipeline.settings import Settings, load
from .app import application
from .site import open_site

LAST_PAGES = 1  # seconds in which pages under way are finished when it is told to stop
LOOPBACK = "127.0.0.1"

Tell = Callable[[str], None]


def settings_of(root: Path, **instead: object) -> Settings:
    """The settings of `root`; `instead`: values of [web] that hold for this time, None = as they are."""
    settings = load(root)
    own = {name: value for name, value in instead.items() if value is not None}
    return msgspec.structs.replace(settings, web=msgspec.structs.replace(settings.web, **own))


def serve(root: Path, settings: Settings, tell: Tell, *, verbose: bool = False) -> None:
    """Serves the pages until a signal. `tell` is told where they are, and what should be known of that."""
    web = settings.web
    with _bound(web) as listening:
        certificate, key = _tls(root, web)
        port = listening.getsockname()[1]
        with open_site(root, settings, verbose=verbose) as site:
            if warning := exposed(web):
                tell(warning.text(settings.language))
                site.office.log.warning("pages_exposed", host=web.host)
            scheme = "https" if certificate else "http"
            place = f"{scheme}://{f'[{web.host}]' if ':' in web.host else web.host}:{port}/"
            site.office.log.info("pages_served", place=place)
            tell(Reason("web.served", place=place).text(settings.language))
            config = uvicorn.Config(
                application(site),
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=web.proxy,
                forwarded_allow_ips=LOOPBACK,
                timeout_graceful_shutdown=LAST_PAGES,
                ssl_certfile=certificate,
                ssl_keyfile=key,
            )
            with _signals_are_the_servers():
                uvicorn.Server(config).run(sockets=[listening])
            site.office.log.info("pages_stopped")


@contextmanager
def _signals_are_the_servers() -> Iterator[None]:
    """The server ends at a signal, and raises it again for whoever was there before: that nobody is, so that what is
    open is closed, and to be told to stop is no failure."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exposed(web: Web) -> Reason | None:
    """Why these settings should be thought over; None where they need not."""
    if web.tls_cert or web.proxy or is_loopback(web.host):
        return None
    return Reason("web.exposed", host=web.host)


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _bound(web: Web) -> Iterator[socket.socket]:
    try:
        family, *_, address = socket.getaddrinfo(web.host, web.port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(address, family=family, backlog=128)
    except OSError as cause:
        detail = cause.strerror or str(cause)
        if cause.errno == errno.EADDRINUSE:
            raise Retry(Reason("web.taken", host=web.host, port=web.port)) from cause
        raise Halt(Reason("web.address", host=web.host, port=web.port, detail=detail)) from cause
    with listening:
        yield listening


def _tls(root: Path, web: Web) -> tuple[str | None, str | None]:
    """The certificate and its key; tried out, so that what is wrong with them is told in words."""
    if not web.tls_cert:
        return None, None
    certificate, key = root / web.tls_cert, root / web.tls_key
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key, lambda: "")
    except (OSError, ssl.SSLError, ValueError) as cause:
        detail = getattr(cause, "reason", None) or getattr(cause, "strerror", None) or cause
        raise Halt(Reason("web.tls", file=certificate, detail=detail)) from cause
    return str(certificate), str(key)
