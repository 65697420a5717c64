#!/usr/bin/env python3
"""How well people are told apart: a network's books go through the program as a user would take them in, and the persons
that `people` finds are compared with the network's truth. Needs Python 3.9 and nothing else.

    benches/people.py BINARY NETWORK [--grader grade_books.py] [--options "--merge-from 0.8"]

NETWORK has `books/` and `truth/people.csv`, or is what `moneytrail generate --kind hawala` wrote (`evidence/books/`). Prints pairwise and B-cubed
precision, recall and F1 with 95 % intervals (Wilson; of pairs by the share of the union, of mentions as if they were independent), and
what the grader says. Mentions that are not found stand alone; hawaladars are left out.
"""

import argparse
import csv
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from books import run, wilson

CELL = re.compile(r"^(?P<book>.+?)!(?P<sheet>[^!]*)!R(?P<row>\d+)C(?P<column>\d+)(?:#(?P<ordinal>\d+))?$")


def read(network):
    """Persons by the file's name, sheet, row, column and which name of the cell it is."""
    with open(network / "truth" / "people.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and "cell" in rows[0]:
        return {key(row["cell"]): row["person"] for row in rows}
    rows = [row for row in rows if row["role"] != "hawaladar"]
    return {(Path(row["book"]).name, row["sheet"], int(row["row"]), int(row["column"]), int(row["ordinal"])): row["person_id"] for row in rows}


def key(cell):
    found = CELL.match(cell)
    if not found:
        return None
    return Path(found["book"]).name, found["sheet"], int(found["row"]), int(found["column"]), int(found["ordinal"] or 1)


def said(what, values):
    print(f"{what}: " + "  ".join(f"{name} {value:.3f} [{low:.3f}, {high:.3f}]" for name, value, (low, high) in values))


def scores(truth, groups):
    group_of = {}
    for number, group in enumerate(groups):
        for cell in group:
            group_of.setdefault(key(cell), number)
    for number, mention in enumerate(truth):
        group_of.setdefault(mention, -1 - number)
    both = Counter((group_of[mention], person) for mention, person in truth.items())
    found, true = Counter(group_of[mention] for mention in truth), Counter(truth.values())
    pairs = lambda counts: sum(n * (n - 1) // 2 for n in counts.values())
    right, told, all_true = pairs(both), pairs(found), pairs(true)
    of_union = [2 * bound / (1 + bound) for bound in wilson(right, told + all_true - right)]
    said("pairwise", [("precision", right / max(told, 1), wilson(right, told)), ("recall", right / max(all_true, 1), wilson(right, all_true)),
                      ("F1", 2 * right / max(told + all_true, 1), of_union)])
    n = len(truth)
    precision = sum(k * k / found[group] for (group, _), k in both.items()) / n
    recall = sum(k * k / true[person] for (_, person), k in both.items()) / n
    f1 = 2 * precision * recall / (precision + recall)
    said("B-cubed", [(name, value, wilson(value * n, n)) for name, value in (("precision", precision), ("recall", recall), ("F1", f1))])
    print(f"{n} mentions, {len(true)} true persons, {len(found)} found")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("network", type=Path)
    parser.add_argument("--grader", type=Path)
    parser.add_argument("--options", default="")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        case = Path(work) / "case"
        run(args.binary, "new", case)
        books = args.network / "books"
        run(args.binary, "add", case, books if books.is_dir() else args.network / "evidence" / "books")
        found = run(args.binary, "people", case, *args.options.split())
        scores(read(args.network), [person["group"] for person in found["persons"]])
        if args.grader:
            answer = Path(work) / "people.json"
            answer.write_text(json.dumps(found["persons"], ensure_ascii=False), encoding="utf-8")
            command = [sys.executable, args.grader, "--truth", args.network / "truth", "--answer", answer, "--task", "people"]
            print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


if __name__ == "__main__":
    main()
