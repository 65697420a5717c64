"""Bitcoin Core judges a generated chain: does it accept every block, and does it see what the truth says?

usage: moneytrail generate CHAIN --kind utxo --transfers 480000 --seed 1
       python -m venv venv && venv/bin/pip install py-bitcoinkernel==0.1.0a5
       venv/bin/python accept.py CHAIN

Core imports CHAIN/evidence/blocks into an empty regtest data directory, validates it, and is then asked: the height and hash of
its tip; for each block the number of transactions, inputs and outputs, the sum of what its inputs spent (from Core's own undo
data) and the sum of its outputs. Each is compared with CHAIN/truth/blocks.csv, and the inputs and outputs of each CoinJoin and Tx0
with CHAIN/truth/participants.csv. Without the package it says that it was skipped, and ends with 77.
"""

import csv
import sys
import tempfile
from pathlib import Path

try:
    import pbk
except ImportError:
    print("skipped: py-bitcoinkernel is not installed")
    sys.exit(77)


def participants(chain):
    """Values of the inputs and outputs of each CoinJoin and Tx0, by txid, side and index."""
    with open(chain / "truth/participants.csv", encoding="ascii") as file:
        return {(r["txid"], r["side"], int(r["index"])): int(r["value"]) for r in csv.DictReader(file)}


def main(chain):
    blocks = list(csv.DictReader(open(chain / "truth/blocks.csv", encoding="ascii")))
    mixed, n_mixed = participants(chain), 0
    joint = {txid for txid, _, _ in mixed}
    files = sorted((chain / "evidence/blocks").glob("blk*.dat"))
    with tempfile.TemporaryDirectory() as directory:
        core = pbk.load_chainman(directory)
        core.import_blocks(files)  # its answer is the C library's 0 for success; the tip is the proof
        entries = list(core.get_active_chain().block_tree_entries)
        assert entries[-1].height == int(blocks[-1]["height"]), f"Core stops at height {entries[-1].height}"
        n_transactions = n_spent = 0
        for entry, truth in zip(entries[1:], blocks, strict=True):
            assert str(entry.block_hash) == truth["hash"]
            transactions = list(core.blocks[entry].transactions)
            outputs = sum(o.amount for t in transactions for o in t.outputs)
            spent = []
            if len(transactions) > 1:
                undo = core.block_spent_outputs[entry].transactions
                spent = [[c.output.amount for c in t.coins] for t in undo]
            counts = len(transactions), 1 + sum(map(len, spent)), sum(len(t.outputs) for t in transactions)
            assert counts == tuple(int(truth[c]) for c in ("transactions", "inputs", "outputs")), truth
            assert outputs == sum(map(sum, spent)) + int(truth["subsidy"]), truth
            reward = sum(o.amount for o in transactions[0].outputs)
            assert reward == int(truth["subsidy"]) + int(truth["fees"]), truth
            for transaction, values in zip(transactions[1:], spent, strict=True):
                txid = str(transaction.txid)
                if txid in joint:
                    paid = [o.amount for o in transaction.outputs]
                    for side, amounts in (("input", values), ("output", paid)):
                        for index, amount in enumerate(amounts):
                            assert mixed[txid, side, index] == amount, txid
                            n_mixed += 1
            n_transactions += len(transactions)
            n_spent += sum(map(len, spent))
        assert n_mixed == len(mixed)
        del core  # closes the files
    print(f"accepted: tip {blocks[-1]['height']}, {n_transactions} transactions, {n_spent} spent outputs, {n_mixed} mixed")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
