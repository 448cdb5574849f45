"""The verified packets of SSP: bytes, and the sequence bit, address and body that they carry."""

from __future__ import annotations

from tillpost.devices.ssp.frames import HOPPER, VALIDATOR

_ROWS = """
7F 80 01 11 65 82 | sync
7F 80 01 01 06 02 | reset
7F 80 02 06 07 21 94 | host protocol version 7
7F 80 02 06 08 03 94 | host protocol version 8
7F 80 02 06 09 06 14 | host protocol version 9
7F 80 01 07 12 02 | poll
7F 80 01 0C 2B 82 | get serial
7F 80 01 09 35 82 | disable
7F 80 01 0A 3F 82 | enable
7F 80 01 20 C0 02 | get firmware
7F 80 01 21 C5 82 | get dataset
7F 80 03 02 07 00 2B B6 | inhibits: channels 1 to 3
7F 80 03 02 FF FF 25 A4 | inhibits: 16 channels
7F 80 01 08 30 02 | reject
7F 80 01 17 71 82 | last reject
7F 80 06 54 FF 00 00 01 00 FB C9 | configure bezel
7F 80 01 56 F7 83 | poll with ack
7F 80 01 57 F2 03 | event ack
7F 80 01 05 1D 82 | setup request
7F 00 01 11 66 08 | sync with sequence 0
7F 80 01 F0 23 80 | ok
7F 80 01 F8 10 00 | fail
7F 80 03 F0 F1 E8 BF 8C | slave reset, disabled
7F 80 04 F0 EE 01 EB B9 48 | credit 1, stacked
7F 80 05 F0 00 1C 96 2C D4 97 | serial 1873452
7F 80 01 F5 3D 80 | command cannot be processed
7F 80 11 F0 4E 56 30 32 30 30 34 31 34 31 34 39 38 30 30 30 DE 55 | firmware NV02004141498000
7F 80 09 F0 45 55 52 30 31 36 31 30 B8 2A | dataset EUR01610
7F 80 02 F0 08 0C 20 | last reject: by host
7F 80 04 F0 CC EE 01 62 AA | stacking, credit 1
7F 80 17 F0 00 30 31 30 30 47 42 50 00 00 01 03 05 0A 14 02 02 02 40 00 00 05 61 81 | setup of a validator
7F 80 02 F0 F1 1A 22 | slave reset
7F 80 03 F0 EF 00 CF CA | reading
7F 80 03 F0 EF 03 C5 CA | in escrow, channel 3
7F 80 03 F0 EE 04 D7 CC | credit, channel 4
7F 80 02 F0 ED 51 A2 | rejecting
7F 80 02 F0 EC 54 22 | rejected
7F 80 02 F0 CC 97 A2 | stacking
7F 80 02 F0 EB 45 A2 | stacked
7F 80 02 F0 E9 4A 22 | unsafe jam
7F 80 02 F0 E8 4F A2 | disabled
7F 80 02 F0 E7 6D A2 | stacker full
7F 80 03 F0 E6 02 C0 7C | fraud attempt, channel 2
7F 80 03 F0 E1 00 CC 6E | cleared from front
7F 80 03 F0 E2 02 C3 E4 | cleared to cashbox, channel 2
7F 80 02 F0 E0 7C 22 | note path open
7F 80 02 F0 B5 82 23 | all channels inhibited
7F 80 02 F0 B6 88 23 | initialising
7F 90 0A F0 E6 01 FA 05 00 00 45 55 52 B6 64 | fraud attempt at a hopper
7F 00 01 F0 20 0A | ok with sequence 0
"""


def _row(line: str) -> tuple[str, bytes, int, int, bytes]:
    """(name, bytes, sequence, address, body)"""
    digits, name = line.split(" | ")
    data = bytes.fromhex(digits)
    return name, data, data[1] >> 7, HOPPER if data[1] & 0x10 else VALIDATOR, data[3:-2]


KNOWN = [_row(line) for line in _ROWS.strip().splitlines()]
NAMES = [name for name, *_ in KNOWN]
BODIES = {name: body for name, _, _, _, body in KNOWN}

# Encrypted by a device whose negotiated key is 0x6595, as its first answer: GET SERIAL's.
ENCRYPTED = bytes.fromhex("7F00117E702FFE1D411944ADDAD1DFD677F533CC631D")
ENCRYPTED_SAYS = bytes.fromhex("F0004A78B4")
ENCRYPTED_KEY = 0x6595
