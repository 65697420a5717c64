#!/usr/bin/env python3
"""How long an answer takes: `moneytrail trace` as a whole process, warm, and with the case's own pages
evicted. Needs Python 3.9 and nothing else.

    benches/answer.py BINARY CASE TRUTH [--seeds 200] [--steps 5000] [--tries 1000] [--random 1]

TRUTH is `transactions.csv` as `moneytrail generate` writes it. Transactions are drawn from it by a fixed
random seed; those whose trace shows more than --steps transfers are left out and counted. Each trace is
run once to build what is derived and to count its steps, then once cold and once warm, alternating, so
that the noise of the machine is the same for both. A run writes its result into the case, as always.

Cold: every file of the case is synced and its pages dropped (posix_fadvise, POSIX_FADV_DONTNEED); the
program itself stays in memory. Prints p50, p95 and the greatest, in seconds, by the clock and of
processors: on a machine that others use, only the latter compare.
"""

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import time


def files_of(case):
    for directory, _, names in os.walk(case):
        for name in names:
            path = os.path.join(directory, name)
            if os.path.isfile(path):
                yield path


def evict(case):
    for path in files_of(case):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def n_steps(binary, case, txid):
    """Steps of the listed trace, of both layers; None if nothing is followed."""
    run = subprocess.run(
        [binary, "trace", case, "--from", txid, "--json"], capture_output=True, check=False
    )
    if run.returncode != 0:
        return None
    return sum(len(view["steps"]) for view in json.loads(run.stdout)["traces"])


def timed(binary, case, txid):
    """Seconds by the clock, and of processors."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [binary, "trace", case, "--from", txid], stdout=subprocess.DEVNULL, check=True
    )
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, used


def quantile(times, share):
    times = sorted(times)
    return times[min(len(times) - 1, int(share * len(times)))]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("binary")
    arguments.add_argument("case")
    arguments.add_argument("truth")
    arguments.add_argument("--seeds", type=int, default=200)
    arguments.add_argument("--steps", type=int, default=5000)
    arguments.add_argument("--tries", type=int, default=1000)
    arguments.add_argument("--random", type=int, default=1)
    asked = arguments.parse_args()
    with open(asked.truth, newline="", encoding="utf-8") as truth:
        txids = [row["txid"] for row in csv.DictReader(truth)]
    random.Random(asked.random).shuffle(txids)
    kept, steps, n_larger = [], [], 0
    for txid in txids[: asked.tries]:
        if len(kept) == asked.seeds:
            break
        found = n_steps(asked.binary, asked.case, txid)
        if found is not None and found <= asked.steps:
            kept.append(txid)
            steps.append(found)
        else:
            n_larger += 1
    if not kept:
        sys.exit("no trace is small enough")
    cold, warm = [], []
    for txid in kept:
        evict(asked.case)
        cold.append(timed(asked.binary, asked.case, txid))
        warm.append(timed(asked.binary, asked.case, txid))
    size = sum(os.path.getsize(path) for path in files_of(asked.case))
    print(f"{len(kept)} seeds of {min(steps)} to {max(steps)} steps, median {quantile(steps, 0.5)};")
    print(f"{n_larger} left out; case of {size / 1e6:.0f} MB")
    measures = [("warm", warm, 0), ("cold", cold, 0), ("warm, processors", warm, 1)]
    for name, pairs, part in measures + [("cold, processors", cold, 1)]:
        times = [pair[part] for pair in pairs]
        p50, p95, worst = (quantile(times, share) for share in (0.5, 0.95, 1.0))
        print(f"{name:16}  p50 {p50:.3f} s  p95 {p95:.3f} s  max {worst:.3f} s")


main()
