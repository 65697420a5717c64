#!/usr/bin/env python3
"""How near positions come to the truth of a synthetic network: what each pair owes in each currency at the end, by its
true orders (cancelled ones left out) and settlements, against what `moneytrail positions` says. Needs Python 3.9 and nothing else.

    benches/positions.py BINARY NETWORK

NETWORK has `books/` and `truth/`. Prints how many ends are right to the unit, with a 95 % interval (Wilson), what each of the
others is off by, and the same for every book by itself (`--no-claims`).
"""

import csv
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from decimal import Decimal
from math import sqrt
from pathlib import Path


def rows(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def true_ends(truth):
    """(first, second, currency) of names' numbers, ascending, to what the first owes the second."""
    ends = defaultdict(Decimal)

    def owe(debtor, creditor, currency, amount):
        first, second = sorted((debtor, creditor))
        ends[first, second, currency] += amount if debtor == first else -amount

    for order in rows(truth / "orders.csv"):
        if order["status"] == "cancelled":
            continue
        via = [order["via_hawaladar"]] if order["via_hawaladar"] else []
        way = [order["from_hawaladar"], *via, order["to_hawaladar"]]
        for debtor, creditor in zip(way, way[1:]):
            owe(debtor, creditor, order["currency_out"], Decimal(order["amount_out"]))
    for settlement in rows(truth / "settlements.csv"):
        owe(settlement["payee"], settlement["payer"], "USD", Decimal(settlement["paid_usd"]))
    return ends


def answer(binary, case, keepers, *options):
    said = subprocess.run([binary, "positions", case, "--json", *options], check=True, capture_output=True, text=True)
    ends = {}
    for position in json.loads(said.stdout)["positions"]:
        pair = [keepers.get(name) for name in position["pair"]]
        if None in pair:
            continue
        units = Decimal(position["units"]) / 10 ** position["decimals"]
        first, second = sorted(pair)
        ends[first, second, position["asset"]] = units if pair[0] == first else -units
    return ends


def wilson(n_right, n):
    if n == 0:
        return 0.0, 1.0
    z, share = 1.96, n_right / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - reach, middle + reach


def main():
    binary, network = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    expected = true_ends(network / "truth")
    with tempfile.TemporaryDirectory() as directory:
        case = str(Path(directory) / "case")
        subprocess.run([binary, "batch", str(network / "books"), "--case", case], check=True, capture_output=True)
        summary = subprocess.run([binary, "summary", case, "--json"], check=True, capture_output=True, text=True)
        # A keeper is the hawaladar whose file his exhibit is.
        files = {Path(file).parts[0]: one["id"] for one in rows(network / "truth" / "hawaladars.csv") for file in one["files"].split("|") if file}
        said = subprocess.run([binary, "positions", case, "--json"], check=True, capture_output=True, text=True)
        parties = [party["name"] for party in json.loads(said.stdout)["parties"] if party["has_book"]]
        books = json.loads(summary.stdout)["books"]
        keepers = {party: files[Path(book["exhibits"][0]["file"]).parts[0]] for party, book in zip(parties, books)}
        for options in ([], ["--no-claims"]):
            ends = answer(binary, case, keepers, *options)
            keys = sorted(set(expected) | set(ends))
            off = [(key, ends.get(key, Decimal(0)) - expected.get(key, Decimal(0))) for key in keys]
            n_right = sum(gap == 0 for _, gap in off)
            low, high = wilson(n_right, len(keys))
            print(" ".join(options) or "with claims", f"{n_right} of {len(keys)} ends right: {n_right / len(keys):.3f} ({low:.3f}-{high:.3f})")
            if not options:
                for key, gap in off:
                    if gap:
                        print("  ", *key, "off by", gap)


main()
