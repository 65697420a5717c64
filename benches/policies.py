#!/usr/bin/env python3
"""Seconds of a trace by policy, direction and size, on chains and through one account with most of the transfers.

usage: benches/policies.py [--transfers 1e5,1e6,1e7] [--hubs 1e5,1e6,1e7] [--seeds 10] [--stop RULES] [--memory 16G] [--work DIR] [--program FILE] [--table]

For each size and each kind of chain (`utxo`, `accounts`): `generate`, `new`, `add`, one `trace` that builds the index, and then,
for each policy and direction, a trace from each of N transactions spread over the chain, each run twice, of which the second
counts (warm). A cell ends after --cell seconds, and says how many seeds it had; a trace that takes longer than --limit, or more
than --memory, is ended and stands as such. Of a hub, every second transfer goes in and every other one out; what is asked is where the money of
one early payer went, and where that of one late payee came from. Peak anonymous memory is that of the trace itself.
Results go to benches/policies.json; `--table` only prints the recorded ones as the tables of docs/BENCHMARKS.md.
Needs Python 3.10 or later and nothing else.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import random
import shutil
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

from growth import BUILT, ROOT, resident

RESULTS = ROOT / "benches" / "policies.json"
FORWARD = ("fifo", "lifo", "haircut", "libr", "traced-first", "tiho", "poison")
SOURCES = ("fifo", "lifo", "haircut", "poison")
CELLS = [("--from", policy) for policy in FORWARD] + [("--to", policy) for policy in SOURCES]
KINDS = {"utxo": ("blocks", "txid"), "accounts": ("etl", "hash")}
SAMPLE_SECONDS = 0.01


class MemoryBound(Exception):
    """A trace that would need more memory than it was given."""


def ran(program: Path, *arguments: str | Path, limit: float) -> tuple[float, int] | None:
    """Seconds of a command and its peak of anonymous memory; `None` if it took longer than the limit."""
    start, peak = time.perf_counter(), 0
    with subprocess.Popen([str(part) for part in (program, *arguments)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while True:
            peak = max(peak, resident(process.pid)["RssAnon"])
            try:
                _, said = process.communicate(timeout=SAMPLE_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if time.perf_counter() - start > limit:
                    process.kill()
                    return None
    if process.returncode and "--memory" in said:
        raise MemoryBound
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))}: {said}")
    return time.perf_counter() - start, peak


def cell(asked: argparse.Namespace, case: Path, way: str, policy: str, seeds: list[str]) -> dict[str, Any]:
    """A trace from or to each seed under a policy, warm."""
    taken, peak, began = [], 0, time.perf_counter()
    for seed in seeds:
        command = ("trace", case, way, seed, "--policy", policy, "--stop", asked.stop, "--memory", asked.memory, "--json")
        if taken and time.perf_counter() - began > asked.cell:
            break
        for is_warm in (False, True):
            ended: dict[str, Any] = {"over": asked.limit}
            try:
                one = ran(asked.program, *command, limit=asked.limit)
            except MemoryBound:
                one, ended = None, {"over": asked.memory}
            if one is None:
                return {"way": way, "policy": policy, **ended, "seconds": sorted(taken), "anonymous": peak}
            # What takes seconds is not made faster by a second run.
            if is_warm or one[0] > 1:
                taken.append(one[0])
                peak = max(peak, one[1])
                break
        shutil.rmtree(case / "runs")
        (case / "runs").mkdir()
    return {"way": way, "policy": policy, "seconds": sorted(taken), "anonymous": peak}


def spread(table: Path, column: str, n_seeds: int) -> list[str]:
    """Ids of transactions, evenly spread over the chain."""
    with table.open("rb") as file:
        n_rows = sum(1 for _ in file) - 1
    every = max(n_rows // (n_seeds + 1), 1)
    with table.open(newline="") as file:
        rows = itertools.islice(csv.DictReader(file), every, None, every)
        return [row[column] for row in itertools.islice(rows, n_seeds)]


def chain(asked: argparse.Namespace, kind: str, n_transfers: int) -> dict[str, Any]:
    """All cells of a chain of one size."""
    evidence, column = KINDS[kind]
    made, case = asked.work / "made", asked.work / "case"
    remake(asked.work)
    ran(asked.program, "generate", made, "--kind", kind, "--transfers", str(n_transfers), "--seed", "1", limit=3600)
    ran(asked.program, "new", case, limit=60)
    ran(asked.program, "add", case, made / "evidence" / evidence, "--by-reference", limit=3600)
    seeds = spread(made / "truth" / "transactions.csv", column, asked.seeds)
    ran(asked.program, "trace", case, "--from", seeds[0], "--stop", asked.stop, limit=3600)
    cells = [cell(asked, case, way, policy, seeds) for way, policy in CELLS]
    return {"kind": kind, "transfers": n_transfers, "cells": cells}


def write_hub(path: Path, n_transfers: int) -> tuple[str, str]:
    """A list in which one account has all transfers; a payer of the beginning, and a payee of the end."""
    draw = random.Random(1)
    n_others = max(n_transfers // 10, 10)
    with path.open("w") as file:
        file.write("source,target,time,amount\n")
        for nth in range(n_transfers):
            other, amount = draw.randrange(n_others), draw.randrange(1, 1_000_000)
            ends = f"in{other},hub" if nth % 2 == 0 else f"hub,out{other}"
            if nth == 0:
                ends = "first,hub"
            elif nth >= n_transfers - 2 and nth % 2 == 1:
                ends = "hub,last"
            file.write(f"{ends},{1_600_000_000 + nth * 10},{amount}\n")
    return "first", "last"


def hub(asked: argparse.Namespace, n_transfers: int) -> dict[str, Any]:
    """All cells of an account with so many transfers."""
    remake(asked.work)
    listed, case = asked.work / "hub.csv", asked.work / "case"
    first, last = write_hub(listed, n_transfers)
    ran(asked.program, "new", case, limit=60)
    ran(asked.program, "add", case, listed, "--by-reference", limit=3600)
    ran(asked.program, "trace", case, "--from", first, "--stop", "events=0", limit=3600)
    cells = [cell(asked, case, way, policy, [first if way == "--from" else last]) for way, policy in CELLS]
    return {"kind": "hub", "transfers": n_transfers, "cells": cells}


def remake(directory: Path) -> None:
    """An empty directory."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)


def figure(found: dict[str, Any] | None, *, with_memory: bool) -> str:
    """A cell of the table: median / p95, and of how few seeds; of one run seconds and memory."""
    if found is None:
        return ""
    seconds = found["seconds"]
    if "over" in found:
        over = found["over"]
        return f"> {over}" if isinstance(over, str) else f"> {over:g}"
    if with_memory:
        return f"{statistics.median(seconds):.2f}, {found['anonymous'] >> 20} MiB"
    p95 = seconds[max(-(-len(seconds) * 95 // 100) - 1, 0)]
    return f"{statistics.median(seconds):.2f} / {p95:.2f} ({len(seconds)})"


def table(results: list[dict[str, Any]], kind: str) -> list[str]:
    """Rows by direction and policy, columns by size."""
    sizes = [one for one in results if one["kind"] == kind]
    if not sizes:
        return []
    power = {10**n: f"10{str(n).translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}" for n in range(3, 10)}
    heads = [power.get(one["transfers"], f"{one['transfers']:,}") for one in sizes]
    lines = [f"| {kind} | policy | " + " | ".join(heads) + " |", "| --- | --- |" + " --: |" * len(sizes)]
    for way, policy in CELLS:
        found = [next((c for c in one["cells"] if (c["way"], c["policy"]) == (way, policy)), None) for one in sizes]
        cells = " | ".join(figure(one, with_memory=kind == "hub") for one in found)
        lines.append(f"| {'forward' if way == '--from' else 'sources'} | {policy} | {cells} |")
    return lines


def main() -> None:
    """Measures, records and prints the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--transfers", default="1e5,1e6,1e7")
    parser.add_argument("--hubs", default="1e5,1e6,1e7")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--stop", default="service,coinjoin,events=8")
    parser.add_argument("--cell", type=float, default=3, help="seconds after which a cell takes no further seed")
    parser.add_argument("--limit", type=float, default=30, help="seconds after which a trace is ended")
    parser.add_argument("--memory", default="16G", help="what a trace may take")
    parser.add_argument("--work", type=Path, default=ROOT / "target" / "policies")
    parser.add_argument("--program", type=Path, help="what is measured, instead of building it")
    parser.add_argument("--table", action="store_true", help="only print what is recorded")
    asked = parser.parse_args()
    if asked.table:
        results = json.loads(RESULTS.read_text())
    else:
        if not asked.program:
            subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
        asked.program = (asked.program or BUILT).resolve()
        asked.work = asked.work.resolve()
        sizes = [(kind, n) for kind in KINDS for n in asked.transfers.split(",")]
        sizes += [("hub", n) for n in asked.hubs.split(",")]
        jobs = [(kind, int(float(n))) for kind, n in sizes if n]
        results = []
        for kind, n_transfers in jobs:
            results.append(hub(asked, n_transfers) if kind == "hub" else chain(asked, kind, n_transfers))
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        shutil.rmtree(asked.work)
    for kind in (*KINDS, "hub"):
        print("\n".join(table(results, kind)), end="\n\n")


if __name__ == "__main__":
    main()
