"""eSSP's encryption: a published packet, the agreement on a key, and what is no packet under a key."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ssp_frames import ENCRYPTED, ENCRYPTED_KEY, ENCRYPTED_SAYS
from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.ssp.cipher import FIXED_KEY, GENERATOR, MODULUS, MOST, Cipher, Exchange
from tillpost.devices.ssp.frames import Packet, Reader
from tillpost.devices.ssp.session import SspSession
from tillpost.devices.ssp.simulated import SimSspDevice
from tillpost.errors import Halt

cipher = Cipher(ENCRYPTED_KEY)


def test_the_published_packet_opens() -> None:
    (packet,) = Reader().feed(ENCRYPTED)
    assert isinstance(packet, Packet)
    assert cipher.opened(packet.body) == (1, ENCRYPTED_SAYS)


@given(st.binary(max_size=MOST), st.integers(0, 2**32 - 1))
def test_what_was_sealed_opens_with_its_count(data: bytes, count: int) -> None:
    body = cipher.sealed(data, count)
    assert cipher.opened(body) == (count, data)
    assert len(body) % 16 == 1
    assert len(body) <= 241


@given(st.binary(min_size=1, max_size=40), st.data())
def test_another_key_or_a_changed_body_opens_nothing(content: bytes, data: st.DataObject) -> None:
    body = cipher.sealed(content, 5)
    at = data.draw(st.integers(1, len(body) - 1))
    changed = body[:at] + bytes([body[at] ^ data.draw(st.integers(1, 255))]) + body[at + 1 :]
    assert Cipher(ENCRYPTED_KEY + 1).opened(body) != (5, content)
    assert cipher.opened(changed) != (5, content)


@given(st.binary(max_size=80).filter(lambda body: body[:1] != b"\x7e" or len(body) % 16 != 1))
def test_what_is_not_encrypted_opens_to_nothing(body: bytes) -> None:
    assert cipher.opened(body) is None


def test_too_much_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        cipher.sealed(bytes(MOST + 1), 0)


def test_both_sides_agree_on_a_key_that_none_of_them_has_said() -> None:
    host, device = Exchange(), Exchange()
    assert host.agreed(device.intermediate) == device.agreed(host.intermediate)
    assert host.agreed(device.intermediate) not in (host.intermediate, device.intermediate)


@pytest.mark.parametrize("number", [GENERATOR, MODULUS, GENERATOR // 2, MODULUS // 2])
def test_generator_and_modulus_are_primes_of_64_bits(number: int) -> None:
    """By Miller and Rabin; these bases leave no doubt below 3 * 10**24."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41):
        powers = [pow(base, odd << step, number) for step in range(twos)]
        assert powers[0] == 1 or number - 1 in powers
    assert number < 2**63


def test_without_the_extra_a_key_is_misconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    with pytest.raises(Halt) as trouble:
        Cipher(1)
    assert "essp" in str(trouble.value)


@pytest.mark.parametrize("key", [None, FIXED_KEY + 1])
def test_a_device_that_is_spoken_to_in_the_clear_or_with_another_key_takes_nothing(key: int | None) -> None:
    clock = SimClock()
    device = SimSspDevice(clock, key=FIXED_KEY)
    session = SspSession(SimLink(clock, device), clock, key=key)
    for _ in range(20):
        session.poll()
    assert session.standing.value == "offline"
