"""The verified frames of ccTalk: bytes and what they say, from both sides."""

from __future__ import annotations

from tillpost.devices.cctalk.frames import Frame, Header


def _to(address: int, header: Header, data: str = "") -> Frame:
    return Frame(address, 1, header, bytes.fromhex(data))


def _from(address: int, data: bytes = b"") -> Frame:
    return Frame(1, address, Header.ANSWER, data)


FRAMES: list[tuple[bytes, Frame]] = [
    (bytes.fromhex(data), frame)
    for data, frame in (
        ("02 00 01 FE FF", _to(2, Header.SIMPLE_POLL)),
        ("01 00 02 00 FD", _from(2)),
        ("02 00 01 F5 08", _to(2, Header.CATEGORY)),
        ("01 0D 02 00 43 6F 69 6E 20 41 63 63 65 70 74 6F 72 16", _from(2, b"Coin Acceptor")),
        ("02 00 01 F6 07", _to(2, Header.MANUFACTURER)),
        ("02 00 01 F4 09", _to(2, Header.PRODUCT)),
        ("02 00 01 E5 18", _to(2, Header.READ_CREDITS)),
        ("01 0B 02 00 00 00 00 00 00 00 00 00 00 00 00 F2", _from(2, bytes(11))),
        ("01 0B 02 00 01 03 01 00 00 00 00 00 00 00 00 ED", _from(2, bytes([1, 3, 1]) + bytes(8))),
        ("01 0B 02 00 03 00 0E 05 01 03 01 00 00 00 00 D7", _from(2, bytes([3, 0, 14, 5, 1, 3, 1]) + bytes(4))),
        ("02 01 01 B8 03 41", _to(2, Header.COIN_ID, "03")),
        ("01 06 02 00 45 55 30 32 30 41 8A", _from(2, b"EU020A")),
        ("01 06 02 00 45 55 31 30 30 41 8B", _from(2, b"EU100A")),
        ("01 06 02 00 2E 2E 2E 2E 2E 2E E3", _from(2, b"......")),
        ("02 01 01 E7 FF 16", _to(2, Header.INHIBIT_MASK, "FF")),
        ("02 02 01 E7 FF FF 16", _to(2, Header.INHIBIT_MASK, "FFFF")),
        ("02 01 01 E4 01 17", _to(2, Header.MASTER_INHIBIT, "01")),
        ("02 01 01 E4 00 18", _to(2, Header.MASTER_INHIBIT, "00")),
        ("03 00 01 A3 59", _to(3, Header.TEST_HOPPER)),
        ("01 02 03 00 80 80 FA", _from(3, b"\x80\x80")),
        ("03 01 01 A4 A5 B2", _to(3, Header.ENABLE_HOPPER, "A5")),
        ("01 00 03 00 FC", _from(3)),
        ("03 08 01 A1 5B DA AA 6F 9A 5D C5 06 43", _to(3, Header.PUMP_RNG, "5BDAAA6F9A5DC506")),
        ("03 00 01 A0 5C", _to(3, Header.CIPHER_KEY)),
        ("01 08 03 00 B9 FE 5F AC 75 0A 7B 98 A0", _from(3, bytes.fromhex("B9FE5FAC750A7B98"))),
        ("03 09 01 A7 63 D9 2A 95 BA D4 35 82 03 09", _to(3, Header.DISPENSE, "63D92A95BAD4358203")),
        ("01 01 03 00 01 FA", _from(3, b"\x01")),
        ("03 04 01 A7 DF D7 0A 01 90", _to(3, Header.DISPENSE, "DFD70A01")),
        ("03 00 01 A6 56", _to(3, Header.HOPPER_STATUS)),
        ("01 04 03 00 00 00 07 03 EE", _from(3, b"\x00\x00\x07\x03")),
        ("03 00 01 AC 50", _to(3, Header.EMERGENCY_STOP)),
        ("01 01 03 00 00 FB", _from(3, b"\x00")),
        ("03 00 01 F2 0A", _to(3, Header.SERIAL)),
        ("01 03 03 00 4E 46 05 60", _from(3, b"\x4e\x46\x05")),
        ("03 00 01 01 FB", _to(3, Header.RESET)),
        ("03 00 01 04 F8", _to(3, Header.COMMS_REVISION)),
        ("01 06 03 00 31 33 32 2D 49 54 96", _from(3, b"132-IT")),
        ("03 00 01 F6 06", _to(3, Header.MANUFACTURER)),
        ("01 09 03 00 53 75 7A 6F 2D 48 61 70 70 8C", _from(3, b"Suzo-Happ")),
        ("03 00 01 F4 08", _to(3, Header.PRODUCT)),
        ("01 06 03 00 50 61 79 6F 75 74 74", _from(3, b"Payout")),
    )
]

WRONG = [bytes.fromhex("01 01 03 00 80 BA"), bytes.fromhex("01 01 03 00 03 7A")]
"""Published with wrong checksums."""
