#!/usr/bin/env python3
"""How well slips of the pen are found in books that had none: they are put in at random, and what `moneytrail repairs`
says is compared with where they are. Needs Python 3.9 and nothing else.

    benches/slips.py BINARY NETWORK [--seed N] [--every ROWS]

NETWORK is what `moneytrail generate --kind hawala` wrote. In each book one cell of about every ROWS rows (40) is changed: two
unlike neighbouring digits of an amount or a balance swapped, one digit read for one that looks alike (0 and 5, 2 and 3, 7 and 8),
or the month of a date one too early or late. Never in the first or last ten rows. The books then go into a case as a user would take them in.

Prints, with 95 % intervals (Wilson): rows named that have a slip, slips whose row is named, and, of cells with a proposed
value, how many have the true one. Values of dates are compared where the book writes Gregorian ones.
"""

import argparse
import csv
import json
import random
import re
import subprocess
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

from books import run, share

LIKE = dict(zip("052378", "503287"))
LATIN = {ord(c): str(i % 10) for i, c in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")}
MARGIN = 10


def digit(old, new):
    """A digit of a value as the digit `old` is written."""
    zero = next((zero for zero in "0٠۰" if ord(zero) <= ord(old) <= ord(zero) + 9))
    return chr(ord(zero) + int(new))


def of_amount(text, rng):
    """Swapped neighbours or a look-alike digit before the decimal mark; nothing if there is no place for it."""
    whole = re.match(r"[\d.٬,]*?(?=[.,٫]\d{2}$)", text)
    places = [at for at in range(whole.end() if whole else 0) if text[at].isdigit()]
    plain = text.translate(LATIN)
    swaps = [(a, b) for a, b in zip(places, places[1:]) if plain[a] != plain[b] and not (a == places[0] and plain[b] == "0")]
    likes = [at for at in places if plain[at] in LIKE and not (at == places[0] and LIKE[plain[at]] == "0")]
    kinds = [kind for kind, found in (("swapped", swaps), ("look-alike", likes)) if found]
    if not kinds:
        return None
    kind, cells = rng.choice(kinds), list(text)
    if kind == "swapped":
        a, b = rng.choice(swaps)
        cells[a], cells[b] = cells[b], cells[a]
    else:
        at = rng.choice(likes)
        cells[at] = digit(cells[at], LIKE[plain[at]])
    return kind, "".join(cells)


def of_date(text, rng):
    """The month before or behind, where its year and day stay."""
    parts = re.split(r"([-./])", text)
    if len(parts) < 5:
        return None
    month = int(parts[2].translate(LATIN)) + rng.choice((-1, 1))
    day = int(parts[4 if len(parts[0]) == 4 else 0].translate(LATIN))
    if not 1 <= month <= 12 or day > 28:
        return None
    number = f"{month:0{len(parts[2])}}"
    zero = next((zero for zero in "0٠۰" if ord(zero) <= ord(parts[2][0]) <= ord(zero) + 9))
    parts[2] = "".join(chr(ord(zero) + int(c)) for c in number)
    return "month", "".join(parts)


def number(text):
    """A written amount: every mark but the one before two last digits parts groups."""
    plain = re.sub(r"[^\d]", "", text.translate(LATIN))
    return Decimal(plain) / (100 if re.search(r"[.,٫]\d{2}$", text) else 1)


def date(text):
    parts = re.split(r"[-./]", text.strip("."))
    return "-".join(parts if len(parts[0]) == 4 else reversed(parts))


def put_in(path, columns, rng, every):
    """Slips by row: kind of field, kind of slip, what is true."""
    text = path.read_text(encoding="utf-8-sig")
    mark = ";" if text.splitlines()[0].count(";") > text.splitlines()[0].count(",") else ","
    rows = list(csv.reader(text.splitlines(), delimiter=mark))
    slips = {}
    at = MARGIN + rng.randrange(every)
    while at < len(rows) - MARGIN:
        filled = [(column, field) for column, field in columns if column <= len(rows[at]) and re.search(r"\d", rows[at][column - 1])]
        rng.shuffle(filled)
        for column, field in filled:
            old = rows[at][column - 1]
            made = of_date(old, rng) if field == "date" else of_amount(old, rng)
            if made and made[1] != old:
                rows[at][column - 1] = made[1]
                slips[at + 1] = (column, field, made[0], old)
                break
        at += every // 2 + rng.randrange(every)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=mark, lineterminator="\n").writerows(rows)
    return slips


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("network", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=40)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as scratch:
        books, case, answer = (Path(scratch) / name for name in ("books", "case", "slips.json"))
        books.mkdir()
        for book in sorted((args.network / "evidence" / "books").glob("*.csv")):
            (books / book.name).write_bytes(book.read_bytes())
        slips, solar = {}, set()
        for one in run(args.binary, "inspect", books)["files"]:
            sheet, name = one["table"]["sheets"][0], Path(one["file"]).name
            fields = {"credit": "amount", "debit": "amount", "balance": "balance", "date": "date"}
            columns = [(column["number"], fields[column["meaning"]]) for column in sheet["columns"]
                       if column.get("meaning") in fields and column.get("record_row", 1) == 1]
            solar |= {name for of in one["table"]["properties"] if of["name"] == "calendar" and of["value"] != "gregorian"}
            for row, slip in put_in(books / name, columns, rng, args.every).items():
                slips[name, row] = slip
        run(args.binary, "new", case)
        run(args.binary, "add", case, books)
        subprocess.run([args.binary, "repairs", case, "--write-slips", answer], check=True, capture_output=True)
        said = json.loads(answer.read_text())
    places = {}
    for one in said:
        book, _, place = re.match(r"(.+)!([^!]*)!(R\d+(?:C\d+)?)$", one["ref"]).groups()
        row, _, column = place[1:].partition("C")
        places[Path(book).name, int(row)] = (int(column or 0), one.get("true_value"))
    right = [place for place in places if place in slips]
    print(f"{len(slips)} slips in {len({name for name, _ in slips})} books")
    share("rows named that have a slip", len(right), len(places))
    share("slips whose row is named", len(right), len(slips))
    values = [(places[place], slips[place]) for place in right if places[place][1] and not (place[0] in solar and slips[place][1] == "date")]
    same = [place[0] == slip[0] and (place[1] == date(slip[3]) if slip[1] == "date" else Decimal(place[1]) == number(slip[3])) for place, slip in values]
    share("cells with a value that have the true one", sum(same), len(same))
    kinds = Counter((slip[1], slip[2]) for slip in slips.values())
    found = Counter((slips[place][1], slips[place][2]) for place in right)
    for kind in sorted(kinds):
        share(f"{kind[1]} in {kind[0]}", found[kind], kinds[kind])


if __name__ == "__main__":
    main()
