"""Deterministic inputs, as raw little-endian arrays that every contender reads.

`rmat` makes the transfer graph of the reference figures: with scale 20, five million draws and seed 42 it has
4,999,639 directed edges, 577,361 weak components over 2^20 ids, and breadth-first search from 773,369 reaches
372,135 nodes. `co_spending` makes transactions with skewed accounts, as on a real chain.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

U32 = npt.NDArray[np.uint32]
QUADRANTS = (0.57, 0.19, 0.19)
SECONDS = 30 * 86_400


# Rows that are made at a time: temporary arrays stay small beside what they fill.
CHUNK = 1 << 22


@dataclass(frozen=True)
class Size:
    """How large the inputs are; what would be of no size is not made."""

    name: str
    rmat_scale: int
    rmat_draws: int
    transactions: int
    spent: int
    accounts: int
    block_rounds: int
    ledger_rows: int
    bfs_source: int
    # Transfers, from the first on, that peers for which all are too many get.
    prefixes: tuple[int, ...]
    # Whether contenders that are loaded together would need more memory than there is.
    is_crowded: bool = False


SIZES = {
    "small": Size("small", 14, 100_000, 100_000, 300_000, 200_000, 4, 100_000, 0, (20_000,)),
    "full": Size("full", 20, 5_000_000, 10_000_000, 30_000_000, 20_000_000, 114, 5_000_000, 773_369, (20_000, 200_000)),
    "small-huge": Size("small-huge", 14, 100_000, 100_000, 300_000, 200_000, 0, 0, 0, (20_000,), True),
    # Blocks and lists are read in order, so no cache makes them faster at the size above.
    "huge": Size("huge", 24, 100_000_000, 100_000_000, 300_000_000, 200_000_000, 0, 0, 0, (20_000, 200_000), True),
}


def chunks(n: int) -> Iterator[slice]:
    """Consecutive parts of `0..n`."""
    return (slice(start, min(n, start + CHUNK)) for start in range(0, n, CHUNK))


def rmat(size: Size, out: Path) -> None:
    """Chakrabarti, Zhan, Faloutsos (SDM 2004): `from.u32`, `to.u32`, `time.i64`, `ledger.csv`, sorted by time.

    `time.i64` holds ranks: with all times distinct, "later than" and "not earlier than" are one question, so that
    every contender's convention gives the same answer.
    """
    a, b, c = QUADRANTS
    n = size.rmat_draws
    rng = np.random.default_rng(42)
    source, target = np.zeros(n, "<u4"), np.zeros(n, "<u4")
    for bit in range(size.rmat_scale):
        for part in chunks(n):
            draw = rng.random(part.stop - part.start)
            source[part] |= (draw >= a + b).astype("<u4") << bit
            target[part] |= (((draw >= a) & (draw < a + b)) | (draw >= a + b + c)).astype("<u4") << bit
    relabel = rng.permutation(1 << size.rmat_scale).astype("<u4")
    for part in chunks(n):
        source[part], target[part] = relabel[source[part]], relabel[target[part]]
    keep = source != target
    source, target = source[keep], target[keep]
    n = len(source)
    first = size.bfs_source or int(np.bincount(source).argmax())
    for length in (n, *size.prefixes):
        out_of_it = out if length == n else out / f"first-{length}"
        out_of_it.mkdir(parents=True, exist_ok=True)
        source[:length].tofile(out_of_it / "from.u32")
        target[:length].tofile(out_of_it / "to.u32")
        np.arange(length, dtype="<i8").tofile(out_of_it / "time.i64")
        facts = {"nodes": 1 << size.rmat_scale, "edges": length, "source": first}
        (out_of_it / "rmat.json").write_text(json.dumps(facts))
    if n_rows := min(size.ledger_rows, n):
        time = np.sort(rng.integers(0, SECONDS, n))[:n_rows]
        cents = np.round(np.exp(rng.normal(6, 2, n_rows)) * 100).astype(np.int64)
        write_ledger(out / "ledger.csv", source[:n_rows], target[:n_rows], time, np.maximum(cents, 1))
        (out / "ledger.json").write_text(json.dumps({"rows": n_rows}))


def write_ledger(
    path: Path, source: U32, target: U32, time: npt.NDArray[np.int64], cents: npt.NDArray[np.int64],
) -> None:
    """A plain transfer list: source, target, unix time, amount with two decimals."""
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write("source,target,time,amount\n")
        rows = zip(source.tolist(), target.tolist(), (time + 1_704_067_200).tolist(), cents.tolist())
        file.writelines(f"{s},{t},{w},{c // 100}.{c % 100:02d}\n" for s, t, w, c in rows)


def co_spending(size: Size, out: Path) -> None:
    """Inputs of transactions: `offsets.u64` (transactions + 1) and `members.u32`.

    Most transactions have one input and few have many (Pareto). Ids are numbered as they appear on a chain; an input
    spends from an id that appeared a while ago, often a short one (cube of a uniform draw), and one input in twenty
    belongs to a few thousand busy ids.
    """
    rng = np.random.default_rng(7)
    weight = rng.pareto(1.3, size.transactions)
    extra = np.floor(weight * (size.spent - size.transactions) / weight.sum()).astype(np.int64)
    extra[: size.spent - size.transactions - int(extra.sum())] += 1
    offsets = np.zeros(size.transactions + 1, "<u8")
    np.cumsum(extra + 1, out=offsets[1:])
    n = int(offsets[-1])
    members = np.empty(n, "<u4")
    for part in chunks(n):
        newest = np.arange(part.start + 1, part.stop + 1, dtype=np.float64) * (size.accounts / n)
        members[part] = newest * (1 - rng.random(len(newest)) ** 3)
    busy = rng.integers(0, n, n // 20)
    members[busy] = (rng.random(n // 20) ** 4 * (size.accounts // 4_000)).astype("<u4") * 4_000
    offsets.tofile(out / "offsets.u64")
    members.tofile(out / "members.u32")
    facts = {"transactions": size.transactions, "inputs": n, "ids": size.accounts}
    (out / "co_spending.json").write_text(json.dumps(facts))


def make(size: Size, out: Path, bench: Path, shared: Path) -> Path:
    """Makes what is not there yet; `bench` repeats the shared blocks."""
    stamp = out / "inputs.json"
    wanted = json.dumps(asdict(size))
    if stamp.is_file() and stamp.read_text() == wanted:
        return out
    print(f"making {size.name} inputs …", file=sys.stderr)
    out.mkdir(parents=True, exist_ok=True)
    rmat(size, out)
    co_spending(size, out)
    if size.block_rounds:
        command = [bench, "mix", shared, str(size.block_rounds), out / "blocks"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        (out / "blocks.json").write_text(done.stdout)
    stamp.write_text(wanted)
    return out
