#!/usr/bin/env python3
"""Measures Moneytrail beside other programs: installs them, makes inputs, checks answers, prints the table.

usage: benches/peers/run.py [--small | --huge] [--only KEY,KEY] [--runs N] [--work DIR]

Everything that is installed or made stands below the work directory (default: target/peers). Contenders load their
inputs once and then take turns, one run each per round; the first round warms up and does not count. A figure stands
in the table only if its answer agrees with the others'.
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
    work: Path
    shared: Path


def options() -> Options:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--small", action="store_const", const="small", dest="size", help="a smoke run")
    sizes.add_argument("--huge", action="store_const", const="huge", dest="size", help="out of every cache")
    parser.add_argument("--only", default="", metavar="KEYS", help="rows to measure, separated by commas")
    parser.add_argument("--runs", type=int, default=5, help="rounds that count")
    parser.add_argument("--work", type=Path, default=ROOT / "target" / "peers")
    given = parser.parse_args()
    shared = Path(os.environ.get("MONEYTRAIL_SHARED", ROOT.parent / "shared" / "data"))
    only = {key for key in given.only.split(",") if key}
    return Options(given.size or "full", only, given.runs, given.work.resolve(), shared.resolve())


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
    call("cargo", "build", "--release", "--quiet", "--locked", "--manifest-path", HERE / "slices" / "Cargo.toml",
         CARGO_TARGET_DIR=str(asked.work / "slices"))
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    programs = rows.Programs(target / "release" / "moneytrail-bench", asked.work / "slices" / "release" / "peer-slices",
                             Path(sys.executable), HERE)
    size = inputs.SIZES[asked.size]
    made = inputs.make(size, asked.work / "inputs" / size.name, programs.bench, asked.shared)
    wanted = [row for row in rows.rows(size, made, programs) if not asked.only or row.key in asked.only]
    if not wanted:
        sys.exit("no such row")
    about, results = table.machine(ROOT), asked.work / size.name
    results.mkdir(exist_ok=True)
    for row in wanted:
        result = measure.measure(row, asked.runs, asked.work) | {"machine": about}
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
