"""Contenders take turns, and their answers are compared."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from rows import Contender, Row


class Worker:
    """A contender that has its inputs loaded."""

    def __init__(self, contender: Contender) -> None:
        env = os.environ | {"RAYON_NUM_THREADS": str(contender.threads), "OMP_NUM_THREADS": str(contender.threads)}
        self.contender = contender
        self.process = subprocess.Popen(contender.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=env)
        self.reply()

    def reply(self) -> dict[str, Any]:
        """The next line that it says."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.contender.name} ended: {' '.join(self.contender.command)}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, line: str) -> dict[str, Any]:
        """Asks, and waits."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.reply()

    def close(self) -> None:
        """Lets it end."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def measure(row: Row, runs: int, work: Path) -> dict[str, Any]:
    """Seconds of every contender, interleaved, and whether all answers agree."""
    print(f"{row.key} …", file=sys.stderr)
    workers = [Worker(contender) for contender in row.contenders]
    seconds: list[list[float]] = [[] for _ in workers]
    for _ in range(1 + runs):
        for worker, taken in zip(workers, seconds):
            taken.append(worker.ask("run")["seconds"])
    path, first, agree = work / "answer.bin", None, True
    for worker in workers:
        worker.ask(f"answer {path}")
        answer = row.normal(np.fromfile(path, row.dtype))
        first = answer if first is None else first
        if not (np.array_equal(first, answer) and row.holds(answer)):
            agree = False
            print(f"{row.key}: {worker.contender.name} does not agree", file=sys.stderr)
        worker.close()
    path.unlink()
    return {
        "key": row.key,
        "work": row.work,
        "unit": row.unit,
        "n": row.n,
        "agree": agree,
        "contenders": [
            {
                "name": contender.name,
                "threads": contender.threads,
                "ours": contender.is_ours,
                "seconds": taken[1:],
                "value": row.value(statistics.median(taken[1:])),
                "range": sorted(row.value(edge) for edge in (min(taken[1:]), max(taken[1:]))),
            }
            for contender, taken in zip(row.contenders, seconds)
        ],
    }
