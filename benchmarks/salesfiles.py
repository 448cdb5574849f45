"""Sales files of a made-up shop, as its tills write them: the same for the same seed, so that runs compare.

A file is a till's shift: its record, then its receipts, each of ten positions and two payments, spelt as in
`samples/sales`. What is sold often is sold mostly, as in any shop; a tenth of the receipts has a discount, a mark, a
card or change. About 3.4 KB a receipt.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

SHOP = "5"
TILLS = 10
RECEIPTS = 500  # of a shift
POSITIONS = 10  # of a receipt
WARES = 20_000
FIRST = datetime(2026, 1, 1, 8)  # noqa: DTZ001 - tills tell no zone
SEED = 20261121

_KINDS = ("Гречка ядрица", "Молоко", "Кофе молотый", "Сыр весовой", "Чай чёрный", "Творог 9%", "Хлеб ржаной", "Сок")
_MAKERS = ("Полянка", "Луговое", "Тихое утро", "Дедов хутор", "Склон", "Северный берег", "Заря")


def write(folder: Path, receipts: int, seed: int = SEED) -> int:
    """Files of this many receipts or a little less, as `<till>/sale_<till>_<shift>.json`; how many receipts."""
    shifts = max(1, receipts // RECEIPTS)
    wares = list(_wares(random.Random(seed)))  # noqa: S311 - nobody must be unable to guess it
    often = [1 / (rank + 20) for rank in range(WARES)]
    for at in range(shifts):
        till, shift = at % TILLS + 1, at // TILLS + 1
        rng = random.Random(seed * 1_000_003 + at)  # noqa: S311
        path = folder / str(till) / f"sale_{till}_{shift}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        sold = rng.choices(wares, often, k=RECEIPTS * POSITIONS)
        path.write_text("".join(_file(rng, till, shift, sold)), "utf-8")
    return shifts * RECEIPTS


def _wares(rng: random.Random) -> Iterator[tuple[str, str, str, int]]:
    """Code, barcode, name, price in kopecks."""
    for number in range(WARES):
        name = f"{rng.choice(_KINDS)} «{rng.choice(_MAKERS)}» {rng.randrange(1, 40) * 25} г, {number % 97}"
        yield f"{100_000 + number}", f"{46_000_000_000 + number:013d}", name, rng.randrange(1_990, 99_990)


def _file(rng: random.Random, till: int, shift: int, sold: list[tuple[str, str, str, int]]) -> Iterator[str]:
    opened = FIRST + timedelta(days=shift - 1)
    gain = 0
    pages = []
    for at in range(RECEIPTS):
        page, total = _receipt(rng, till, shift, at + 1, opened, sold[at * POSITIONS : (at + 1) * POSITIONS])
        gain += total
        pages.append(page)
    closed = opened + timedelta(hours=14)
    yield (
        f'### shift info begin ###\n{{\n  "cashCode": "{till}", "shift": {shift}, "timeBeg": "{_time(opened)}", '
        f'"timeEnd": "{_time(closed)}",\n  "sumGain": {_rubles(gain)},\n  "kkms": [\n    {{"serialNum": '
        f'"00123400{till:02d}", "sumCashEnd": 893.71, "sumProtectedBeg": 120000.00, "sumProtectedEnd": 123065.71, '
        f'"sumBack": 0.00}}\n  ],\n  "users": [\n    {{"usercode": "1", "username": "Вера Смирнова"}}\n  ]\n}}\n---\n'
        "### shift info end ###\n### sales data begin ###\n"
    )
    yield "---\n".join(pages)
    yield "---\n### sales data end ###\n"


def _receipt(
    rng: random.Random, till: int, shift: int, number: int, opened: datetime, sold: list[tuple[str, str, str, int]]
) -> tuple[str, int]:
    """As text, and its sum in kopecks."""
    began = opened + timedelta(seconds=95 * number)
    ended = began + timedelta(seconds=rng.randrange(20, 90))
    lines, total = [], 0
    with_discount, with_mark = rng.random() < 0.1, rng.random() < 0.1
    for place, (code, barcode, name, price) in enumerate(sold, 1):
        grams = rng.randrange(100, 3000) if rng.random() < 0.15 else 1000 * rng.choice((1, 1, 1, 1, 2, 3))
        full = price * grams // 1000
        off = full // 10 if with_discount and place < 4 else 0
        more = ""
        if off:
            more = (
                f', "discountPositions": [{{"discType": "percent", "discName": "Карта постоянного покупателя", '
                f'"discSum": {_rubles(off)}}}]'
            )
        if with_mark and place == 1:
            mark = f"01{barcode:0>14}21{rng.randrange(10**12):013d}\\u001d93{rng.randrange(10**4):04d}"
            more += f', "excisemark": ["{mark}"]'
        total += full - off
        lines.append(
            f'    {{"posNum": {place}, "inventCode": "{code}", "barCode": "{barcode}", "name": "{name}", "opCode": 50, '
            f'"quant": {grams / 1000:.3f}, "price": {_rubles(price)}, "posSum": {_rubles(full - off)}, '
            f'"baseSum": {_rubles(full)}, "disc_abs": {_rubles(off)}, "deptCode": {place % 5 + 1}, '
            f'"taxes": [{{"taxSum": {_rubles((full - off) // 11)}}}]{more}}}'
        )
    by_card = total // 3 if rng.random() < 0.5 else total + 5000
    if by_card < total:
        payments = [(4, 70, by_card), (1, 70, total - by_card)]
    else:
        payments = [(1, 70, by_card), (1, 72, by_card - total)]
    paid = ",\n".join(
        f'    {{"valCode": {code}, "opCode": {act}, "sumB": {_rubles(sum_)}}}' for code, act, sum_ in payments
    )
    cards = f'[\n    {{"number": "{7_770_000 + rng.randrange(9999)}"}}\n  ]' if with_discount else "[]"
    page = (
        f'{{\n  "cashCode": "{till}", "shift": {shift}, "docNum": {number}, "docType": 1, "userCode": "1", '
        f'"timeBeg": "{_time(began)}",\n  "timeEnd": "{_time(ended)}", "docSum": {_rubles(total)}, '
        f'"identifier": "{SHOP}-{till}-{shift}-{number}", "frdocnum": "{shift * 1000 + number}",\n  "cashType": null,\n'
        f'  "inventPositions": [\n{{}}\n  ],\n  "moneyPositions": [\n{paid}\n  ],\n  "cardPositions": {cards}, '
        '"stornoPositions": [], "failedMoneyPositions": []\n}\n'
    )
    return page.replace("{}", ",\n".join(lines)), total


def _rubles(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02d}"


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
