#!/usr/bin/env python3
"""Measures Moneytrail beside other programs: installs them, makes inputs, checks answers, prints the table.

usage: benches/peers/run.py [--small] [--huge] [--only KEY,KEY] [--runs N] [--seconds N] [--work DIR]

Everything that is installed or made stands below the work directory (default: target/peers). Contenders load their
inputs once and then take turns, one run each per round; the first round warms up and does not count. With --huge they
do so one after the other, because memory has no room for all. A figure stands in the table only if its answer agrees
with the others'; a peer that takes longer than --seconds to load or for a run, or more than the memory that is
available, stands there with that.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Seconds of runs that count after which a contender need not run again: a row takes minutes.
ENOUGH = 20


def call(*command: str | Path, **env: str) -> str:
    """Runs a command whose output is wanted; what it says to people passes through."""
    done = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True,
                          env=os.environ | env, cwd=ROOT)
    return done.stdout


def enter_environment(work: Path) -> None:
    """Makes sure that this script runs in a Python environment that has the peers at their fixed versions."""
    environment, wanted = work / "venv", (HERE / "requirements.txt").read_bytes()
    stamp, python = environment / "stamp", environment / "bin" / "python"
    digest = hashlib.sha256(wanted).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == digest):
        print("installing the Python peers …", file=sys.stderr)
        call(sys.executable, "-m", "venv", "--clear", environment)
        call(python, "-m", "pip", "install", "--quiet", "--requirement", HERE / "requirements.txt")
        stamp.write_text(digest)
    if Path(sys.prefix).resolve() != environment.resolve():
        os.execv(python, [str(python), __file__, *sys.argv[1:]])


@dataclass
class Options:
    """What was asked for."""

    size: str
    only: set[str]
    runs: int
    seconds: float
    work: Path
    shared: Path


def options() -> Options:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--small", action="store_true", help="a smoke run")
    parser.add_argument("--huge", action="store_true", help="out of every cache; with --small a smoke run of that")
    parser.add_argument("--only", default="", metavar="KEYS", help="rows to measure, separated by commas")
    parser.add_argument("--runs", type=int, default=5, help="rounds that count")
    parser.add_argument("--seconds", type=float, default=120, help="for each reply of a peer, before it is given up")
    parser.add_argument("--work", type=Path, default=ROOT / "target" / "peers")
    given = parser.parse_args()
    shared = Path(os.environ.get("MONEYTRAIL_SHARED", ROOT.parent / "shared" / "data"))
    only = {key for key in given.only.split(",") if key}
    size = "-".join(name for name in ("small", "huge") if getattr(given, name))
    return Options(size or "full", only, given.runs, given.seconds, given.work.resolve(), shared.resolve())


def main() -> None:
    """Installs, makes, measures, prints."""
    asked = options()
    asked.work.mkdir(parents=True, exist_ok=True)
    enter_environment(asked.work)
    # Only there from here on.
    import inputs
    import measure
    import rows
    import table

    call("cargo", "build", "--release", "--quiet", "--package", "moneytrail-benches")
    for peer in ("slices", "afforest"):
        call("cargo", "build", "--release", "--quiet", "--locked", "--manifest-path", HERE / peer / "Cargo.toml",
             CARGO_TARGET_DIR=str(asked.work / peer))
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    programs = rows.Programs(target / "release" / "moneytrail-bench", asked.work / "slices" / "release" / "peer-slices",
                             asked.work / "afforest" / "release" / "peer-afforest",
                             Path(sys.executable), HERE)
    size = inputs.SIZES[asked.size]
    made = inputs.make(size, asked.work / "inputs" / size.name, programs.bench, asked.shared)
    wanted = [row for row in rows.rows(size, made, programs) if not asked.only or row.key in asked.only]
    if not wanted:
        sys.exit("no such row")
    about, results = table.machine(ROOT), asked.work / size.name
    limits = measure.Limits(asked.seconds, ENOUGH, table.memory_available() * 9 // 10)
    results.mkdir(exist_ok=True)
    for row in wanted:
        result = measure.measure(row, limits, asked.runs, asked.work, size.is_crowded) | {"machine": about}
        (results / f"{row.key}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False))
    # Rows that an earlier run measured stay in the table.
    known = [results / f"{row.key}.json" for row in rows.rows(size, made, programs)]
    report: list[dict[str, Any]] = [json.loads(path.read_text()) for path in known if path.is_file()]
    text = table.markdown(report, json.loads((HERE / "quoted.json").read_text()) if size.name == "full" else {})
    (asked.work / f"{size.name}.json").write_text(json.dumps(report, indent=1, ensure_ascii=False))
    (asked.work / f"{size.name}.md").write_text(text)
    print(text)
    if not all(row["agree"] for row in report):
        sys.exit("answers differ")


if __name__ == "__main__":
    main()
