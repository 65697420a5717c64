#!/usr/bin/env python3
"""How well `moneytrail mirror` finds settlements on a chain, on networks that `moneytrail generate` makes. Needs Python 3.9 and nothing else.

    benches/mirror.py BINARY [--transfers N] [--seeds N]

Each network is taken in as a user would: its books, then its chain. The truth says which transaction settles which rows of which two books.
Prints, over all networks, with 95 % intervals (Wilson): precision and recall of transactions and of pairs of transaction and row; and how many of
the claims rest on chance, without the name of the transaction that these books write beside it. As many transfers of strangers are on the chain.
Then, of the same networks, a third of the pairs of keepers lose both books' rows of what they settled on the chain, and the keepers' wallets are tagged:
how many of these settlements are found by what was owed alone, and how many such claims are right.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from books import share


def run(binary, *arguments):
    done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def network(binary, directory, transfers, seed):
    """Pairs of transaction and row: true ones, claimed ones, and those that are claimed by chance alone."""
    made, case = directory / f"network{seed}", directory / f"case{seed}"
    run(binary, "generate", made, "--kind", "hawala", "--transfers", transfers, "--seed", seed)
    run(binary, "new", case)
    for part in ("books", "chain"):
        run(binary, "add", case, made / "evidence" / part)
    found = json.loads(run(binary, "mirror", case, "--json"))
    with open(made / "truth" / "settlements.csv", encoding="utf-8") as text:
        true = {(row["txid"], place) for row in csv.DictReader(text) if row["txid"] for place in (row["paid"], row["taken"])}
    claimed, by_chance = set(), set()
    for mirror in found["mirrors"]:
        for line in mirror["by_line"]:
            pairs = {(tx, row) for tx in line["txs"] for row in line["rows"]}
            claimed |= pairs
            if line["p"] < found["parameters"]["p"]:
                by_chance |= pairs
    named = sum(line["class"]["names"] == "transaction" for mirror in found["mirrors"] for line in mirror["by_line"])
    return true, claimed, by_chance, named


def nets(binary, directory, seed):
    """Transactions whose rows are taken out of the books, those that are claimed for a net, those listed for review."""
    made, case = directory / f"network{seed}", directory / f"without{seed}"
    with open(made / "truth" / "settlements.csv", encoding="utf-8") as text:
        on_chain = [row for row in csv.DictReader(text) if row["txid"]]
    out = [row for row in on_chain if (int(row["debtor"]) + int(row["creditor"])) % 3 == 0]
    for place in [row[side] for row in out for side in ("paid", "taken")]:
        file, row = place.split("!-!R")
        [path] = (made / "evidence" / "books").rglob(file)
        lines = path.read_bytes().split(b"\n")
        lines[int(row) - 1] = b""
        path.write_bytes(b"\n".join(lines))
    with open(made / "truth" / "keepers.csv", encoding="utf-8") as text:
        tags = "".join(f"{row['wallet']},{row['name']},hawala,truth,100\n" for row in csv.DictReader(text))
    (directory / "wallets.csv").write_text("account,label,category,source,confidence\n" + tags, encoding="utf-8")
    run(binary, "new", case)
    for part in ("books", "chain"):
        run(binary, "add", case, made / "evidence" / part)
    run(binary, "tag", case, directory / "wallets.csv")
    found = json.loads(run(binary, "mirror", case, "--json"))["positions"]["nets"]
    of_state = {state: [of["txs"] for of in found if of["state"] == state] for state in ("claimed", "review")}
    return {row["txid"] for row in out}, of_state["claimed"], of_state["review"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--transfers", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    counts, of_nets, n_out = [0] * 8, [[0, 0, 0], [0, 0, 0]], 0
    with tempfile.TemporaryDirectory() as work:
        for seed in range(1, args.seeds + 1):
            true, claimed, by_chance, named = network(args.binary, Path(work), args.transfers, seed)
            transactions = [{tx for tx, _ in pairs} for pairs in (true, claimed)]
            for place, n in enumerate([len(true & claimed), len(claimed), len(true), len(transactions[0] & transactions[1]),
                                       len(transactions[1]), len(transactions[0]), len(true & by_chance), named]):
                counts[place] += n
            out, claimed, review = nets(args.binary, Path(work), seed)
            out = {tx.removeprefix("0x") for tx in out}
            for place, listed in enumerate([claimed, review]):
                right = [txs for txs in listed if {tx.removeprefix("0x") for tx in txs} <= out]
                of_nets[place][0] += len(right)
                of_nets[place][1] += len(listed)
                of_nets[place][2] += len({tx for txs in right for tx in txs})
            n_out += len(out)
    right, claimed, true, right_txs, claimed_txs, true_txs, rare, named = counts
    share("transactions, precision", right_txs, claimed_txs)
    share("transactions, recall", right_txs, true_txs)
    share("transaction and row, precision", right, claimed)
    share("transaction and row, recall", right, true)
    share("transaction and row, recall of those that are rare by chance too", rare, true)
    print(f"lines that name their transaction: {named}")
    for kind, (right, listed, found) in zip(("claimed", "for review"), of_nets):
        if listed:
            share(f"nets without a row, {kind}, precision", right, listed)
        if n_out:
            share(f"nets without a row, {kind}, recall of settlements", found, n_out)


if __name__ == "__main__":
    main()
