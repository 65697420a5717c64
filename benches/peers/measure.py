"""Contenders take turns, and their answers are compared."""

from __future__ import annotations

import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rows import Array, Contender, Row


@dataclass(frozen=True)
class Limits:
    """What a contender may take: seconds for each reply, seconds after which its runs are enough, bytes of memory."""

    seconds: float
    enough: float
    memory: int

    def hold(self) -> None:
        """Binds this process."""
        resource.setrlimit(resource.RLIMIT_DATA, (self.memory, self.memory))


class Worker:
    """A contender that has its inputs loaded, unless they are too much for it."""

    def __init__(self, contender: Contender, limits: Limits) -> None:
        env = os.environ | {"RAYON_NUM_THREADS": str(contender.threads), "OMP_NUM_THREADS": str(contender.threads)}
        self.contender, self.limits = contender, limits
        self.seconds: list[float] = []
        # Why it gave up.
        self.why: str | None = None
        self.said = tempfile.TemporaryFile()
        self.process = subprocess.Popen(contender.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.said, text=True, env=env, preexec_fn=limits.hold)
        self.reply()

    def expire(self) -> None:
        """Ends it."""
        self.why = f"did not end within {self.limits.seconds:.0f} s"
        self.process.kill()

    def reply(self) -> dict[str, Any]:
        """The next line that it says; nothing if it gives up."""
        assert self.process.stdout
        timer = threading.Timer(self.limits.seconds, self.expire)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        ended = self.process.wait()
        self.said.seek(0)
        said = self.said.read().decode(errors="replace")
        # In the words of Python, Rust and C++; or the system ended it.
        if ended == -signal.SIGKILL or any(word in said for word in ("MemoryError", "memory allocation", "bad_alloc")):
            self.why = self.why or f"not enough memory ({self.limits.memory / 2**30:.0f} GiB)"
        if self.contender.is_ours or not self.why:
            sys.exit(f"{self.contender.name} ended: {' '.join(self.contender.command)}\n{said[-1000:]}")
        return {}

    def ask(self, line: str) -> dict[str, Any]:
        """Asks, and waits."""
        if self.why:
            return {}
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.reply()

    def run(self) -> None:
        """Lets it compute once, unless the runs that count were enough."""
        if sum(self.seconds[1:]) < self.limits.enough and (reply := self.ask("run")):
            self.seconds.append(reply["seconds"])

    def close(self) -> None:
        """Lets it end."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()

    def figures(self, row: Row) -> dict[str, Any]:
        """Its part of the result; the first run warmed up."""
        about = {"name": self.contender.name, "threads": self.contender.threads, "ours": self.contender.is_ours}
        if self.why:
            return about | {"why": self.why}
        seconds = self.seconds[1:]
        return about | {
            "seconds": seconds,
            "value": row.value(statistics.median(seconds)),
            "range": sorted(row.value(edge) for edge in (min(seconds), max(seconds))),
        }


def measure(row: Row, limits: Limits, runs: int, work: Path, is_crowded: bool) -> dict[str, Any]:
    """Seconds of every contender, and whether all answers agree; turn by turn, or where it is crowded one contender
    after the other."""
    print(f"{row.key} …", file=sys.stderr)
    path, first, agree = work / "answer.bin", None, True
    contenders = []
    for group in [[one] for one in row.contenders] if is_crowded else [row.contenders]:
        workers = [Worker(contender, limits) for contender in group]
        for _ in range(1 + runs):
            for worker in workers:
                worker.run()
        for worker in workers:
            if worker.ask(f"answer {path}"):
                answer = row.normal(np.fromfile(path, row.dtype))
                path.unlink()
                first = answer if first is None else first
                if not (np.array_equal(first, answer) and row.holds(answer)):
                    agree = False
                    print(f"{row.key}: {worker.contender.name} does not agree", file=sys.stderr)
            worker.close()
            contenders.append(worker.figures(row))
    return {
        "key": row.key,
        "work": row.work,
        "unit": row.unit,
        "n": row.n,
        "order": "one contender after the other" if is_crowded else "interleaved",
        "agree": agree,
        "contenders": contenders,
    }
