#!/usr/bin/env python3
"""How cost grows with the case: seconds, peak memory and bytes on disk at 10⁶, 10⁷ and 10⁸ transfers.

usage: benches/growth.py [--transfers 1e6,1e7,1e8] [--memory 512M] [--work DIR] [--program FILE] [--draw]

For each size: `generate` a chain, `new`, `add`, the first `trace` (which builds the index), and traces of twenty seeds,
warm and with the pages of the case evicted. Peak anonymous memory is what the command itself holds; mapped files are
counted apart, because the system takes them back when it needs room. Results go to benches/growth.json and the picture to
docs/growth.svg; `--draw` draws it again from the recorded results. Needs Python 3.10 or later and nothing else.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import shutil
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

from growth_picture import draw

ROOT = Path(__file__).resolve().parent.parent
BUILT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "moneytrail"
RESULTS = ROOT / "benches" / "growth.json"
PICTURE = ROOT / "docs" / "growth.svg"
N_SEEDS = 20
STOPS = "service,coinjoin,events=8"
SAMPLE_SECONDS = 0.02


def resident(pid: int) -> dict[str, int]:
    """Anonymous and mapped bytes that a process has in memory now."""
    sizes = {"RssAnon": 0, "RssFile": 0}
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in sizes:
                sizes[name] = int(value.split()[0]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return sizes


def run(program: Path, *arguments: str | Path) -> dict[str, Any]:
    """Runs a command of the program: its seconds, and the most memory seen in samples."""
    peak = {"RssAnon": 0, "RssFile": 0}
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in (program, *arguments)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while True:
        now = resident(process.pid)
        peak = {name: max(peak[name], now[name]) for name in peak}
        try:
            _, said = process.communicate(timeout=SAMPLE_SECONDS)
            break
        except subprocess.TimeoutExpired:
            continue
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))}: {said}")
    return {"seconds": seconds, "anonymous": peak["RssAnon"], "mapped": peak["RssFile"]}


def length(directory: Path) -> int:
    """Bytes of all files below a directory."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def evict(directory: Path) -> None:
    """Drops the pages of files from the system's cache."""
    for path in directory.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def seeds(truth: Path, n_transactions: int) -> list[str]:
    """Ids of transactions spread over the chain."""
    with truth.open(newline="") as file:
        every = max(n_transactions // (N_SEEDS + 1), 1)
        rows = itertools.islice(csv.DictReader(file), every, None, every)
        return [row["txid"] for row in itertools.islice(rows, N_SEEDS)]


def measure(program: Path, n_transfers: int, memory: str, work: Path) -> dict[str, Any]:
    """All steps at one size, `add` and the index within a budget of memory; what was made is deleted again."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    made, case = work / "made", work / "case"
    steps = {"generate": run(program, "generate", made, "--kind", "utxo", "--transfers", str(n_transfers), "--seed", "1")}
    steps["new"] = run(program, "new", case)
    steps["add"] = run(program, "add", case, made / "evidence" / "blocks", "--by-reference", "--memory", memory)
    table = next((made / "truth").glob("transactions.csv"))
    with table.open("rb") as file:
        n_transactions = sum(1 for _ in file) - 1
    ids = seeds(table, n_transactions)

    def trace(txid: str) -> dict[str, Any]:
        return run(program, "trace", case, "--from", txid, "--stop", STOPS, "--json", "--memory", memory)

    steps["index"] = trace(ids[0])
    warm, cold = [], []
    for txid in ids:
        trace(txid)
        warm.append(trace(txid))
    for txid in ids:
        evict(case / "index")
        evict(case / "segments")
        cold.append(trace(txid))
    for name, runs in (("trace, warm", warm), ("trace, evicted", cold)):
        taken = sorted(one["seconds"] for one in runs)
        steps[name] = {
            "seconds": statistics.median(taken),
            "p95": taken[int(len(taken) * 0.95) - 1],
            "anonymous": max(one["anonymous"] for one in runs),
            "mapped": max(one["mapped"] for one in runs),
        }
    counts = json.loads((made / "generate.json").read_text())["counts"]
    sizes = {name: length(path) for name, path in (
        ("evidence", made / "evidence"), ("segments", case / "segments"), ("index", case / "index"))}
    shutil.rmtree(work)
    return {"transfers": n_transfers, "memory": memory, "transactions": n_transactions, "counts": counts, "steps": steps, "bytes": sizes}


def main() -> None:
    """Measures and draws."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--transfers", default="1e6,1e7,1e8")
    parser.add_argument("--memory", default="512M", help="budget of add and of building the index")
    parser.add_argument("--work", type=Path, default=ROOT / "target" / "growth")
    parser.add_argument("--draw", action="store_true", help="only draw what is recorded")
    parser.add_argument("--program", type=Path, help="what is measured, instead of building it")
    asked = parser.parse_args()
    if not asked.draw:
        if not asked.program:
            subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
        results = []
        for n_transfers in (int(float(n)) for n in asked.transfers.split(",")):
            results.append(measure(asked.program or BUILT, n_transfers, asked.memory, asked.work.resolve()))
            print(json.dumps(results[-1]), flush=True)
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    PICTURE.write_text(draw(json.loads(RESULTS.read_text())))


if __name__ == "__main__":
    main()
