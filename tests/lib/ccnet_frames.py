"""The verified frames of CCNET: bytes and what they say, from both sides."""

from __future__ import annotations

from tillpost.devices.ccnet.frames import Command

FROM_HOST: list[tuple[bytes, Command, bytes]] = [
    (bytes.fromhex("0203063041B3"), Command.RESET, b""),
    (bytes.fromhex("02030631C8A2"), Command.GET_STATUS, b""),
    (bytes.fromhex("02030633DA81"), Command.POLL, b""),
    (bytes.fromhex("02030600C282"), Command.ACK, b""),
    (bytes.fromhex("02030635ECE4"), Command.STACK, b""),
    (bytes.fromhex("0203063677D6"), Command.RETURN, b""),
    (bytes.fromhex("02030637FEC7"), Command.IDENTIFICATION, b""),
    (bytes.fromhex("020306414FD1"), Command.BILL_TABLE, b""),
    (bytes.fromhex("02030C34FFFFFFFFFFFFFEF7"), Command.ENABLE, bytes.fromhex("FFFFFFFFFFFF")),
    (bytes.fromhex("02030638093F"), Command.HOLD, b""),
    (bytes.fromhex("02030C34000000000000170C"), Command.ENABLE, bytes.fromhex("000000000000")),
    (bytes.fromhex("02030C340000FC0000FCEBD1"), Command.ENABLE, bytes.fromhex("0000FC0000FC")),
    (bytes.fromhex("0203063B920D"), Command.CASSETTE_STATUS, b""),
]

FROM_DEVICE: list[tuple[bytes, bytes]] = [
    (bytes.fromhex("02030600C282"), bytes.fromhex("00")),
    (bytes.fromhex("02030613D8A0"), bytes.fromhex("13")),
    (bytes.fromhex("0203061467D4"), bytes.fromhex("14")),
    (bytes.fromhex("02030615EEC5"), bytes.fromhex("15")),
    (bytes.fromhex("02030617FCE6"), bytes.fromhex("17")),
    (bytes.fromhex("020306180B1E"), bytes.fromhex("18")),
    (bytes.fromhex("02030619820F"), bytes.fromhex("19")),
    (bytes.fromhex("02030780052164"), bytes.fromhex("8005")),
    (bytes.fromhex("02030780031701"), bytes.fromhex("8003")),
    (bytes.fromhex("0203078105F97D"), bytes.fromhex("8105")),
    (bytes.fromhex("0203078203A732"), bytes.fromhex("8203")),
    (
        bytes.fromhex("020327464C532D455531302D36393336333930374B49343141533734383275ED8DC8033F7B35DA"),
        bytes.fromhex("464C532D455531302D36393336333930374B49343141533734383275ED8DC8033F7B"),
    ),
    (
        bytes.fromhex("020327534D2D52553133353320202020202032314B43313233343536373800000000000000740E"),
        bytes.fromhex("534D2D52553133353320202020202032314B43313233343536373800000000000000"),
    ),
    (
        bytes.fromhex(
            "02037D00000000000000000000015255530105525553010152555302055255530201525553030552"
            "55530300000000000000000000000000000000000000000000000000000000000000000000000000"
            "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
            "0000007418"
        ),
        bytes.fromhex(
            "00000000000000000000015255530105525553010152555302055255530201525553030552555303"
            "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
            "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
        ),
    ),
    (bytes.fromhex("020306104392"), bytes.fromhex("10")),
    (bytes.fromhex("02030611CA83"), bytes.fromhex("11")),
    (bytes.fromhex("0203061251B1"), bytes.fromhex("12")),
    (bytes.fromhex("0203061A193D"), bytes.fromhex("1A")),
    (bytes.fromhex("0203061DA649"), bytes.fromhex("1D")),
    (bytes.fromhex("0203061E3D7B"), bytes.fromhex("1E")),
    (bytes.fromhex("0203063041B3"), bytes.fromhex("30")),
    (bytes.fromhex("020306414FD1"), bytes.fromhex("41")),
    (bytes.fromhex("02030642D4E3"), bytes.fromhex("42")),
    (bytes.fromhex("020306435DF2"), bytes.fromhex("43")),
    (bytes.fromhex("02030644E286"), bytes.fromhex("44")),
    (bytes.fromhex("020306456B97"), bytes.fromhex("45")),
    (bytes.fromhex("02030646F0A5"), bytes.fromhex("46")),
    (bytes.fromhex("020306FFBA8D"), bytes.fromhex("FF")),
    (bytes.fromhex("0203071B0A2361"), bytes.fromhex("1B0A")),
    (bytes.fromhex("0203071C683F6C"), bytes.fromhex("1C68")),
    (bytes.fromhex("0203071C6077E0"), bytes.fromhex("1C60")),
    (bytes.fromhex("0203071C65DAB7"), bytes.fromhex("1C65")),
    (bytes.fromhex("0203074750ABE6"), bytes.fromhex("4750")),
    (bytes.fromhex("020307475122F7"), bytes.fromhex("4751")),
]
