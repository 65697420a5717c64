#!/usr/bin/env python3
"""How well `moneytrail escrow` tells that releases stopped, in books as they are: releases end, rows are written under another
number or with a slip, dates slip. Needs Python 3.9 and nothing else.

    benches/escrow.py BINARY NETWORK [--seed N] [--calm]

NETWORK is what `moneytrail generate --kind hawala` wrote. Of the deposits that are released, a third lose every row behind the first, or
behind the deposit (the rows are left blank): releases of those that were early enough did stop. Of another third the last release is
written under a number that is no code of the book: it did happen. In each book one row in 200 has a date that is one month or ten
years too late, and so has its last row in every other book. --calm changes nothing but the first.

A deposit's releases stopped if something of it is left, and its last row is more than 30 days before the book's last day, both by the
truth. Prints, with 95 % intervals (Wilson): of what is said to have stopped how much did, of what did how much is said, as a warning without
more and with those of the lower grade; and of the releases under another number how many are named with their deposit.
"""

import argparse
import csv
import random
import tempfile
from collections import defaultdict
from pathlib import Path

from books import run, share
from slips import of_date

QUIET_DAYS = 30
CODE, TYPE, DATE = 2, 3, 1


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def decade(text):
    """The same day ten years later, if the year stands in four digits."""
    for mark in "-./":
        parts = text.split(mark)
        at = 0 if len(parts[0]) == 4 else 2
        if len(parts) == 3 and len(parts[at]) == 4:
            zero = next(zero for zero in "0٠۰" if ord(zero) <= ord(parts[at][0]) <= ord(zero) + 9)
            year = 10 + int("".join(str(ord(c) - ord(zero)) for c in parts[at]))
            parts[at] = "".join(chr(ord(zero) + int(c)) for c in str(year))
            return mark.join(parts)
    return None


class Book:
    def __init__(self, path):
        self.text = path.read_text(encoding="utf-8-sig")
        first = self.text.splitlines()[0]
        self.mark = ";" if first.count(";") > first.count(",") else ","
        self.rows = list(csv.reader(self.text.splitlines(), delimiter=self.mark))

    def blank(self, row):
        self.rows[row - 1] = [""] * len(self.rows[row - 1])
        below = self.rows[row] if row < len(self.rows) else None
        if below and not below[DATE]:
            self.rows[row] = [""] * len(below)

    def write(self, path):
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=self.mark, lineterminator="\n").writerows(self.rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("network", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calm", action="store_true")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    truth = args.network / "truth"
    keepers = {row["number"]: row for row in read(truth / "keepers.csv")}
    books = {row["file"]: Book(args.network / "evidence" / "books" / row["file"]) for row in keepers.values()}
    chains = defaultdict(list)
    for row in read(truth / "escrows.csv"):
        chains[row["escrow"]].append(row)
    place = lambda row: (row["row"].split("!")[0], int(row["row"].rsplit("R", 1)[1]))
    stopped, missed, touched = set(), {}, defaultdict(set)
    for rows in chains.values():
        for row in rows:
            touched[place(row)[0]].add(place(row)[1])
        deposit, paid = rows[0], rows[1:]
        fate = rng.randrange(3) if paid else None
        if fate == 0:
            n_kept = rng.randrange(2) if len(paid) > 1 else 0
            for row in paid[n_kept:]:
                file, number = place(row)
                books[file].blank(number)
            paid = paid[:n_kept]
        elif fate == 1 and not args.calm:
            file, number = place(paid[-1])
            books[file].rows[number - 1][CODE] = f"{rng.randrange(10**5, 10**6)}"
            missed[paid[-1]["row"]] = deposit["row"]
        left = int(deposit["cents"]) - sum(int(row["cents"]) for row in paid)
        last = max(int(row["day"]) for row in [deposit, *paid])
        if left > 0 and int(keepers[deposit["holder"]]["last_day"]) - last > QUIET_DAYS:
            stopped.add(deposit["row"])
    n_dates = 0
    for nth, (file, book) in enumerate(books.items()):
        dated = [at for at, row in enumerate(book.rows) if len(row) > DATE and row[DATE] and at > 4 and at + 1 not in touched[file]]
        chosen = [] if args.calm else rng.sample(dated, max(1, len(dated) // 200))
        # A last row whose date slips is the one that lets a book go on.
        chosen += [dated[-1]] if nth % 2 == 0 and not args.calm else []
        for at in chosen:
            text = book.rows[at][DATE]
            new = decade(text) if rng.random() < 0.5 or at == dated[-1] else (of_date(text, rng) or [None, None])[1]
            if new:
                book.rows[at][DATE], n_dates = new, n_dates + 1
    with tempfile.TemporaryDirectory() as work:
        for file, book in books.items():
            book.write(Path(work) / file)
        case = Path(work) / "case"
        run(args.binary, "new", case)
        for file in books:
            run(args.binary, "add", case, Path(work) / file)
        found = run(args.binary, "escrow", case)["deposits"]
    said = {of["deposit"] for of in found if of["stopped"]}
    unless = {of["deposit"]: {row["row"] for row in of.get("stopped_unless", [])} for of in found}
    lower = {deposit for deposit, rows in unless.items() if rows}
    print(f"{len(chains)} deposits, {len(stopped)} stopped, {len(missed)} with a release under another number, {n_dates} dates slipped")
    share("said to have stopped, and did", len(said & stopped), len(said))
    share("did stop, and is said so", len(said & stopped), len(stopped))
    share("did stop, and is said or said as the lower grade", len((said | lower) & stopped), len(stopped))
    share("of the lower grade, and did", len(lower & stopped), len(lower))
    joined = {row: of["deposit"] for of in found for row in of["releases"] + of["refunds"]}
    open_ = {row: deposit for row, deposit in missed.items() if deposit in said | lower}
    named = sum(row in unless[deposit] for row, deposit in open_.items())
    share("releases under another number that are joined all the same", sum(joined.get(row) == d for row, d in missed.items()), len(missed))
    share("deposits with such a release that warn, and name it", named, len(open_))


if __name__ == "__main__":
    main()
