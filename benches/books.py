#!/usr/bin/env python3
"""How well books are read: every book of a synthetic network goes through the program as a user would take it in,
and what came out is compared with the network's truth. Needs Python 3.9 and nothing else.

    benches/books.py BINARY NETWORK [--grader grade_books.py] [--keep DIR]

NETWORK has `books/` and `truth/`; where it has `evidence/books/` instead, it is what `moneytrail generate` wrote,
whose headers name its columns, so that only rows and properties that show in the text are compared.

With the grader, also deposits and the releases that `moneytrail escrow` joins to them, orders that `reconcile` matches and
what it finds the books to disagree on, and, where the network has `chain/`, settlements that `mirror` finds there; of a
generated network deposits are counted from `truth/escrows.csv`.

Prints, with 95 % intervals (Wilson): the share of columns whose meaning is right, of properties, of data rows that
were taken for what they are, of other rows that were not taken for orders, and of slips that arithmetic finds;
then where it fails, per book and column. --keep leaves the answers there, in the form of the grader.
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from math import sqrt
from pathlib import Path

# Names of code pages as Python has them.
ENCODINGS = {"UTF-8 with byte order mark": "utf-8-sig", "UTF-16LE with byte order mark": "utf-16",
             "UTF-16BE with byte order mark": "utf-16"}
# Reasons of rows that move nothing, by the kind of row that the truth calls them.
KINDS = {"title": ("title",), "header": ("header", "header, second row", "header, repeated"), "total": ("total",),
         "carried": ("carried forward",), "brought": ("brought forward",)}


def wilson(k, n, z=1.959964):
    if n == 0:
        return 0.0, 1.0
    p, d = k / n, 1 + z * z / n
    mid, half = (p + z * z / (2 * n)) / d, z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    return max(0.0, mid - half), min(1.0, mid + half)


def share(what, right, n):
    low, high = wilson(right, n)
    print(f"{what}: {right} of {n} = {right / n if n else 0:.3f} [{low:.3f}, {high:.3f}]")


def run(binary, *arguments):
    """The JSON that a command prints; problems in the evidence are no failure."""
    done = subprocess.run([binary, *map(str, arguments), "--json"], capture_output=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def encoding(name):
    name = ENCODINGS.get(name, name)
    return re.sub(r"^windows-", "cp", name).lower()


def inspected(binary, books, operator):
    """Tables by the name of their book, and why others were not read."""
    tables, refused = {}, {}
    for one in run(binary, "inspect", books, *operator)["files"]:
        if "table" in one:
            tables[one["file"]] = one["table"]
        else:
            refused[one["file"]] = one.get("message") or one.get("not_read") or "another format"
    return tables, refused


def answers(tables):
    """Columns, properties and slips in the form of the grader."""
    columns, slips = [], []
    for book, table in tables.items():
        for sheet in table["sheets"]:
            for column in sheet["columns"]:
                if column["meaning"]:
                    columns.append({"book": book, "sheet": sheet["name"], "record_row": column.get("record_row", 1),
                                    "column": column["number"], "meaning": column["meaning"]})
        for one in table["properties"]:
            value = encoding(one["value"]) if one["name"] == "encoding" else one["value"]
            if one["name"] not in ("date_order", "owner"):
                columns.append({"book": book, "property": one["name"], "value": value})
        for repair in table.get("repairs", []):
            slips.append({"ref": repair["cell"], "true_value": repair["value"]})
        for one in table.get("breaks", []):
            slips.append({"ref": one.get("cell") or one["row"]})
    return columns, slips


def grade(grader, truth, task, answer, name, keep):
    path = Path(keep) / f"{name}.json"
    path.write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
    done = subprocess.run([sys.executable, grader, "--truth", truth, "--answer", path, "--task", task],
                          capture_output=True, text=True, check=True)
    print(f"-- {task}\n{done.stdout.strip()}")


def failures(truth, columns):
    """Where the meaning of a column is not one that the truth accepts."""
    said = {(c["book"], c["sheet"], c["record_row"], c["column"]): c["meaning"] for c in columns if "column" in c}
    missed = Counter()
    for sheet in json.loads((truth / "columns.json").read_text(encoding="utf-8")):
        for column in sheet["columns"]:
            key = sheet["book"], sheet["sheet"], column["record_row"], column["column"]
            if said.get(key) not in column["accept"]:
                place = f"C{column['column']} {column['header']}: is {column['meaning']}, read as {said.get(key)}"
                missed[f"{sheet['book']}!{sheet['sheet']} {place}"] += 1
    print(f"-- columns that are wrong: {sum(missed.values())}")
    for place in sorted(missed):
        print(f"   {place}")


def compare_rows(truth, tables, refused, added):
    quarantined = {}
    for exhibit in added["exhibits"]:
        for record in exhibit["quarantined"]:
            quarantined[record["locator"]] = record["reason"]
    context = {}
    for book, table in tables.items():
        for row in table["context"]:
            context[book, row["sheet"], row["row"]] = row["reason"]
    n, right, wrong = Counter(), Counter(), []
    with open(truth / "rows.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        book, sheet, number, kind = row["book"], row["sheet"], int(row["row"]), row["kind"]
        locator = f"{book}!{sheet}!R{number}"
        reason = context.get((book, sheet, number))
        if book in refused:
            became = "not read: " + refused[book]
        elif locator in quarantined:
            became = "quarantined: " + quarantined[locator]
        else:
            became = reason or "booked"
        if kind == "data":
            # A reversal and a cancelled order are understood, and move nothing.
            good = became == "booked" or reason and reason.startswith(("cancelled", "reversed", "reversal"))
        elif kind == "opening":
            good = became == "booked" or bool(reason and reason.startswith("opening"))
        else:
            good = became in KINDS.get(kind, (kind,))
        n[kind] += 1
        right[kind] += bool(good)
        if not good:
            wrong.append(f"{locator} is {kind} {row['entry_kind']}: {became}")
    print("-- rows")
    for kind in sorted(n):
        share(f"{kind} rows taken for what they are", right[kind], n[kind])
    orders = sum(1 for line in wrong if " is data" not in line and line.endswith(": booked"))
    others = sum(count for kind, count in n.items() if kind not in ("data", "opening"))
    share("other rows not taken for orders", others - orders, others)
    for line in wrong[:60]:
        print(f"   {line}")


def f1(what, said, true):
    """Precision, recall and F1; the interval of F1 is Wilson's on TP / (TP + FP + FN)."""
    right, union = len(said & true), len(said | true)
    share(f"{what}: precision", right, len(said))
    share(f"{what}: recall", right, len(true))
    low, high = (2 * j / (1 + j) for j in wilson(right, union))
    print(f"{what}: F1 {2 * right / (len(said) + len(true) or 1):.3f} [{low:.3f}, {high:.3f}]")


def escrow_of_generated(truth, deposits):
    """A deposit of the truth, and what its rows say was released or refunded."""
    first, links = {}, set()
    with open(truth / "escrows.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = row["escrow"]
            if row["kind"] == "deposit":
                first[key] = row["row"]
            else:
                links.add((first.get(key), row["row"]))
    print("-- escrow")
    f1("deposits", {d["deposit"] for d in deposits}, set(first.values()))
    f1("deposit-release links", {(d["deposit"], r) for d in deposits for r in d["releases"] + d["refunds"]}, links)


def generated(tables, refused, added, truth):
    """What `moneytrail generate` writes: every row but header and blank ones books."""
    print("-- generated books")
    for book, why in refused.items():
        print(f"   {book}: {why}")
    total = Counter()
    for exhibit in added["exhibits"]:
        total.update({k: exhibit["records"][k] for k in ("read", "transferred", "contextual", "quarantined")})
        for record in exhibit["quarantined"][:5]:
            print(f"   {record['locator']}: {record['reason']}")
    # Of a line whose second row says nothing that row is blank.
    empty = sum(row["reason"].startswith("header") or row["reason"] == "blank" for t in tables.values() for row in t["context"])
    n = total["read"] - empty
    share("rows booked", total["transferred"], n)
    unread = [f"{book} C{c['number']} {c['header']}" for book, t in tables.items()
              for s in t["sheets"] for c in s["columns"] if not c["meaning"]]
    print(f"columns not read: {unread}")
    for what in ("repairs", "breaks"):
        found = [r.get("cell") or r["row"] for t in tables.values() for r in t.get(what, [])]
        print(f"{what} of books without slips: {len(found)} {found[:5]}")
    shown = defaultdict(Counter)
    for table in tables.values():
        for one in table["properties"]:
            shown[one["name"]][one["value"]] += 1
    for name, values in shown.items():
        print(f"   {name}: {dict(values)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("network", type=Path)
    parser.add_argument("--grader", type=Path)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    truth = args.network / "truth"
    books = args.network / "books"
    is_generated = not books.is_dir()
    if is_generated:
        books = args.network / "evidence" / "books"
    with tempfile.TemporaryDirectory() as work:
        case = os.path.join(work, "case")
        keep = args.keep or Path(work)
        keep.mkdir(parents=True, exist_ok=True)
        run(args.binary, "new", case)
        added = run(args.binary, "add", case, books)
        tables, refused = inspected(args.binary, books, [])
        for one in added["failed"]:
            refused.setdefault(one["file"], one["message"])
        refused = {book: why for book, why in refused.items() if not book.endswith("inventory.csv")}
        if is_generated:
            generated(tables, refused, added, truth)
            escrow_of_generated(truth, run(args.binary, "escrow", case)["deposits"])
            return
        columns, slips = answers(tables)
        if args.grader:
            grade(args.grader, truth, "columns", columns, "columns", keep)
            grade(args.grader, truth, "slips", slips, "slips", keep)
            deposits = run(args.binary, "escrow", case)["deposits"]
            grade(args.grader, truth, "escrow", deposits, "escrow", keep)
            found = run(args.binary, "reconcile", case)
            grade(args.grader, truth, "matches", found["matches"] + found["one_order"], "matches", keep)
            grade(args.grader, truth, "discrepancies", found["discrepancies"], "discrepancies", keep)
            holds = [of["holds"] for of in found["settlements"]]
            share("settlements that are what orders sum up to", sum(holds), len(holds))
            if (args.network / "chain").is_dir():
                run(args.binary, "add", case, args.network / "chain")
                mirrors = run(args.binary, "mirror", case)["mirrors"]
                said = [{"txs": of["txs"], "rows": of["rows"] + of["discharges"]} for of in mirrors]
                grade(args.grader, truth, "settlements", said, "settlements", keep)
        failures(truth, columns)
        compare_rows(truth, tables, refused, added)


if __name__ == "__main__":
    main()
