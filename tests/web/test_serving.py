"""The pages as a process: its address, TLS, what it says, and that of a service."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import httpx
import pytest
import tillpost.web
from browsing import Browser, add_user, quiet, serving
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from post_office import PostOffice
from tillpost.cli import LATER, WRONG_SETTINGS, WRONG_USE, run
from tillpost.pipeline import webhost
from tillpost.pipeline.errorsfile import counted
from tillpost.pipeline.servicesections import Web
from tillpost.pipeline.webhost import WebHost
from tillpost.web.serving import exposed

QUICK = "[arrival]\nscan_seconds = 0.2\nsettle_seconds = 0.2"
PATIENCE = 60.0  # seconds after which a condition that should soon hold counts as failed


@pytest.fixture
def office(tmp_path: Path) -> PostOffice:
    return PostOffice(tmp_path / "root", {"5": ["1"]})


def soon(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        threading.Event().wait(0.05)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Of this machine, by this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return files


# --- the address


def test_a_port_that_is_taken_is_told_to_be_tried_later(
    office: PostOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["--root", str(office.root), "web", "--port", str(port)]) == LATER
    assert f"port {port} at 127.0.0.1 is taken" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("--host", "192.0.2.1"), WRONG_SETTINGS, "nothing can be served at 192.0.2.1"),
        (("--host", "no such host"), WRONG_SETTINGS, "nothing can be served"),
        (("--tls-cert", "a.pem"), WRONG_USE, "go together"),
        (("--tls-cert", "a.pem", "--tls-key", "b.pem"), WRONG_SETTINGS, "cannot be used"),
    ],
)
def test_what_cannot_be_served_is_told_in_a_line(
    office: PostOffice, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], code: int, told: str
) -> None:
    assert run(["--root", str(office.root), "web", "--port", "0", *options]) == code
    assert told in capsys.readouterr().err


def test_without_the_libraries_a_sentence_says_what_to_install(
    office: PostOffice, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "tillpost.web.serving")
    monkeypatch.delattr(tillpost.web, "serving")
    monkeypatch.setitem(sys.modules, "uvicorn", None)  # as where it is not installed
    assert run(["--root", str(office.root), "web"]) == WRONG_SETTINGS
    assert "install tillpost[web]" in capsys.readouterr().err


def test_without_a_root_the_verb_says_how_to_name_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TILLPOST_ROOT", raising=False)
    assert run(["web"]) == WRONG_USE
    assert "no root named" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("web", "warned"),
    [
        (Web(), False),
        (Web(host="::1"), False),
        (Web(host="localhost"), False),
        (Web(host="0.0.0.0"), True),
        (Web(host="shop.example"), True),
        (Web(host="0.0.0.0", proxy=True), False),
        (Web(host="0.0.0.0", tls_cert="a", tls_key="b"), False),
    ],
)
def test_pages_for_others_without_tls_are_warned_of(web: Web, warned: bool) -> None:
    assert bool(exposed(web)) == warned


def test_with_tls_pages_are_encrypted_and_cookies_stay_there(
    office: PostOffice, certificate: tuple[Path, Path]
) -> None:
    add_user(office.root, "anna", "viewer")
    cert, key = certificate
    with serving(office.root, "--tls-cert", str(cert), "--tls-key", str(key)) as place:
        trusted = ssl.create_default_context(cafile=str(cert))
        browser = Browser(place.replace("127.0.0.1", "localhost"), verify=trusted)
        assert browser.log_in("anna").headers["set-cookie"].endswith("; Secure")
        assert browser.get("/").status_code == 200
        browser.close()
        with pytest.raises(httpx.TransportError):
            httpx.get(place.replace("https", "http"), verify=False)


def test_a_proxy_is_believed_where_the_settings_name_it(
    office: PostOffice, served: Any
) -> None:
    said = {"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https"}
    assert "Secure" not in httpx.get(f"{served.place}login", headers=said, verify=False).headers["set-cookie"]
    office.settings("[web]\nproxy = true")
    with serving(office.root) as place:
        assert httpx.get(f"{place}login", headers=said, verify=False).headers["set-cookie"].endswith("; Secure")


# --- with the service


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def running(office: PostOffice, *verb: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tillpost.cli", "--root", str(office.root), *(verb or ("run",))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=quiet()) as process:
        try:
            yield process
        finally:
            process.kill()


def events(office: PostOffice, name: str) -> list[dict[str, Any]]:
    log = office.root / "state" / "tillpost.log"
    lines = log.read_text("utf-8").splitlines(keepends=True) if log.exists() else []
    found = [json.loads(line) for line in lines if line.endswith("\n")]
    return [line for line in found if line["event"] == name]


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/login", timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_service_serves_the_pages_and_they_end_with_it(office: PostOffice, end: signal.Signals) -> None:
    port = free_port()
    office.settings(f"[web]\non = true\nport = {port}\n{QUICK}")
    with running(office) as process:
        soon(lambda: answers(port))
        process.send_signal(end)
        process.wait(PATIENCE)
        soon(lambda: not answers(port))
    assert process.returncode == (0 if end is signal.SIGTERM else -signal.SIGKILL)


def test_a_port_that_is_taken_is_told_once_and_the_service_goes_on(office: PostOffice) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        office.settings(f"[web]\non = true\nport = {taken.getsockname()[1]}\n{QUICK}")
        with running(office) as process:
            soon(lambda: events(office, "pages_ended"))
            assert "is taken" in events(office, "pages_ended")[0]["reason"]
            office.drop("torn.xml", "<torn")
            soon(lambda: office.where("torn.xml") == ["broken"])
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize(("wanted", "on"), [(True, False), (False, True)])
def test_a_service_serves_no_pages_where_nobody_asked_for_them(office: PostOffice, wanted: bool, on: bool) -> None:
    office.settings(f"[web]\non = {str(on).lower()}")
    with office.open() as opened:
        host = WebHost(opened, wanted=wanted)
        host.look()
        assert host._child is None
        host.close()


def test_pages_that_end_are_begun_anew_later_each_time_and_told_once(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhost, "MODULE", "tillpost.no.such.module")
    office.settings("[web]\non = true")
    with office.open() as opened:
        host = WebHost(opened, wanted=True)
        for pause in (5, 10, 20):
            host.look()
            assert host._child
            host._child.wait()
            host.look()
            assert host._child is None
            office.clock.pass_(seconds=pause - 1)
            host.look()
            assert host._child is None
            office.clock.pass_(seconds=1)
        host.close()
        with opened.store.read() as txn:
            assert counted(txn).errors == 1
    assert len(events(office, "pages_ended")) == 3
